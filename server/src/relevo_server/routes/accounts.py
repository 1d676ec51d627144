"""Accounts: their names and what they can do, and nothing of their settings."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from pydantic import Field

import relevo
from relevo_server.context import Server
from relevo_server.documents import problems
from relevo_server.problem_table import ProblemCode
from relevo_server.wire import Row, json_response


class AccountRow(Row):
    """One configured account."""

    name: str
    provider: str
    capabilities: list[relevo.Capability]
    default: Annotated[bool, Field(description="Meant where a message names no account.")]


class AccountList(Row):
    """All accounts."""

    items: list[AccountRow]


@get(
    "/accounts",
    tags=["Accounts and providers"],
    summary="List accounts",
    response_description="Every configured account.",
    responses=problems(ProblemCode.INVALID_PARAMETER, ProblemCode.ENGINE_UNAVAILABLE),
)
async def list_accounts(server: Server) -> Response[AccountList]:
    """List the configured accounts."""
    accounts = server.runtime.accounts
    default = _default(accounts)
    items = [
        AccountRow(
            name=name,
            provider=account.provider.name,
            capabilities=sorted(account.provider.capabilities),
            default=name == default,
        )
        for name, account in sorted(accounts.items())
    ]
    return json_response(AccountList(items=items))


def _default(accounts: relevo.Accounts) -> str | None:
    try:
        return accounts.resolve().name
    except relevo.UnknownAccount:
        return None


HANDLERS = (list_accounts,)
