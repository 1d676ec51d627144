"""Keys: who may use the HTTP API, and what of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from relevo.engines.records import KeyRecord, TicketRecord


class Keys(Protocol):
    """Keys to the HTTP API, and tickets to its event stream; never what opens the door itself."""

    async def add_key(self, key: KeyRecord) -> None:
        """Keep a key. Adding a `key_id` again changes nothing."""
        ...

    async def keys(self) -> list[KeyRecord]:
        """Give all keys, newest first: also those that were revoked or are over."""
        ...

    async def key(self, key_id: str) -> KeyRecord | None:
        """Give one key, whether it still opens anything or not; None: none has this id."""
        ...

    async def revoke_key(self, key_id: str) -> bool:
        """Take a key back, from now on; its row stays.

        False: none has this id, or it was revoked before; nothing changed.
        """
        ...

    async def use_keys(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last shown, by `key_id`. The moment only ever moves forward.

        What is not known is passed over.
        """
        ...

    async def add_ticket(self, ticket: TicketRecord) -> None:
        """Keep a ticket. Adding a digest again changes nothing."""
        ...

    async def ticket(self, digest: str) -> TicketRecord | None:
        """Give a ticket that is not over; None: there is none."""
        ...
