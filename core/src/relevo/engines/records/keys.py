"""Keys to the HTTP API, and tickets to its event stream, as an engine keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Scope(StrEnum):
    """What a key allows. Each stands for itself: `admin` does not bring the others along."""

    SEND = "send"
    """Send, cancel and retry messages."""
    READ = "read"
    """Read messages, threads and accounts."""
    EVENTS = "events"
    """Follow the event log."""
    ADMIN = "admin"
    """Look after the installation: the inbox, doubts, accounts, templates, keys."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key to the HTTP API. What opens the door is not in it, only its digest.

    Args:
        key_id: The part of the key that may be seen.
        name: Who or what it was made for.
        digest: SHA-256 of the whole key, in lower-case hex.
        scopes: What it allows.
        accounts: Only these are seen and used; None: all, also those configured later.
        rate: Requests a minute; None: as the server is configured.
        expires_at: From this moment it opens nothing; None: it has no end.
        revoked_at: When it was taken back; None: it was not.
        last_used_at: About when it was last shown; None: it never was.
    """

    key_id: str
    name: str
    digest: str = field(repr=False)
    scopes: frozenset[Scope]
    created_at: datetime
    accounts: frozenset[str] | None = None
    rate: int | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A short-lived permission to follow the event log from a browser.

    Args:
        digest: SHA-256 of the whole ticket, in lower-case hex.
        key_id: Of the key it was made with; None: it was made on a server without keys.
        accounts: Whose events it shows; None: those of all.
        filters: The filters of the event stream that it is bound to, as JSON.
        expires_at: From this moment it opens nothing.
    """

    digest: str = field(repr=False)
    key_id: str | None
    created_at: datetime
    expires_at: datetime
    accounts: frozenset[str] | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
