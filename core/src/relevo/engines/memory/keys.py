"""The memory engine's keys and tickets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from anyio.lowlevel import checkpoint
from pydantic import SecretStr

from relevo.engines.memory.core import MemoryCore
from relevo.engines.records import KeyRecord, TicketRecord
from relevo.engines.replacing import replace


class MemoryKeys(MemoryCore):
    """Keys by their ids, tickets by their digests."""

    @property
    def seal(self) -> SecretStr:
        """The store's secret: it ends with this object."""
        return self._seal

    async def add_key(self, key: KeyRecord) -> None:
        """Keep a key."""
        await checkpoint()
        self._rows.api_keys.setdefault(key.key_id, key)

    async def keys(self) -> list[KeyRecord]:
        """Give all keys, newest first."""
        await checkpoint()
        found = self._rows.api_keys.values()
        return sorted(found, key=lambda key: (key.created_at, key.key_id), reverse=True)

    async def key(self, key_id: str) -> KeyRecord | None:
        """Give one key."""
        await checkpoint()
        return self._rows.api_keys.get(key_id)

    async def revoke_key(self, key_id: str) -> bool:
        """Take a key back."""
        await checkpoint()
        key = self._rows.api_keys.get(key_id)
        if key is None or key.revoked_at is not None:
            return False
        self._rows.api_keys[key_id] = replace(key, revoked_at=self._clock())
        return True

    async def use_keys(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last shown."""
        await checkpoint()
        for key_id, at in used.items():
            key = self._rows.api_keys.get(key_id)
            if key is not None and (key.last_used_at is None or key.last_used_at < at):
                self._rows.api_keys[key_id] = replace(key, last_used_at=at)

    async def add_ticket(self, ticket: TicketRecord) -> None:
        """Keep a ticket."""
        await checkpoint()
        self._rows.tickets.setdefault(ticket.digest, ticket)

    async def ticket(self, digest: str) -> TicketRecord | None:
        """Give a ticket that is not over."""
        await checkpoint()
        ticket = self._rows.tickets.get(digest)
        return ticket if ticket and self._clock() < ticket.expires_at else None
