"""Accounts: what they can do and how they are, and nothing of their settings' values."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from litestar import Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath
from pydantic import Field

import relevo
from relevo_server.bodies import PauseBody
from relevo_server.context import Server
from relevo_server.documents import problems
from relevo_server.examples import PAUSE
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.rows import ErrorRow, error_row
from relevo_server.wire import Row, json_response

TAGS = ["Accounts and providers"]
# The account stands in the path here: one that nobody knows is a wrong address.
_NOBODY = {ProblemCode.UNKNOWN_ACCOUNT: 404}


class AccountStatus(StrEnum):
    """Whether an account's messages leave."""

    ACTIVE = "active"
    PAUSED = "paused"
    """None leaves until it is resumed."""
    BLOCKED = "blocked"
    """None leaves before `blocked_until`: the provider wants fewer requests."""


class PairPaceRow(Row):
    """How often one person may be written to."""

    burst: int
    every_s: float


class LimitsRow(Row):
    """How fast its messages leave, over all machines."""

    rate: Annotated[float | None, Field(description="Messages per second.")] = None
    burst: Annotated[int | None, Field(description="At once after a pause.")] = None
    pair_pace: PairPaceRow | None = None


class AccountRow(Row):
    """One configured account."""

    name: str
    provider: str
    capabilities: list[relevo.Capability]
    default: Annotated[bool, Field(description="Meant where a message names no account.")]
    state: AccountStatus
    paused_at: datetime | None = None
    pause_error: Annotated[ErrorRow | None, Field(description="Why it is paused.")] = None
    blocked_until: datetime | None = None
    limits: LimitsRow
    on_unknown: Annotated[
        relevo.UnknownPolicy,
        Field(description="What follows when nobody knows whether a message was sent."),
    ]


class AccountList(Row):
    """All accounts."""

    items: list[AccountRow]


@get(
    "/accounts",
    tags=TAGS,
    summary="List accounts",
    response_description="Every configured account, and whether its messages leave.",
    responses=problems(ProblemCode.INVALID_PARAMETER, ProblemCode.ENGINE_UNAVAILABLE),
)
async def list_accounts(server: Server) -> Response[AccountList]:
    """List the configured accounts."""
    return json_response(AccountList(items=await _rows(server)))


@post(
    "/accounts/{name:str}/pause",
    status_code=200,
    tags=TAGS,
    summary="Pause an account",
    description="Its messages are accepted and wait, on every machine, until it is resumed.",
    response_description="The account, paused.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=_NOBODY,
    ),
)
async def pause_account(
    name: FromPath[str],
    server: Server,
    data: Annotated[PauseBody, Body(examples=[Example(id="pause", value=PAUSE)])],
) -> Response[AccountRow]:
    """Let an account's messages wait."""
    _require(server, name)
    await server.dispatcher.pause(name, data.reason)
    return json_response(await _row(server, name))


@post(
    "/accounts/{name:str}/resume",
    status_code=200,
    tags=TAGS,
    summary="Resume an account",
    description="Ends a pause and a block. An account that has neither is left as it is.",
    response_description="The account, as it is now.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=_NOBODY,
    ),
)
async def resume_account(name: FromPath[str], server: Server) -> Response[AccountRow]:
    """Let an account's messages go on."""
    _require(server, name)
    await server.dispatcher.resume(name)
    return json_response(await _row(server, name))


def _require(server: Server, name: str) -> None:
    if name not in server.runtime.accounts:
        code = ProblemCode.UNKNOWN_ACCOUNT
        msg = f"No account {name!r} is configured here."
        raise Problem(code, msg, status=_NOBODY[code])


async def _row(server: Server, name: str) -> AccountRow:
    return next(row for row in await _rows(server) if row.name == name)


async def _rows(server: Server) -> list[AccountRow]:
    accounts = server.runtime.accounts
    states = await server.dispatcher.account_states()
    default = _default(accounts)
    return [
        _account_row(account, states.get(name, relevo.AccountState()), default=name == default)
        for name, account in sorted(accounts.items())
    ]


def _account_row(
    account: relevo.Account, state: relevo.AccountState, *, default: bool
) -> AccountRow:
    status = _status(state)
    limits = account.terms.limits
    pace = limits.pair_pace
    return AccountRow(
        name=account.name,
        provider=account.provider.name,
        capabilities=sorted(account.provider.capabilities),
        default=default,
        state=status,
        paused_at=state.paused_at,
        pause_error=error_row(state.pause_error),
        blocked_until=state.blocked_until if status is AccountStatus.BLOCKED else None,
        limits=LimitsRow(
            rate=limits.rate,
            burst=limits.burst,
            pair_pace=PairPaceRow(burst=pace.burst, every_s=pace.every_s) if pace else None,
        ),
        on_unknown=account.terms.on_unknown,
    )


def _status(state: relevo.AccountState) -> AccountStatus:
    if state.paused_at is not None:
        return AccountStatus.PAUSED
    if state.blocked_until is not None and state.blocked_until > datetime.now(UTC):
        return AccountStatus.BLOCKED
    return AccountStatus.ACTIVE


def _default(accounts: relevo.Accounts) -> str | None:
    try:
        return accounts.resolve().name
    except relevo.UnknownAccount:
        return None


HANDLERS = (list_accounts, pause_account, resume_account)
