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
from relevo_server.following import StreamHolder
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.reasons import FieldError
from relevo_server.routes.event_filters import make_query
from relevo_server.settings import ServerSettings

_OF_A_TICKET = (
    "One ticket may have no more: make one for each reader, or raise streams_per_ticket under "
    "[server]."
)
_OF_A_KEY = (
    "One key may have no more: close those that nobody reads, or raise streams_per_key under "
    "[server]."
)
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


def holders_of(
    principal: Principal, settings: ServerSettings, ticket: relevo.TicketRecord | None = None
) -> list[StreamHolder]:
    """Say whose a stream is: a key's, or a ticket's and one of all that its key's tickets have."""
    key_id = principal.key_id
    holders: list[StreamHolder] = []
    if ticket is not None:
        name = f"ticket {ticket.digest}"
        holders.append(StreamHolder(name, settings.streams_per_ticket, _OF_A_TICKET))
    if key_id is not None:
        # A browser with a ticket must not use up what the key's own holder may.
        name = f"tickets of {key_id}" if ticket else f"key {key_id}"
        holders.append(StreamHolder(name, settings.streams_per_key, _OF_A_KEY))
    return holders


def _query_of(filters: Mapping[str, Any], visible: frozenset[str] | None) -> relevo.EventQuery:
    """Read the filters a ticket was made with."""
    return make_query(
        [relevo.EventType(one) for one in filters.get("type", ())],
        list(filters.get("account", ())),
        [UUID(one) for one in filters.get("message_id", ())],
        [UUID(one) for one in filters.get("conversation_id", ())],
        visible=visible,
    )
