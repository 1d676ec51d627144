"""Providers: what is installed, what each can do, and why one does not work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from litestar import Response, get
from pydantic import Field

import relevo
from relevo_server.access.principals import Caller, Principal
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.problem_table import ProblemCode

_LOADED: Final = "loaded"


class ProviderRow(Row):
    """One installed plugin that offers a provider, or one that failed and might."""

    name: str
    state: Annotated[str, Field(description="`loaded`, `failed` or `disabled`.")]
    capabilities: list[relevo.Capability]
    native_contents: Annotated[
        list[str] | None, Field(description="Kinds of content that only it has.")
    ] = None
    distribution: Annotated[str | None, Field(description="The package it comes from.")] = None
    version: str | None = None
    code: Annotated[str | None, Field(description="Why it is not in use; stable.")] = None
    error: Annotated[str | None, Field(description="The same, and what to do.")] = None


class ProviderList(Row):
    """All providers."""

    items: list[ProviderRow]


@get(
    "/providers",
    opt={"scope": relevo.Scope.READ},
    tags=["Accounts and providers"],
    summary="List providers",
    description="A key that is limited to accounts sees the providers of those, and nothing of "
    "plugins that failed.",
    response_description="Every provider that is installed or in use.",
    responses=problems(ProblemCode.INVALID_PARAMETER, ProblemCode.ENGINE_UNAVAILABLE),
)
async def list_providers(server: Server, principal: Caller) -> Response[ProviderList]:
    """List the providers, those that failed included."""
    rows = _rows(server.runtime)
    if principal.accounts is not None:
        seen = _used(server.runtime, principal)
        rows = (row for row in rows if row.name in seen and row.state == _LOADED)
    return json_response(ProviderList(items=list(rows)))


def _used(runtime: relevo.Runtime, principal: Principal) -> set[str]:
    """Name the providers of the accounts that somebody sees."""
    accounts = runtime.accounts.items()
    return {one.provider.name for name, one in accounts if principal.sees(name)}


def _rows(runtime: relevo.Runtime) -> Iterator[ProviderRow]:
    offered = runtime.plugins.providers
    listed: set[str] = set()
    for row in runtime.plugins.report.rows:
        if row.state.value == _LOADED and row.name not in offered:
            continue
        listed.add(row.name)
        provider = offered.get(row.name)
        yield ProviderRow(
            name=row.name,
            state=row.state.value,
            capabilities=sorted(provider.capabilities) if provider else [],
            native_contents=_own_kinds(provider),
            distribution=row.distribution,
            version=row.version,
            code=row.code.value if row.code else None,
            error=row.error,
        )
    # The application handed these classes over; no package declares them.
    used = {account.provider.name: account.provider for account in runtime.accounts.values()}
    for name in sorted(used.keys() - listed):
        yield ProviderRow(
            name=name,
            state=_LOADED,
            capabilities=sorted(used[name].capabilities),
            native_contents=_own_kinds(used[name]),
        )


def _own_kinds(provider: type[relevo.AnyProvider] | relevo.AnyProvider | None) -> list[str] | None:
    return sorted(provider.native_contents) or None if provider else None


HANDLERS = (list_providers,)
