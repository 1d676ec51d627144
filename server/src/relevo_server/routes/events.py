"""Events: the live stream, and the same log in pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.openapi.spec import Example, OpenAPIMediaType, OpenAPIType, Schema
from litestar.params import QueryParameter
from pydantic import Field, PlainSerializer

import relevo
from relevo_server.access.principals import Caller
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server, ServerContext
from relevo_server.description.documents import operation, problems
from relevo_server.description.examples import AG_UI_STREAM, EVENT, STREAM
from relevo_server.following import (
    EVENT_STREAM,
    AgUiRun,
    CloudEvents,
    EventStreamResponse,
    Form,
    LogReader,
    StreamFormat,
    find_start,
    read_page,
)
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.negotiation import prefers
from relevo_server.routes.event_filters import (
    AccountNames,
    After,
    ConversationIds,
    Format,
    LastEventId,
    MessageIds,
    Types,
    make_query,
)
from relevo_server.routes.event_rights import Ticket, permitted

_JSON = "application/json"
_FORMS: Mapping[StreamFormat, Callable[[], Form]] = {
    StreamFormat.CLOUDEVENTS: CloudEvents,
    StreamFormat.AG_UI: AgUiRun,
}


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
    opt={"scope": relevo.Scope.EVENTS, "ticket": True},
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
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.INVALID_CURSOR,
        ProblemCode.INVALID_TICKET,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
    operation_class=operation(
        {200: {"page": {"items": [EVENT], "next": EVENT["id"]}}},
        {
            200: {
                EVENT_STREAM: OpenAPIMediaType(
                    schema=Schema(type=OpenAPIType.STRING),
                    examples={
                        "stream": Example(value=STREAM),
                        "ag-ui": Example(value=AG_UI_STREAM),
                    },
                )
            }
        },
    ),
)
async def follow_events(  # noqa: PLR0913 - each is a filter of its own
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    *,
    types: Types = None,
    accounts: AccountNames = None,
    message_ids: MessageIds = None,
    conversation_ids: ConversationIds = None,
    after: After = None,
    last_event_id: LastEventId = None,
    form: Format = StreamFormat.CLOUDEVENTS,
    ticket: Ticket = None,
    limit: Annotated[
        int, QueryParameter(name="limit", ge=1, le=500, description="Events on a page.")
    ] = 100,
) -> Response[EventPage]:
    """Follow the log live, or read a page of it."""
    del ticket  # it was looked at before
    asked_for = make_query(types, accounts, message_ids, conversation_ids)
    query = permitted(request, principal, asked_for)
    # An EventSource that reconnects repeats its URL, so its header is the newer word.
    asked = last_event_id or after
    if not prefers(request.headers.get("accept"), _JSON, over=EVENT_STREAM):
        return await follow(server, query, asked, _FORMS[form]())
    if form is not StreamFormat.CLOUDEVENTS:
        msg = f"format={form.value} is a stream; ask for it with Accept: {EVENT_STREAM}."
        raise Problem(ProblemCode.INVALID_PARAMETER, msg)
    return await _page(server, query, asked, limit)


async def follow(
    server: ServerContext, query: relevo.EventQuery, asked: str | None, form: Form
) -> Response[Any]:
    """Answer with the stream, from the id that was asked for on; without one from now on."""
    engine = server.engine
    start = await find_start(
        engine, asked, default=await engine.head(), may_renew=query.visible is None
    )
    reader = LogReader(server.tail, start, query, form.format)
    return EventStreamResponse(
        server.tail,
        reader,
        form,
        heartbeat_s=server.settings.heartbeat_s,
        patience_s=server.settings.slow_reader_s,
        lasting=server.lasting,
    )


async def _page(
    server: ServerContext, query: relevo.EventQuery, asked: str | None, limit: int
) -> Response[EventPage]:
    start = await find_start(server.engine, asked, default=0, may_renew=query.visible is None)
    page = await read_page(server.engine, start, query, limit)
    return json_response(EventPage(items=page.events, next=str(page.place)))


HANDLERS = (follow_events,)
