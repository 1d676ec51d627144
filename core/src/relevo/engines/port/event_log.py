"""The event log: all that happened, in order."""

from __future__ import annotations

from typing import Protocol

from relevo.engines.records import EventQuery
from relevo.events import Event


class EventLog(Protocol):
    """The durable, ordered, gap-free log of everything that happened."""

    @property
    def epoch(self) -> str:
        """The log's life: positions of different epochs do not compare."""
        ...

    async def head(self) -> int:
        """Give the newest position; 0 for an empty log."""
        ...

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order.

        Where some of them are no longer kept, a `messaging.gap` event comes
        first; it stands at the last position that is gone.
        """
        ...

    async def renew_epoch(self, *, shown: int) -> str:
        """Begin a new epoch if a reader was shown a position above the head; give the epoch.

        It means that the store was replaced or restored, and positions mean other events now.
        """
        ...

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        ...
