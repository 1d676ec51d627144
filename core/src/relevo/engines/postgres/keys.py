"""The PostgreSQL engine's keys and tickets."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, cast

from pydantic import SecretStr

from relevo.engines.json_text import plain_text
from relevo.engines.key_columns import (
    KEY_COLUMNS,
    TICKET_COLUMNS,
    read_key,
    read_ticket,
    write_key,
    write_ticket,
)
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.core import PostgresCore
from relevo.engines.records import KeyRecord, TicketRecord
from relevo.engines.values import micros

_KEY: Final = ", ".join(KEY_COLUMNS)
_TICKET: Final = ", ".join(TICKET_COLUMNS)
_ADD_KEY: Final = f"""
INSERT INTO api_key ({_KEY})
VALUES ({", ".join(f"${number}" for number, _ in enumerate(KEY_COLUMNS, 1))})
ON CONFLICT (key_id) DO NOTHING
"""
_ALL: Final = f'SELECT {_KEY} FROM api_key ORDER BY created_at DESC, key_id COLLATE "C" DESC'
_FIND: Final = f"SELECT {_KEY} FROM api_key WHERE key_id = $1"
_REVOKE: Final = """
UPDATE api_key SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id
"""
# Two machines may note the same keys at once: each locks them in the order of their ids.
_USE: Final = """
WITH mine AS (
  SELECT k.key_id, k.at FROM unnest($1::text[], $2::bigint[]) AS k(key_id, at)
  JOIN api_key AS a USING (key_id)
  WHERE a.last_used_at IS NULL OR a.last_used_at < k.at
  ORDER BY a.key_id FOR UPDATE OF a
)
UPDATE api_key AS t SET last_used_at = greatest(t.last_used_at, mine.at)
FROM mine WHERE t.key_id = mine.key_id
"""
_ADD_TICKET: Final = f"""
INSERT INTO ticket ({_TICKET})
VALUES ({", ".join(f"${number}" for number, _ in enumerate(TICKET_COLUMNS, 1))})
ON CONFLICT (digest) DO NOTHING
"""
_FIND_TICKET: Final = f"SELECT {_TICKET} FROM ticket WHERE digest = $1 AND expires_at > $2"


class PostgresKeys(PostgresCore):
    """Keys by their ids, tickets by their digests."""

    @property
    def seal(self) -> SecretStr:
        """The store's secret: one for all machines."""
        self._opened()
        return self._seal

    async def add_key(self, key: KeyRecord) -> None:
        """Keep a key."""
        await self._change(lambda connection, _: connection.execute(_ADD_KEY, *write_key(key)))

    async def keys(self) -> list[KeyRecord]:
        """Give all keys, newest first."""
        rows = await self._read(lambda connection: connection.fetch(_ALL))
        return [read_key(row) for row in rows]

    async def key(self, key_id: str) -> KeyRecord | None:
        """Give one key."""
        asked = plain_text(key_id)
        rows = await self._read(lambda connection: connection.fetch(_FIND, asked))
        return read_key(rows[0]) if rows else None

    async def revoke_key(self, key_id: str) -> bool:
        """Take a key back."""
        asked = plain_text(key_id)

        async def revoke(connection: Connection, now: datetime) -> bool:
            return bool(await connection.fetch(_REVOKE, asked, micros(now)))

        return cast("bool", await self._change(revoke))

    async def use_keys(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last shown, all in one statement."""
        if not used:
            return
        key_ids = [plain_text(key_id) for key_id in used]
        moments = [micros(at) for at in used.values()]
        await self._change(lambda connection, _: connection.execute(_USE, key_ids, moments))

    async def add_ticket(self, ticket: TicketRecord) -> None:
        """Keep a ticket."""
        values = write_ticket(ticket)
        await self._change(lambda connection, _: connection.execute(_ADD_TICKET, *values))

    async def ticket(self, digest: str) -> TicketRecord | None:
        """Give a ticket that is not over."""
        asked = plain_text(digest)

        async def look(connection: Connection) -> TicketRecord | None:
            now = micros(await self._now(connection))
            rows = await connection.fetch(_FIND_TICKET, asked, now)
            return read_ticket(rows[0]) if rows else None

        return cast("TicketRecord | None", await self._read(look))
