"""Accounts that somebody asks about: one that is neither configured nor kept is a mistake."""

from __future__ import annotations

from collections.abc import Iterable

import relevo
from relevo_server.access.principals import Principal
from relevo_server.access.sight import accounts_seen
from relevo_server.context import ServerContext


async def check_accounts(
    server: ServerContext, principal: Principal, names: Iterable[str | None]
) -> None:
    """Refuse a filter that can never find anything: a misspelt account would look like no news.

    An account that was taken out of the settings stays readable while anything of it is kept.
    To a key that is limited, what it may not see is not there.

    Raises:
        UnknownAccount: Names the accounts there are to see.
    """
    seen = accounts_seen(server, principal)
    for name in dict.fromkeys(names):
        if name is not None and name not in seen and not await _is_kept(server, principal, name):
            seen.resolve(name)


async def _is_kept(server: ServerContext, principal: Principal, name: str) -> bool:
    """Tell whether anything is kept of an account, the cheapest look first."""
    engine, visible = server.engine, principal.accounts
    if not principal.sees(name):
        return False
    messages = await engine.messages(relevo.MessageQuery(account=name, visible=visible, limit=1))
    if messages.items:
        return True
    threads = await engine.conversations(account=name, visible=visible, cursor=None, limit=1)
    if threads.items:
        return True
    aside = await server.runtime.receiver.quarantined(
        account=name, visible=visible, cursor=None, limit=1
    )
    if aside.items:
        return True
    query = relevo.EventQuery(accounts=frozenset({name}), visible=visible)
    # Where events were purged, the first tells of that, whoever asks.
    events = await engine.events(0, limit=2, query=query)
    return any(event.type != relevo.EventType.GAP for event in events)
