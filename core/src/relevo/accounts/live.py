"""Accounts: settings in, checked, live providers out."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
from pydantic import BaseModel

from relevo.accounts.config import AccountSettings, check_account, literal_secrets
from relevo.accounts.fingerprint import fingerprint_of
from relevo.accounts.references import resolve_references
from relevo.accounts.terms import account_terms
from relevo.errors import ConfigurationError, UnknownAccount
from relevo.findings import did_you_mean
from relevo.http import account_client
from relevo.providers import AnyProvider
from relevo.redaction import frames_of
from relevo.terms import AccountTerms

logger = logging.getLogger("relevo.accounts")

FindProvider = Callable[[str, str], type[AnyProvider]]
"""Gives a provider's class by its name and the account that wants it, or raises why not."""


@dataclass(frozen=True, slots=True)
class Account:
    """One configured set of credentials, with the live provider that uses them.

    Args:
        name: As the settings call it.
        provider: Speaks for this account only.
        terms: How fast its messages leave, and what follows a doubt.
        fingerprint: Tells whether its settings, secrets included, were changed.
    """

    name: str
    provider: AnyProvider
    terms: AccountTerms = field(default_factory=AccountTerms)
    fingerprint: str = field(default="", repr=False)


class Accounts(Mapping[str, Account]):
    """All configured accounts by name, and which one is meant where none is named.

    Raises:
        UnknownAccount: The default is not among them.
    """

    def __init__(self, accounts: Iterable[Account] = (), *, default: str | None = None) -> None:
        self._accounts = {account.name: account for account in accounts}
        self._default = default
        if default is not None and default not in self._accounts:
            hint = self._hint(default)
            msg = f"default_account names {default!r}, which is not configured.{hint}"
            raise UnknownAccount(msg)

    def resolve(self, name: str | None = None) -> Account:
        """Give the named account; without a name the default, or the only one.

        Raises:
            UnknownAccount: No such account, or none named where there are several.
        """
        wanted = self._default if name is None else name
        if wanted is None and len(self._accounts) == 1:
            return next(iter(self._accounts.values()))
        if wanted is None:
            msg = f"No account was named and none is the default.{self._hint()}"
            raise UnknownAccount(msg)
        if wanted not in self._accounts:
            msg = f"Account {wanted!r} is not configured.{self._hint(wanted)}"
            raise UnknownAccount(msg)
        return self._accounts[wanted]

    def _hint(self, wanted: str = "") -> str:
        if not self._accounts:
            return " No account is configured: write an [accounts.NAME] table in relevo.toml."
        return f"{did_you_mean(wanted, self._accounts)} Name one of: {', '.join(self._accounts)}."

    def __getitem__(self, name: str) -> Account:
        return self._accounts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._accounts)

    def __len__(self) -> int:
        return len(self._accounts)

    def __repr__(self) -> str:
        return f"Accounts({', '.join(self._accounts)})"


@asynccontextmanager
async def open_accounts(
    settings: Mapping[str, AccountSettings],
    *,
    find_provider: FindProvider,
    transport: httpx.AsyncBaseTransport,
    default: str | None = None,
) -> AsyncIterator[Accounts]:
    """Open every account over one shared transport; close their clients at the end.

    Raises:
        ConfigurationError: An account's provider is unavailable, a reference leads
            nowhere, or its settings are not what the provider asks for.
    """
    clients = AsyncExitStack()
    try:
        accounts = [
            _open_account(name, written, find_provider, transport, clients)
            for name, written in settings.items()
        ]
        yield Accounts(accounts, default=default)
    finally:
        with anyio.CancelScope(shield=True):
            await clients.aclose()


def _open_account(
    name: str,
    written: AccountSettings,
    find_provider: FindProvider,
    transport: httpx.AsyncBaseTransport,
    clients: AsyncExitStack,
) -> Account:
    where = f"Account {name!r}"
    provider_type = find_provider(written.provider, name)
    values = resolve_references(written.values, where=where)

    def build() -> Account:
        config, terms = check_account(provider_type.config_type, values, where=where)
        _warn_of_literals(name, config, written.values)
        client: httpx.AsyncClient | None = None
        client_settings = provider_type.client_settings(config)
        if client_settings is not None:
            client = account_client(name, client_settings, transport)
            clients.push_async_callback(client.aclose)
        provider = provider_type(name, config, client)
        fingerprint = fingerprint_of(name, written.provider, values)
        return Account(name, provider, account_terms(provider, terms), fingerprint)

    account = _build_or_explain(build, where, written.provider)
    # Raised out here, so that no context carries an error that may hold a secret.
    if isinstance(account, str):
        raise ConfigurationError(account)
    return account


def _build_or_explain(build: Callable[[], Account], where: str, provider: str) -> Account | str:
    """Run a provider's own code; give a sentence without values if that fails."""
    try:
        return build()
    except ConfigurationError as error:
        own = error.message.startswith(where)
        return error.message if own else f"{where}: {error.message}"
    except Exception as error:  # noqa: BLE001 - a provider may raise anything
        place = frames_of(error)
        logger.error("%s: provider %r could not be built. %s", where, provider, place)  # noqa: TRY400 - only the place: the words may hold a secret
        return (
            f"{where}: provider {provider!r} could not be built: it raised "
            f"{type(error).__name__}. Its words are not shown: they may hold a secret; "
            "the log has the place."
        )


def _warn_of_literals(name: str, config: BaseModel, written: Mapping[str, Any]) -> None:
    for key in literal_secrets(config, written):
        logger.warning(
            "Account %r: the secret %r stands in the settings itself; "
            'write it as "env:NAME" or "file:PATH".',
            name,
            key,
        )
