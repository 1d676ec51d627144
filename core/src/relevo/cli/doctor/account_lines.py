"""Whether each account can be opened, and whether it can take webhooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from relevo.accounts import Account, AccountSettings, open_accounts
from relevo.capabilities import Capability
from relevo.cli.doctor.lines import Line, Verdict
from relevo.cli.doctor.settings_lines import warnings_of
from relevo.cli.server_address import API_PATH
from relevo.config import Settings
from relevo.errors import ConfigurationError, NotSupported, RelevoError, WebhookUnverifiable
from relevo.http import open_transport
from relevo.plugins import Plugins
from relevo.webhooks import WebhookRequest

_ACCOUNTS = "accounts"
_BY_WEBHOOK = frozenset({Capability.INBOUND, Capability.STATUSES})


@dataclass(frozen=True, slots=True)
class AccountLook:
    """How one account is.

    Args:
        name: The account's name.
        lines: What there is to say.
        takes_webhooks: Its provider tells news by webhook, and the account may be meant to.
        missing: What it lacks to check webhooks, in its provider's words.
        webhook_url: Where its provider was told to post, if its settings say so.
    """

    name: str
    lines: list[Line]
    takes_webhooks: bool = False
    missing: tuple[str, ...] = ()
    webhook_url: str | None = None


async def look_at_accounts(plugins: Plugins, settings: Settings) -> list[AccountLook]:
    """Open each account apart from the others, and close it again. Nothing is sent."""
    async with open_transport() as transport:
        return [
            await _look_at(name, written, plugins, transport)
            for name, written in settings.accounts.items()
        ]


def account_lines(looks: list[AccountLook], settings: Settings) -> list[Line]:
    """Say how the accounts are, and which is meant where none is named."""
    lines = [line for look in looks for line in look.lines]
    if not looks:
        advice = "Write an [accounts.NAME] table in relevo.toml. To try without one: relevo demo."
        return [Line(Verdict.DOUBTFUL, _ACCOUNTS, _ACCOUNTS, "none; nothing can be sent", advice)]
    default = settings.default_account
    if default is not None and default not in settings.accounts:
        seen = f"default_account names {default!r}, which is not configured"
        advice = f"Name one of: {', '.join(settings.accounts)}."
        lines.append(Line(Verdict.BAD, _ACCOUNTS, "default_account", seen, advice))
    elif default is None and len(looks) > 1:
        seen = "there is none, so every message has to name its account"
        lines.append(Line(Verdict.GOOD, _ACCOUNTS, "default_account", seen))
    return lines


async def _look_at(
    name: str, written: AccountSettings, plugins: Plugins, transport: httpx.AsyncBaseTransport
) -> AccountLook:
    with warnings_of("relevo.accounts") as warnings:
        try:
            async with open_accounts(
                {name: written},
                find_provider=lambda provider, account: plugins.provider(provider, account=account),
                transport=transport,
            ) as accounts:
                account = accounts[name]
                missing = _missing(account)
                told = getattr(account.provider.config, "webhook_url", None)
        except ConfigurationError as error:
            seen, advice = _without_name(error.message, name), f"Correct [accounts.{name}]."
            return AccountLook(name, [Line(Verdict.BAD, _ACCOUNTS, name, seen, advice)])
    lines = [Line(Verdict.GOOD, _ACCOUNTS, name, f"{written.provider}, its settings are complete")]
    lines += [
        Line(Verdict.DOUBTFUL, _ACCOUNTS, name, _without_name(words, name)) for words in warnings
    ]
    return AccountLook(
        name,
        lines,
        missing is not None,
        missing or (),
        told if isinstance(told, str) else None,
    )


def _without_name(sentence: str, account: str) -> str:
    """Leave out what the line says already."""
    return sentence.removeprefix(f"Account {account!r}: ")


def _missing(account: Account) -> tuple[str, ...] | None:
    """Show the account an empty webhook and an empty handshake: it says what it has no secret for.

    None where it has no webhooks at all. Any other refusal is as it should be.
    """
    if not account.provider.capabilities & _BY_WEBHOOK:
        return None
    path = f"{API_PATH}/webhooks/{account.name}"
    provider = account.provider
    checks: tuple[tuple[Callable[[WebhookRequest], object], str], ...] = (
        (provider.verify_webhook, "POST"),
        (provider.webhook_challenge, "GET"),
    )
    missing: list[str] = []
    for check, method in checks:
        try:
            check(WebhookRequest(method, path, b"", {}, {}))
        except WebhookUnverifiable as error:
            missing.append(error.message)
        except NotSupported:
            if method == "POST":
                return None
        except RelevoError:
            continue
    return tuple(missing)
