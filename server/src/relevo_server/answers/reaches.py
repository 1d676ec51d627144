"""Whom an account's messages can reach, as far as its provider's address tells."""

from __future__ import annotations

from enum import StrEnum

import relevo
from relevo_server.settings import is_loopback


class Reach(StrEnum):
    """Whom an account's messages can reach."""

    PEOPLE = "people"
    SANDBOX = "sandbox"
    """Its requests go to this machine itself."""


def reach_of(account: relevo.Account) -> Reach | None:
    """Tell whom an account's messages can reach; None: it has no address to tell it by."""
    provider = account.provider
    if not provider.uses_http:
        return None
    return Reach.SANDBOX if is_loopback(provider.http.base_url.host) else Reach.PEOPLE
