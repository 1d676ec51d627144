"""Events: the live stream, and the same log in pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, cast

from litestar import Request, Response, get
from litestar.openapi.spec import Example, OpenAPIMediaType, OpenAPIType, Schema
from litestar.params import QueryParameter

import relevo
from relevo_server.access.authentication import ticket_of
from relevo_server.access.known_accounts import check_accounts
from relevo_server.access.principals import Caller
from relevo_server.answers.event_rows import EventPage
from relevo_server.answers.wire import json_response
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
    StreamHolder,
    find_start,
    read_page,
)
from relevo_server.following.frames import one_line
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
from relevo_server.routes.event_rights import Ticket, holders_of, permitted

_JSON = "application/json"
_FORMS: Mapping[StreamFormat, Callable[[], Form]] = {
    StreamFormat.CLOUDEVENTS: CloudEvents,
    StreamFormat.AG_UI: AgUiRun,
}


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
        "that all there is follows. Where an event names a message, `message_status` in its data "
        "is where the message stands after it; `status` is what this news says."
    ),
    response_description="The stream, or a page.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.INVALID_CURSOR,
        ProblemCode.INVALID_TICKET,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.TOO_MANY_STREAMS,
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
    await check_accounts(server, principal, accounts or ())
    # An EventSource that reconnects repeats its URL, so its header is the newer word.
    asked = last_event_id or after
    # Whoever else made a place up would let all readers read everything again.
    may_renew = principal.oversees
    if not prefers(request.headers.get("accept"), _JSON, over=EVENT_STREAM):
        holders = holders_of(principal, server.settings, ticket_of(request))
        return await follow(server, query, asked, _FORMS[form](), holders, may_renew=may_renew)
    if form is not StreamFormat.CLOUDEVENTS:
        msg = f"format={form.value} is a stream; ask for it with Accept: {EVENT_STREAM}."
        raise Problem(ProblemCode.INVALID_PARAMETER, msg)
    return await _page(server, query, asked, limit, may_renew=may_renew)


async def follow(
    server: ServerContext,
    query: relevo.EventQuery,
    asked: str | None,
    form: Form,
    holders: Sequence[StreamHolder],
    *,
    may_renew: bool,
) -> Response[Any]:
    """Answer with the stream, from the id that was asked for on; without one from now on."""
    engine = server.engine
    start = await find_start(
        engine,
        asked,
        default=await engine.head(),
        renewals=server.renewals,
        may_renew=may_renew,
    )
    reader = LogReader(server.tail, start, query, form.format)
    return EventStreamResponse(
        server.tail,
        reader,
        form,
        heartbeat_s=server.settings.heartbeat_s,
        patience_s=server.settings.slow_reader_s,
        lasting=server.lasting,
        counted=partial(server.streams.counted, holders),
    )


async def _page(
    server: ServerContext,
    query: relevo.EventQuery,
    asked: str | None,
    limit: int,
    *,
    may_renew: bool,
) -> Response[EventPage]:
    start = await find_start(
        server.engine, asked, default=0, renewals=server.renewals, may_renew=may_renew
    )
    page = await read_page(server.engine, start, query, limit)
    items = ",".join(map(one_line, page.events))
    written = f'{{"items":[{items}],"next":{json.dumps(str(page.place))}}}'.encode()
    return json_response(cast("EventPage", written))


HANDLERS = (follow_events,)
