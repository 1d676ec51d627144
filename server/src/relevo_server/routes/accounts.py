"""Accounts: what they can do and how they are, and nothing of their settings' values."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from litestar import Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath
from pydantic import Field, JsonValue

import relevo
from relevo_server.access.principals import Caller, Principal
from relevo_server.access.sight import accounts_seen
from relevo_server.answers.error_rows import ErrorRow, error_row
from relevo_server.answers.limit_rows import LimitsRow, limits_row
from relevo_server.answers.reaches import Reach, reach_of
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server, ServerContext
from relevo_server.description.documents import problems
from relevo_server.description.examples import PAUSE
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import PauseBody

TAGS = ["Accounts and providers"]
# The account stands in the path here: one that nobody knows is a wrong address.
NOBODY = {ProblemCode.UNKNOWN_ACCOUNT: 404}


class AccountStatus(StrEnum):
    """Whether an account's messages leave."""

    ACTIVE = "active"
    PAUSED = "paused"
    """None leaves until it is resumed."""
    BLOCKED = "blocked"
    """None leaves before `blocked_until`: the provider wants fewer requests."""


class HealthRow(Row):
    """How an account was when its provider was last asked."""

    can_send: bool
    facts: Annotated[
        dict[str, JsonValue], Field(description="What the vendor says, in the provider's words.")
    ]
    problems: Annotated[list[str], Field(description="What a person should mend.")]
    asked_at: datetime


class AgedHealthRow(HealthRow):
    """And how long ago that was."""

    age_s: float


class AccountRow(Row):
    """One configured account."""

    name: str
    provider: str
    capabilities: list[relevo.Capability]
    default: Annotated[bool, Field(description="Meant where a message names no account.")]
    reaches: Annotated[
        Reach | None,
        Field(
            description="`sandbox`: its requests go to this machine itself, where a sandbox stands "
            "in. Left out where no address tells it."
        ),
    ] = None
    state: AccountStatus
    paused_at: datetime | None = None
    pause_error: Annotated[ErrorRow | None, Field(description="Why it is paused.")] = None
    blocked_until: datetime | None = None
    limits: LimitsRow
    on_unknown: Annotated[
        relevo.UnknownPolicy,
        Field(description="What follows when nobody knows whether a message was sent."),
    ]
    health: Annotated[
        HealthRow | None, Field(description="Left out until the provider answered once.")
    ] = None


class AccountList(Row):
    """All accounts."""

    items: list[AccountRow]


@get(
    "/accounts",
    opt={"scope": relevo.Scope.READ},
    tags=TAGS,
    summary="List accounts",
    response_description="Every configured account, and whether its messages leave.",
    responses=problems(ProblemCode.INVALID_PARAMETER, ProblemCode.ENGINE_UNAVAILABLE),
)
async def list_accounts(server: Server, principal: Caller) -> Response[AccountList]:
    """List the configured accounts."""
    return json_response(AccountList(items=await _rows(server, principal)))


@post(
    "/accounts/{name:str}/pause",
    opt={"scope": relevo.Scope.ADMIN},
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
        otherwise=NOBODY,
    ),
)
async def pause_account(
    name: FromPath[str],
    server: Server,
    principal: Caller,
    data: Annotated[PauseBody, Body(examples=[Example(id="pause", value=PAUSE)])],
) -> Response[AccountRow]:
    """Let an account's messages wait."""
    require_account(server, principal, name)
    await server.dispatcher.pause(name, data.reason)
    return json_response(await _row(server, principal, name))


@post(
    "/accounts/{name:str}/resume",
    opt={"scope": relevo.Scope.ADMIN},
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
        otherwise=NOBODY,
    ),
)
async def resume_account(
    name: FromPath[str], server: Server, principal: Caller
) -> Response[AccountRow]:
    """Let an account's messages go on."""
    require_account(server, principal, name)
    await server.dispatcher.resume(name)
    return json_response(await _row(server, principal, name))


