"""Keys and tickets within the writer's transaction, and as readers find them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from relevo.engines.key_columns import (
    KEY_COLUMNS,
    TICKET_COLUMNS,
    read_key,
    read_ticket,
    write_key,
    write_ticket,
)
from relevo.engines.records import KeyRecord, TicketRecord
from relevo.engines.sqlite.columns import Row
from relevo.engines.values import micros

Reader = sqlite3.Connection

_KEY: Final = ", ".join(KEY_COLUMNS)
_TICKET: Final = ", ".join(TICKET_COLUMNS)
_ADD_KEY: Final = f"""
INSERT INTO api_key ({_KEY}) VALUES ({", ".join("?" for _ in KEY_COLUMNS)})
ON CONFLICT (key_id) DO NOTHING
"""
_ALL: Final = f"SELECT {_KEY} FROM api_key ORDER BY created_at DESC, key_id DESC"
_FIND: Final = f"SELECT {_KEY} FROM api_key WHERE key_id = ?"
_REVOKE: Final = "UPDATE api_key SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL"
_USE: Final = """
UPDATE api_key SET last_used_at = ?1
WHERE key_id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)
"""
_ADD_TICKET: Final = f"""
INSERT INTO ticket ({_TICKET}) VALUES ({", ".join("?" for _ in TICKET_COLUMNS)})
ON CONFLICT (digest) DO NOTHING
"""
_FIND_TICKET: Final = f"SELECT {_TICKET} FROM ticket WHERE digest = ? AND expires_at > ?"
_PURGE_TICKETS: Final = """
DELETE FROM ticket WHERE digest IN (
  SELECT digest FROM ticket WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
"""


class KeyTables:
    """Keep keys and tickets."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_key(self, key: KeyRecord) -> None:
        """Keep a key that is not there yet."""
        self._connection.execute(_ADD_KEY, write_key(key))

    def revoke_key(self, key_id: str, now: datetime) -> bool:
        """Take a key back; tell whether that changed anything."""
        return self._connection.execute(_REVOKE, (micros(now), key_id)).rowcount > 0

    def use_keys(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last shown."""
        self._connection.executemany(_USE, [(micros(at), key_id) for key_id, at in used.items()])

    def add_ticket(self, ticket: TicketRecord) -> None:
        """Keep a ticket that is not there yet."""
        self._connection.execute(_ADD_TICKET, write_ticket(ticket))

    def purge_tickets(self, until: datetime, limit: int) -> int:
        """Forget tickets that are over."""
        return self._connection.execute(_PURGE_TICKETS, (micros(until), limit)).rowcount


def find_keys(reader: Reader) -> list[KeyRecord]:
    """Give all keys, newest first."""
    return [read_key(row) for row in reader.execute(_ALL).fetchall()]


def find_key(reader: Reader, key_id: str) -> KeyRecord | None:
    """Find a key."""
    row: Row | None = reader.execute(_FIND, (key_id,)).fetchone()
    return read_key(row) if row else None


def find_ticket(reader: Reader, digest: str, now: datetime) -> TicketRecord | None:
    """Find a ticket that is not over."""
    row: Row | None = reader.execute(_FIND_TICKET, (digest, micros(now))).fetchone()
    return read_ticket(row) if row else None
