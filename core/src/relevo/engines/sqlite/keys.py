"""The SQLite engine's keys and tickets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from relevo.engines.json_text import plain_text
from relevo.engines.records import KeyRecord, TicketRecord
from relevo.engines.sqlite import key_rows
from relevo.engines.sqlite.core import SqliteCore


class SqliteKeys(SqliteCore):
    """Keys by their ids, tickets by their digests."""

    @property
    def seal(self) -> SecretStr:
        """The store's secret: kept in the file."""
        return self._opened().store.seal

    async def add_key(self, key: KeyRecord) -> None:
        """Keep a key."""
        await self._write(lambda rows, _: rows.add_key(key), may_refuse=True)

    async def keys(self) -> list[KeyRecord]:
        """Give all keys, newest first."""
        return await self._read(key_rows.find_keys)

    async def key(self, key_id: str) -> KeyRecord | None:
        """Give one key."""
        asked = plain_text(key_id)
        return await self._read(lambda reader: key_rows.find_key(reader, asked))

    async def revoke_key(self, key_id: str) -> bool:
        """Take a key back."""
        asked = plain_text(key_id)
        return await self._write(lambda rows, now: rows.revoke_key(asked, now))

    async def use_keys(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last shown."""
        if used:
            await self._write(lambda rows, _: rows.use_keys(used))

    async def add_ticket(self, ticket: TicketRecord) -> None:
        """Keep a ticket."""
        await self._write(lambda rows, _: rows.add_ticket(ticket), may_refuse=True)

    async def ticket(self, digest: str) -> TicketRecord | None:
        """Give a ticket that is not over."""
        asked, now = plain_text(digest), self._clock()
        return await self._read(lambda reader: key_rows.find_ticket(reader, asked, now))