@get(
    "/accounts/{name:str}/health",
    opt={"scope": relevo.Scope.READ},
    tags=TAGS,
    summary="Tell how an account is",
    description="What is kept of the last answer. Providers are asked every `health_every_s`, "
    "and what changed is told as a `messaging.account` event of the kind `health`.",
    response_description="What the provider said, and how long ago.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.NOT_FOUND,
        ProblemCode.NOT_SUPPORTED,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=NOBODY,
    ),
)
async def show_health(
    name: FromPath[str], server: Server, principal: Caller
) -> Response[AgedHealthRow]:
    """Tell how an account was when it was last asked."""
    require_account(server, principal, name)
    return json_response(await _aged_health(server, name))


@post(
    "/accounts/{name:str}/health",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=200,
    tags=TAGS,
    summary="Ask how an account is",
    description="Asks the provider now. It sends no message.",
    response_description="What the provider says.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.NOT_SUPPORTED,
        ProblemCode.UNAVAILABLE,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=NOBODY,
    ),
)
async def ask_health(
    name: FromPath[str], server: Server, principal: Caller
) -> Response[AgedHealthRow]:
    """Ask the provider how an account is."""
    require_account(server, principal, name)
    try:
        await server.runtime.watch.ask(name)
    except TimeoutError:
        msg = f"Account {name!r}: its provider did not say in time how it is."
        raise Problem(ProblemCode.UNAVAILABLE, msg) from None
    return json_response(await _aged_health(server, name))


def require_account(server: Server, principal: Principal, name: str) -> relevo.Account:
    """Give the account that a path names.

    Raises:
        Problem: There is none, or none that is theirs to see.
    """
    account = server.runtime.accounts.get(name)
    if account is None or not principal.sees(name):
        code = ProblemCode.UNKNOWN_ACCOUNT
        msg = f"No account {name!r} is configured here."
        raise Problem(code, msg, status=NOBODY[code])
    return account


async def _row(server: Server, principal: Principal, name: str) -> AccountRow:
    return next(row for row in await _rows(server, principal) if row.name == name)


async def _rows(server: Server, principal: Principal) -> list[AccountRow]:
    accounts = accounts_seen(server, principal)
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
    return AccountRow(
        name=account.name,
        provider=account.provider.name,
        capabilities=sorted(account.provider.capabilities),
        default=default,
        reaches=reach_of(account),
        state=status,
        paused_at=state.paused_at,
        pause_error=error_row(state.pause_error),
        blocked_until=state.blocked_until if status is AccountStatus.BLOCKED else None,
        limits=limits_row(account.terms.limits),
        on_unknown=account.terms.on_unknown,
        health=_health_row(state),
    )


def _health_row(state: relevo.AccountState) -> HealthRow | None:
    health = state.health
    if health is None or health.asked_at is None:
        return None
    return HealthRow(
        can_send=bool(health.can_send),
        facts=dict(health.facts),
        problems=list(health.problems),
        asked_at=health.asked_at,
    )


async def _aged_health(server: ServerContext, name: str) -> AgedHealthRow:
    states = await server.dispatcher.account_states()
    row = _health_row(states.get(name, relevo.AccountState()))
    if row is not None:
        return _aged(row)
    provider = server.runtime.accounts[name].provider
    if provider.has_health:
        msg = f"Account {name!r}: its provider has not said yet how it is. POST here asks now."
        raise Problem(ProblemCode.NOT_FOUND, msg)
    msg = f"Account {name!r}: provider {provider.name!r} cannot be asked how an account is."
    raise Problem(ProblemCode.NOT_SUPPORTED, msg)


def _aged(row: HealthRow) -> AgedHealthRow:
    age = datetime.now(UTC) - row.asked_at
    return AgedHealthRow(**dict(row), age_s=max(0.0, round(age.total_seconds(), 1)))


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


HANDLERS = (list_accounts, pause_account, resume_account, show_health, ask_health)
