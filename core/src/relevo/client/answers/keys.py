"""Keys and tickets, as the API tells them."""

from __future__ import annotations

from pydantic import AwareDatetime, SecretStr

from relevo.client.answers.model import Answer, OrWord
from relevo.engines.records import Scope


class KeyRow(Answer):
    """A key to the API, without what opens the door. `accounts` None: all of them."""

    id: str
    prefix: str
    name: str
    scopes: list[OrWord[Scope]]
    accounts: list[str] | None
    rate: int | None = None
    active: bool
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    last_used_at: AwareDatetime | None = None


class NewKeyRow(KeyRow):
    """A key that was just made; `key.get_secret_value()` is told this once."""

    key: SecretStr
    notice: str | None = None


class KeyList(Answer):
    """All keys."""

    items: list[KeyRow]


class TicketRow(Answer):
    """A ticket to the event stream. `url` is for an `EventSource`, and opens it: keep it secret."""

    ticket: SecretStr
    url: SecretStr
    expires_at: AwareDatetime
