"""Keys: who may use the HTTP API and what of it, and what proves that we wrote something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from relevo.engines.records import KeyRecord, TicketRecord


class Keys(Protocol):
    """Keys to the HTTP API, and tickets to its event stream; never what opens the door itself."""

    @property
    def seal(self) -> SecretStr:
        """The store's own secret: what we hand out and have to know again is sealed with it.

        It is random, made when the store is first opened, and stays: also after a restart, in a
        new epoch, in a copy and in a restored backup. All machines on one store have the same.
        """
        ...

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
