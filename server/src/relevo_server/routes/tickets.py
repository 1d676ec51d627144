"""Tickets: let a browser's EventSource, which can show no key, follow the log for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from litestar import Response, post
from litestar.openapi.spec import Example
from litestar.params import Body
from pydantic import Field

import relevo
from relevo.keys import make_ticket
from relevo_server.access.known_accounts import check_accounts
from relevo_server.access.principals import Caller
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.description.examples import TICKET
from relevo_server.problem_table import ProblemCode
from relevo_server.requests.bodies import TicketBody


class TicketRow(Row):
    """A ticket, and where it is shown."""

    ticket: Annotated[str, Field(description="Told once; nobody can tell it again.")]
    url: Annotated[str, Field(description="For `new EventSource(url)`, as it is.")]
    expires_at: datetime


@post(
    "/events/tickets",
    opt={"scope": relevo.Scope.EVENTS},
    status_code=201,
    tags=["Events"],
    summary="Let a browser follow",
    description=(
        "An EventSource can show no key; a ticket stands in its address instead. It is taken for "
        "`ttl_s` seconds, however often a stream begins or resumes with it, for these filters "
        "and for the accounts of the key that asked. A stream that began goes on after that, as "
        "long as the key is good."
    ),
    response_description="The ticket.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
)
async def make_event_ticket(
    server: Server,
    principal: Caller,
    data: Annotated[TicketBody, Body(examples=[Example(id="ticket", value=TICKET)])],
) -> Response[TicketRow]:
    """Make a ticket for the event stream."""
    await check_accounts(server, principal, data.accounts)
    secret, record = make_ticket(
        server.engine.seal,
        now=datetime.now(UTC),
        life_s=data.ttl_s,
        key_id=principal.key_id,
        accounts=principal.accounts,
        filters=data.filters(),
    )
    await server.engine.add_ticket(record)
    text = secret.get_secret_value()
    row = TicketRow(
        ticket=text,
        url=f"{server.api_path}/events?ticket={text}",
        expires_at=record.expires_at,
    )
    return json_response(row, status=201)


HANDLERS = (make_event_ticket,)
