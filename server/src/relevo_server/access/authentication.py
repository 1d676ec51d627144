"""Find out who asks, before the handler: by a key, by a ticket, or anybody where none is needed."""

from __future__ import annotations

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

import relevo
from relevo_server.access.insight import give_insight
from relevo_server.access.key_rates import STATE_KEY as RATE_KEY
from relevo_server.access.principals import (
    NOBODY,
    OPEN,
    STATE_KEY,
    UNCHECKED,
    Principal,
    principal_of,
)
from relevo_server.access.scopes import LINGERS, SCOPE, TICKET, WHOLE
from relevo_server.context import ServerContext
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

TICKET_KEY: Final = "relevo_ticket"
_BEARER: Final = "bearer"
_CHALLENGE: Final = 'Bearer realm="relevo"'


class Authenticate:
    """Decide whether a request may go on to its handler, and as whose.

    A guard and no middleware: its refusals then carry the headers that a page
    of a listed origin needs to read them.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Refuse, or keep who asks.

        Raises:
            Problem: No key, a wrong one, one without the scope, or too many requests.
        """
        scope: relevo.Scope | None = handler.opt.get(SCOPE)
        state = connection.scope["state"]
        if isinstance(handler, HTTPRouteHandler) and connection.scope.get("method") == "OPTIONS":
            # Ours tell the methods of a path. What a plugin mounts may do anything.
            state[STATE_KEY] = NOBODY
        elif self._context.open_to_all:
            await self._admit_by_ticket(connection, handler)
            state.setdefault(STATE_KEY, OPEN)
        elif scope is None:
            lingers = bool(handler.opt.get(LINGERS))
            state[STATE_KEY] = await self._if_known(connection, lingers=lingers)
        else:
            if not await self._admit_by_ticket(connection, handler):
                lingers = bool(handler.opt.get(LINGERS))
                state[STATE_KEY] = await self._need(connection, lingers=lingers)
            self._count(connection)
            principal = principal_of(connection)
            principal.demand(scope)
            if handler.opt.get(WHOLE):
                principal.demand_all()
        # What is open to all, such as webhooks, has strangers' answers also without keys.
        if scope is not None and principal_of(connection).oversees:
            give_insight(connection)

    async def _need(
        self, connection: ASGIConnection[Any, Any, Any, Any], *, lingers: bool
    ) -> Principal:
        text = _bearer(connection)
        if text is None:
            raise _other_scheme() if connection.headers.get("authorization") else _no_key()
        found = await self._context.keys.find(text, lingers=lingers)
        if found is None:
            raise _wrong_key()
        return _holder(found)

    async def _if_known(
        self, connection: ASGIConnection[Any, Any, Any, Any], *, lingers: bool
    ) -> Principal:
        """Give whose key is shown where none is needed: an open door stays open without."""
        text = _bearer(connection)
        try:
            found = await self._context.keys.find(text, lingers=lingers) if text else None
        except relevo.EngineError:
            return UNCHECKED
        if found is None:
            return NOBODY
        self._context.keys.note_use(found.key_id)
        return _holder(found)

    async def _admit_by_ticket(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> bool:
        """Let in whoever shows a ticket where one is taken; false where none is shown."""
        text = connection.query_params.get(TICKET) if handler.opt.get(TICKET) else None
        if text is None:
            return False
        ticket = await self._context.tickets.find(self._context.engine, text)
        principal = None if ticket is None else await self._holder_of(ticket)
        if ticket is None or principal is None:
            msg = "The ticket is none of this server's, or is over. POST /events/tickets gives one."
            raise Problem(ProblemCode.INVALID_TICKET, msg, headers={"WWW-Authenticate": _CHALLENGE})
        state = connection.scope["state"]
        state[TICKET_KEY], state[STATE_KEY] = ticket, principal
        return True

    async def _holder_of(self, ticket: relevo.TicketRecord) -> Principal | None:
        """Give what a ticket's holder may: what its key may still, and no more than it says."""
        only = frozenset({relevo.Scope.EVENTS})
        if ticket.key_id is None:
            # Made while there were no keys; it ends when there are.
            open_still = self._context.open_to_all
            return Principal(None, "ticket", only, ticket.accounts) if open_still else None
        key = await self._context.keys.find_by_id(ticket.key_id)
        if key is None or relevo.Scope.EVENTS not in key.scopes:
            return None
        return Principal(key.key_id, key.name, only, _both(ticket.accounts, key.accounts), key.rate)

    def _count(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Count the request of a key.

        Raises:
            Problem: The key asks too often.
        """
        principal = principal_of(connection)
        if principal.key_id is None:
            return
        self._context.keys.note_use(principal.key_id)
        # A browser with a ticket must not use up what the key's own holder may ask.
        bucket = f"{principal.key_id} tickets" if ticket_of(connection) else principal.key_id
        allowance = self._context.rates.take(bucket, principal.rate)
        if allowance is None:
            return
        connection.scope["state"][RATE_KEY] = allowance
        if not allowance.granted:
            msg = (
                f"The key {principal.name!r} may ask {allowance.limit} times a minute. "
                f"Ask again in {allowance.wait_s} s."
            )
            headers = {"Retry-After": str(allowance.wait_s)}
            raise Problem(ProblemCode.TOO_MANY_REQUESTS, msg, headers=headers)


class AdmitStill:
    """Ask once more, when the body has come: a key may have been taken back meanwhile.

    A body takes as long as its client likes, up to `body_timeout_s`. Whoever lost a
    key could else hold requests back and make themselves another with them. A handler
    that reads its body itself asks `admit_still` once it has all of it.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Refuse whoever may no longer ask.

        Raises:
            Problem: Their key opens nothing any more, or one is demanded since.
        """
        if connection.scope.get("method") == "POST" and handler.opt.get(SCOPE) is not None:
            await admit_still(self._context, principal_of(connection))


async def admit_still(context: ServerContext, principal: Principal) -> None:
    """Refuse whoever may no longer ask.

    Raises:
        Problem: Their key opens nothing any more, or one is demanded since.
    """
    if not context.uses_keys:
        return
    if principal.key_id is None:
        await context.keys.look()
        if not context.open_to_all:
            raise _no_key()
    elif await context.keys.find_by_id(principal.key_id) is None:
        raise _wrong_key()


def _no_key() -> Problem:
    msg = (
        "This server has keys, and the request shows none. Send one as "
        "Authorization: Bearer rlv_..."
    )
    return Problem(ProblemCode.MISSING_KEY, msg, headers={"WWW-Authenticate": _CHALLENGE})


def _other_scheme() -> Problem:
    # What was sent is not repeated: it may be a password, or a key without its scheme.
    msg = (
        "This server has keys, and the request's Authorization has another scheme than Bearer. "
        "Write Authorization: Bearer rlv_..."
    )
    return Problem(ProblemCode.MISSING_KEY, msg, headers={"WWW-Authenticate": _CHALLENGE})


def _wrong_key() -> Problem:
    msg = "No key of this server is as shown: it is mistyped, was taken back, or is over."
    challenge = f'{_CHALLENGE}, error="invalid_token"'
    return Problem(ProblemCode.INVALID_KEY, msg, headers={"WWW-Authenticate": challenge})


def ticket_of(connection: ASGIConnection[Any, Any, Any, Any]) -> relevo.TicketRecord | None:
    """Give the ticket that let a request in; None: none did."""
    found = connection.scope["state"].get(TICKET_KEY)
    return found if isinstance(found, relevo.TicketRecord) else None


def _holder(key: relevo.KeyRecord) -> Principal:
    return Principal(key.key_id, key.name, key.scopes, key.accounts, key.rate, key.expires_at)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """Give what two limits allow together."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _bearer(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    if len(connection.headers.getall("authorization", [])) > 1:
        # Something before us may have looked at the other one.
        msg = "The request has more than one header Authorization. Send one."
        raise Problem(ProblemCode.INVALID_KEY, msg, headers={"WWW-Authenticate": _CHALLENGE})
    kind, _, text = connection.headers.get("authorization", "").strip().partition(" ")
    return text.strip() if kind.lower() == _BEARER else None
