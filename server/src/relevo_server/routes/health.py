"""Health: is the process up, and can it do its work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Annotated

import anyio
from litestar import Response, get
from pydantic import Field

import relevo
from relevo_server.access.door import OPEN_WARNING, SPARE_KEY_WARNING, is_wide_open
from relevo_server.access.principals import UNCHECKED, Caller, Principal
from relevo_server.access.scopes import LINGERS, SCOPE
from relevo_server.answers.readiness import operating_warnings, sending_warnings
from relevo_server.answers.standing import Standing, read_standing
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

TAGS = ["Health"]
_PULSE_LIMIT_S = 5.0
_SECRET_REASON = "The server cannot work now. A key with the scope read is told why."  # noqa: S105 - no secret
_PLACELESS_REASON = (
    "The server cannot use its store just now, or is stopping. A key with the scope admin and "
    "without a limit is told more."
)
_UNCHECKED_REASON = (
    "The server cannot work now: its store does not answer, so it cannot tell either whose key "
    "this is. The log of the server says why."
)


class Liveness(Row):
    """The process answers."""

    status: str


class EngineRow(Row):
    """How the store is, and what waits in it."""

    engine: str
    epoch: str
    head: Annotated[int, Field(description="The event log's newest position.")]
    queued: int
    sending: int
    unknown: Annotated[int, Field(description="Messages whose outcome is in doubt.")]
    pending_webhooks: int
    pending_media: Annotated[
        int, Field(description="Files that people sent and that are not here yet.")
    ]
    failed_media: Annotated[int, Field(description="Files that never came.")]


class HandlerRow(Row):
    """How far an event handler or sink is: its cursor in the event log."""

    name: str
    position: Annotated[int, Field(description="Everything up to here was handed to it.")]
    behind: Annotated[int, Field(description="Events that lie above it, wanted or not.")]
    worker: Annotated[str | None, Field(description="Who hands to it; null: nobody.")]
    failures: Annotated[int, Field(description="How often in a row it failed.")]
    error: Annotated[str | None, Field(description="The class of its last error.")]


class Readiness(Row):
    """Whether it can do its work."""

    status: str
    engine: Annotated[
        EngineRow | None, Field(description="For keys with `read` and without a limit.")
    ] = None
    handlers: Annotated[
        list[HandlerRow] | None,
        Field(description="Event handlers and sinks of every process, for the same keys."),
    ] = None
    warnings: Annotated[
        list[str] | None,
        Field(description="What works less than it should, of the accounts a key with `read` sees"),
    ] = None


@get(
    "/health/live",
    opt={"scope": None},
    tags=TAGS,
    summary="Is it up",
    response_description="It is.",
    responses=problems(keyed=False),
)
async def tell_liveness() -> Response[Liveness]:
    """Say that the process answers."""
    return json_response(Liveness(status="live"))


@get(
    "/health/ready",
    opt={SCOPE: None, LINGERS: True},
    tags=TAGS,
    summary="Can it work",
    description="Open to all. Where there are keys, only one with `read` is told details; while "
    "the store is away, one that was good when it went, for ten minutes. What "
    "is read of the store is up to a second old: many who ask at once ask it once.",
    response_description="It can; `warnings` tell what does not.",
    responses=problems(ProblemCode.ENGINE_UNAVAILABLE, keyed=False),
)
async def tell_readiness(server: Server, principal: Caller) -> Response[Readiness]:
    """Ask the engine how it is, and name the plugins that failed."""
    informed = principal.may(relevo.Scope.READ)
    try:
        standing = await _look(server, principal.accounts if informed else frozenset())
    except Problem as problem:
        if principal.oversees:
            raise
        if informed:
            raise Problem(
                ProblemCode.ENGINE_UNAVAILABLE, _PLACELESS_REASON, reasons=[_PLACELESS_REASON]
            ) from problem
        if principal is UNCHECKED:
            raise Problem(ProblemCode.ENGINE_UNAVAILABLE, _UNCHECKED_REASON) from problem
        raise Problem(ProblemCode.ENGINE_UNAVAILABLE, _SECRET_REASON) from problem
    if not informed:
        return json_response(Readiness(status="ready"))
    warnings = [*_standstills(standing, principal)]
    warnings += sending_warnings(
        standing.pulse, standing.states, standing.given_up_at, principal.sees
    )
    warnings += operating_warnings(standing.pulse, standing.processes)
    if principal.accounts is not None:
        return json_response(Readiness(status="ready", warnings=warnings))
    if server.uses_keys:
        # Whether a key in the environment could go is told by those in the store.
        with suppress(relevo.EngineError):
            await server.keys.look()
    return json_response(
        Readiness(
            status="ready",
            engine=_engine_row(standing.pulse),
            handlers=[_handler_row(one) for one in standing.cursors],
            warnings=[*_warnings(server), *warnings, *_handler_warnings(standing.cursors)],
        )
    )


async def _look(server: Server, accounts: frozenset[str] | None) -> Standing:
    """Give how the store stands for these accounts, as it was within the last second.

    Raises:
        Problem: It cannot be asked, or the server is on its way down.
    """

    async def ask() -> Standing:
        with anyio.move_on_after(_PULSE_LIMIT_S):
            return await read_standing(server.engine, accounts)
        msg = f"The store did not answer within {_PULSE_LIMIT_S:g} s."
        raise relevo.EngineUnavailable(msg)

    try:
        if not server.lasting.stopping:
            return await server.standing.get(accounts, ask)
        reason = "The server is stopping."
    except relevo.EngineError as error:
        reason = error.message
    raise Problem(ProblemCode.ENGINE_UNAVAILABLE, reason, reasons=[reason])


def _engine_row(pulse: relevo.EnginePulse) -> EngineRow:
    return EngineRow(
        engine=pulse.engine,
        epoch=pulse.epoch,
        head=pulse.head,
        queued=pulse.queued,
        sending=pulse.sending,
        unknown=pulse.unknown,
        pending_webhooks=pulse.pending_webhooks,
        pending_media=pulse.pending_media,
        failed_media=pulse.failed_media,
    )


def _standstills(standing: Standing, principal: Principal) -> Iterator[str]:
    """Tell what waits for a person."""
    for account, state in sorted(standing.states.items()):
        if state.paused_at is not None and principal.sees(account):
            yield (
                f"Account {account!r} is paused: its messages wait. "
                f"Look why with: relevo accounts show {account}"
            )
    if standing.sets_aside:
        yield "Items of webhooks were set aside and not applied. See them: relevo inbox list"


def _handler_row(cursor: relevo.CursorRecord) -> HandlerRow:
    trouble = cursor.trouble
    return HandlerRow(
        name=cursor.name,
        position=cursor.position,
        behind=cursor.behind,
        worker=cursor.worker,
        failures=trouble.failures if trouble else 0,
        error=trouble.error if trouble else None,
    )


def _handler_warnings(cursors: Sequence[relevo.CursorRecord]) -> Iterator[str]:
    for one in cursors:
        who = f"Event handler {one.name!r}"
        if one.trouble is not None:
            yield (
                f"{who} failed {one.trouble.failures} times in a row ({one.trouble.error}) and is "
                f"{one.behind} events behind. It is tried again until it works; its log tells more."
            )
        elif one.worker is None and one.behind:
            yield (
                f"{who} is read by nobody and is {one.behind} events behind. Start a worker that "
                f"has it, or forget it: relevo db forget-cursor {one.name}"
            )


def _warnings(server: Server) -> list[str]:
    runtime = server.runtime
    failed = [f"Plugin {row.name!r}: {row.error}" for row in runtime.plugins.report.failed]
    if not runtime.accounts:
        failed.append("No account is configured; nothing can be sent.")
    if is_wide_open(server):
        failed.append(OPEN_WARNING)
    if server.keys.bootstrap_is_spare:
        failed.append(SPARE_KEY_WARNING)
    return failed


HANDLERS = (tell_liveness, tell_readiness)
