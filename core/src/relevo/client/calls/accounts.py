"""Accounts and providers."""

from __future__ import annotations

from relevo.client.answers.accounts import (
    AccountList,
    AccountRow,
    AgedHealthRow,
    ProviderList,
    ProviderRow,
)
from relevo.client.call import Call, ListCall, given


def accounts() -> ListCall[AccountRow]:
    """List the configured accounts, and whether their messages leave."""

    def page(size: int, cursor: str | None) -> Call[AccountList]:
        del size, cursor  # all at once
        return Call("GET /accounts", AccountList, repeatable=True)

    return ListCall(page)


def account_health(name: str, /) -> Call[AgedHealthRow]:
    """Tell how an account was when its provider was last asked.

    Raises:
        UnknownAccount: There is no such account.
        NotSupported: Its provider cannot be asked.
        RequestRefused: It was not asked yet (`problem.code` is `not_found`).
    """
    return Call("GET /accounts/{name}/health", AgedHealthRow, {"name": name}, repeatable=True)


def ask_account_health(name: str, /) -> Call[AgedHealthRow]:
    """Ask the provider now how an account is. It sends no message.

    Raises:
        UnknownAccount: There is no such account.
        NotSupported: Its provider cannot be asked.
        Unavailable: It did not say in time.
    """
    return Call("POST /accounts/{name}/health", AgedHealthRow, {"name": name}, repeatable=True)


def pause(name: str, /, reason: str) -> Call[AccountRow]:
    """Let an account's messages wait, on every machine, until it is resumed.

    Args:
        name: The account.
        reason: For whoever wonders; it is logged and shown.

    Raises:
        UnknownAccount: There is no such account.
    """
    body = given(reason=reason)
    return Call(
        "POST /accounts/{name}/pause", AccountRow, {"name": name}, body=body, repeatable=True
    )


def resume(name: str, /) -> Call[AccountRow]:
    """Let an account's messages go on.

    Raises:
        UnknownAccount: There is no such account.
    """
    return Call("POST /accounts/{name}/resume", AccountRow, {"name": name}, repeatable=True)


def providers() -> ListCall[ProviderRow]:
    """List the providers, those that failed included."""

    def page(size: int, cursor: str | None) -> Call[ProviderList]:
        del size, cursor  # all at once
        return Call("GET /providers", ProviderList, repeatable=True)

    return ListCall(page)
