"""Events: the live stream, and the same log in pages."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.openapi.spec import Example, OpenAPIMediaType, OpenAPIType, Schema
from litestar.params import HeaderParameter, QueryParameter
from pydantic import Field, PlainSerializer

import relevo
from relevo_server.context import Server
from relevo_server.documents import operation, problems
from relevo_server.examples import EVENT, STREAM
from relevo_server.negotiation import prefers
from relevo_server.problem_table import ProblemCode
from relevo_server.streams import EVENT_STREAM, EventStreamResponse
from relevo_server.tail import EventFilter, LogReader, find_start
from relevo_server.wire import Row, json_response

_JSON = "application/json"


EventJson = Annotated[
    relevo.Event,
    # As on the stream: an optional attribute without a value is left out.
    PlainSerializer(lambda event: json.loads(event.to_json()), return_type=dict[str, Any]),
]


class EventPage(Row):
    """Events in the order of the log."""

    items: list[EventJson]
    next: Annotated[
        str, Field(description="Where to read on: all before was given or filtered out.")
    ]


@get(
    "/events",
    tags=["Events"],
    summary="Follow what happens",
    description=(
        "Server-sent events, unless `Accept` prefers `application/json`: then a page of the same "
        "log. The stream begins now, or after the event that `Last-Event-ID` or `after` names, "
        "and loses none; a page begins at the log's start. Data is one CloudEvents 1.0 envelope "
        "a message; a message with an `id` and no data is a sign of life that moves the place to "
        "resume from. A `messaging.gap` event tells that the place shown is not in this log, and "
        "that all there is follows."
    ),
    response_description="The stream, or a page.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER, ProblemCode.INVALID_CURSOR, ProblemCode.ENGINE_UNAVAILABLE
    ),
    operation_class=operation(
        {200: {"page": {"items": [EVENT], "next": EVENT["id"]}}},
        {
            200: {
                EVENT_STREAM: OpenAPIMediaType(
                    schema=Schema(type=OpenAPIType.STRING),
                    examples={"stream": Example(value=STREAM)},
                )
            }
        },
    ),
)
async def follow_events(
    request: Request[Any, Any, Any],
    server: Server,
    types: Annotated[
        list[relevo.EventType] | None,
        QueryParameter(name="type", description="Only these; repeatable."),
    ] = None,
    accounts: Annotated[
        list[str] | None, QueryParameter(name="account", description="Only these; repeatable.")
    ] = None,
    message_ids: Annotated[
        list[UUID] | None, QueryParameter(name="message_id", description="Only these; repeatable.")
    ] = None,
    conversation_ids: Annotated[
        list[str] | None,
        QueryParameter(name="conversation_id", description="Only these; repeatable."),
    ] = None,
    after: Annotated[
        str | None,
        QueryParameter(name="after", description="An event's id, or 0 for the log's start."),
    ] = None,
    last_event_id: Annotated[
        str | None,
        HeaderParameter(name="Last-Event-ID", description="Goes before `after`."),
    ] = None,
    limit: Annotated[
        int, QueryParameter(name="limit", ge=1, le=500, description="Events on a page.")
    ] = 100,
) -> Response[EventPage]:
    """Follow the log live, or read a page of it."""
    wanted = EventFilter(
        types=frozenset(types or ()),
        accounts=frozenset(accounts or ()),
        message_ids=frozenset(message_ids or ()),
        conversation_ids=frozenset(conversation_ids or ()),
    )
    # An EventSource that reconnects repeats its URL, so its header is the newer word.
    asked = last_event_id or after
    if prefers(request.headers.get("accept"), _JSON, over=EVENT_STREAM):
        return await _page(server, asked, wanted, limit)
    start = await find_start(server.engine, asked, default=await server.engine.head())
    return EventStreamResponse(
        LogReader(server.engine, start.position, wanted),
        gap=start.gap,
        heartbeat_s=server.settings.heartbeat_s,
        lasting=server.lasting,
    )


async def _page(
    server: Server, asked: str | None, wanted: EventFilter, limit: int
) -> Response[EventPage]:
    start = await find_start(server.engine, asked, default=0)
    reader = LogReader(server.engine, start.position, wanted)
    events = await reader.read(await server.engine.head(), limit)
    if start.gap is not None:
        events.insert(0, start.gap)
    return json_response(EventPage(items=events, next=str(reader.place)))


HANDLERS = (follow_events,)
