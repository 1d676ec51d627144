"""Keys and tickets: how they are made, and how one that is shown is known again.

A key is `rlv_<key_id>_<secret>`, a ticket `rlt_<secret>`. A key's secret is 32
random bytes, a ticket's 16 and a seal over them, so a plain SHA-256 of the whole text
keeps them: nobody guesses the text, and a digest is quick to look up. The seal tells a
ticket of ours from one that is made up without asking the store.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from relevo.engines.records import KeyRecord, Scope, TicketRecord

BOOTSTRAP_ID = "bootstrap"
"""The `key_id` of the key that stands in `RELEVO_BOOTSTRAP_KEY`; no made key can have it."""

_KEY = re.compile(r"rlv_([a-z2-7]{12})_[A-Za-z0-9_-]{43}", re.ASCII)
_SECRET_BYTES = 32
_TICKET_BYTES = 16
_TICKET = re.compile(r"rlt_([A-Za-z0-9_-]{43})", re.ASCII)
_ID_BYTES = 10
_ID_LETTERS = 12


def make_key(
    *,
    name: str,
    scopes: Collection[Scope],
    now: datetime,
    accounts: Collection[str] | None = None,
    rate: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[SecretStr, KeyRecord]:
    """Make a key: its text, which nobody can tell again, and what is kept of it."""
    key_id = base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode().lower()[:_ID_LETTERS]
    text = f"rlv_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    record = KeyRecord(
        key_id=key_id,
        name=name,
        digest=_digest(text),
        scopes=frozenset(scopes),
        accounts=None if accounts is None else frozenset(accounts),
        rate=rate,
        created_at=now,
        expires_at=expires_at,
    )
    return SecretStr(text), record


def parse_key_id(text: str) -> str | None:
    """Read the `key_id` of a key that somebody shows; None: it does not have a key's form."""
    found = _KEY.fullmatch(text)
    return found[1] if found else None


def matches(text: str, record: KeyRecord) -> bool:
    """Tell whether a text is this key, in a time that says nothing about the right one."""
    return hmac.compare_digest(_digest(text), record.digest)


def usable(record: KeyRecord, now: datetime) -> bool:
    """Tell whether a key opens anything: it is not revoked and not over."""
    return record.revoked_at is None and (record.expires_at is None or now < record.expires_at)


def make_ticket(
    seal: SecretStr,
    *,
    now: datetime,
    life_s: float,
    key_id: str | None = None,
    accounts: Collection[str] | None = None,
    filters: Mapping[str, Any] | None = None,
) -> tuple[SecretStr, TicketRecord]:
    """Make a ticket: its text, which nobody can tell again, and what is kept of it.

    Args:
        seal: The store's own secret.
        now: When it begins.
        life_s: How long it is taken.
        key_id: Whose it is; None: nobody's, on a server without keys.
        accounts: Of which accounts it tells; None: of all.
        filters: What it is limited to.
    """
    number = secrets.token_bytes(_TICKET_BYTES)
    sealed = base64.urlsafe_b64encode(number + _sealed(seal, number)).decode().rstrip("=")
    text = f"rlt_{sealed}"
    record = TicketRecord(
        digest=ticket_digest(text),
        key_id=key_id,
        accounts=None if accounts is None else frozenset(accounts),
        filters=dict(filters or {}),
        created_at=now,
        expires_at=now + timedelta(seconds=life_s),
    )
    return SecretStr(text), record


def is_sealed(text: str, seal: SecretStr) -> bool:
    """Tell whether a text was made as a ticket with this seal; whether it is over, it cannot."""
    found = _TICKET.fullmatch(text)
    if found is None:
        return False
    told = base64.urlsafe_b64decode(found[1] + "=")
    number, shown = told[:_TICKET_BYTES], told[_TICKET_BYTES:]
    return hmac.compare_digest(shown, _sealed(seal, number))


def ticket_digest(text: str) -> str:
    """Give what a ticket that somebody shows is kept under."""
    return _digest(text)


def bootstrap_record(secret: SecretStr, now: datetime) -> KeyRecord:
    """Make the first key's record of the text it was configured with: it may do everything.

    No engine keeps it; it is good as long as the text is configured.
    """
    return KeyRecord(
        key_id=BOOTSTRAP_ID,
        name=BOOTSTRAP_ID,
        digest=_digest(secret.get_secret_value()),
        scopes=frozenset(Scope),
        created_at=now,
    )


def _sealed(seal: SecretStr, number: bytes) -> bytes:
    secret = seal.get_secret_value().encode()
    return hmac.digest(secret, b"relevo ticket " + number, "sha256")[:_TICKET_BYTES]


def _digest(text: str) -> str:
    # A header can hold what is no UTF-8; such a text is no key, and still has a digest.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
