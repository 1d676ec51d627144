"""Doubts: messages of which nobody knows whether they left."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from relevo.engines.records import Doubt, MessageRecord, Resolution, Settlement
from relevo.terms import AccountTerms


class Doubts(Protocol):
    """Messages of which nobody knows whether they left."""

    async def doubts(self, accounts: Collection[str], limit: int) -> list[Doubt]:
        """Give doubts that are due for a look, longest due first."""
        ...

    async def settle(self, settlement: Settlement, terms: AccountTerms) -> bool:
        """Keep what a look led to. False: the doubt was over already; nothing changed."""
        ...

    async def resolve(self, message_id: UUID, resolution: Resolution) -> MessageRecord:
        """End a doubt as a person decides; tell it as an event.

        Raises:
            UnknownMessage: No outbound message has this id.
            NotInDoubt: Its outcome is known; nothing changed.
        """
        ...

    async def wait_for_doubts(self, timeout_s: float) -> None:
        """Return when a doubt may be due, or after the time."""
        ...
