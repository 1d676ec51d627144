"""Keys by the moment at which they are due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar


class Orderable(Protocol):
    """What can stand in a heap."""

    def __lt__(self, other: Any, /) -> bool:
        """Tell which comes first."""
        ...


KeyT = TypeVar("KeyT", bound=Orderable)


class DueKeys(Generic[KeyT]):
    """A heap whose entries are dropped, when they come up, if their time is no longer their key's.

    Args:
        due_of: Tells when a key is due now; None: not at all.
    """

    def __init__(self, due_of: Callable[[KeyT], datetime | None]) -> None:
        self._due_of = due_of
        self._heap: list[tuple[datetime, KeyT]] = []

    def add(self, key: KeyT, due_at: datetime) -> None:
        """Note that a key is due at a moment; what was noted before no longer holds."""
        heapq.heappush(self._heap, (due_at, key))

    def earliest(self) -> datetime | None:
        """Tell when the first key is due."""
        first = self._first()
        return first[0] if first else None

    def due(self, now: datetime, limit: int) -> list[KeyT]:
        """Give keys that are due, longest first, then in their own order."""
        found: dict[KeyT, datetime] = {}
        while len(found) < limit and (first := self._first()) is not None and first[0] <= now:
            heapq.heappop(self._heap)
            found[first[1]] = first[0]
        for key, due_at in found.items():
            heapq.heappush(self._heap, (due_at, key))
        return list(found)

    def count(self, now: datetime, limit: int) -> int:
        """Count keys that are due, no further than `limit`; looks at those that are due only."""
        found: set[KeyT] = set()
        places = [0]
        while places and len(found) < limit:
            place = places.pop()
            if place >= len(self._heap) or self._heap[place][0] > now:
                continue  # in a heap what lies below is no earlier
            due_at, key = self._heap[place]
            if self._due_of(key) == due_at:
                found.add(key)
            places += (2 * place + 1, 2 * place + 2)
        return len(found)

    def _first(self) -> tuple[datetime, KeyT] | None:
        heap = self._heap
        while heap and self._due_of(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0] if heap else None
