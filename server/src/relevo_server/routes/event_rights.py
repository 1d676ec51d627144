"""Which events somebody may follow: what they ask for, within their key's and ticket's limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar import Request
from litestar.params import QueryParameter

import relevo
from relevo_server.access.authentication import ticket_of
from relevo_server.access.principals import Principal
from relevo_server.access.scopes import TICKET
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.reasons import FieldError
from relevo_server.routes.event_filters import make_query

Ticket: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name=TICKET,
        description="From `POST /events/tickets`, in place of a key; it brings its own filters.",
    ),
]


def permitted(
    request: Request[Any, Any, Any], principal: Principal, asked: relevo.EventQuery
) -> relevo.EventQuery:
    """Narrow what is asked for to what is theirs to see.

    Raises:
        Problem: Filters are given beside a ticket, which has its own.
    """
    ticket = ticket_of(request)
    if ticket is None:
        return replace(asked, visible=principal.accounts)
    if asked != relevo.EventQuery():
        errors = [FieldError(field=TICKET, reason="give no filters beside a ticket")]
        msg = "A ticket has the filters it was made with. Make another for other ones."
        raise Problem(ProblemCode.INVALID_PARAMETER, msg, errors=errors)
    return _query_of(ticket.filters, principal.accounts)


def _query_of(filters: Mapping[str, Any], visible: frozenset[str] | None) -> relevo.EventQuery:
    """Read the filters a ticket was made with."""
    return make_query(
        [relevo.EventType(one) for one in filters.get("type", ())],
        list(filters.get("account", ())),
        [UUID(one) for one in filters.get("message_id", ())],
        [UUID(one) for one in filters.get("conversation_id", ())],
        visible=visible,
    )
