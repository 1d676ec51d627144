"""Rows the writer saw last. Nobody else writes, so what it remembers is what is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")
RowT = TypeVar("RowT")

_SIZE = 4_096


class _Young(dict[KeyT, RowT | None]):
    """Rows of late. What is not there is looked for among the older ones; it is not moved.

    A dictionary of its own kind, as every change looks for a dozen rows.
    """

    old: dict[KeyT, RowT | None]

    def __init__(self) -> None:
        self.old = {}

    def __missing__(self, key: KeyT) -> RowT | None:
        return self.old.get(key)


class Recent(Generic[KeyT, RowT]):
    """Between one and two times so many rows, by their keys.

    Whatever is undone must be forgotten: forget everything then.
    """

    def __init__(self, size: int = _SIZE) -> None:
        self._size = size
        self._young: _Young[KeyT, RowT] = _Young()
        self.get: Callable[[KeyT], RowT | None] = self._young.__getitem__
        """Give a row, if it was seen lately."""

    def keep(self, key: KeyT, row: RowT) -> None:
        """Remember a row as it is now."""
        young = self._young
        if len(young) >= self._size:
            young.old = dict(young)
            young.clear()
        young[key] = row

    def drop(self, key: KeyT) -> None:
        """Forget a row."""
        self._young.pop(key, None)
        self._young.old.pop(key, None)

    def forget(self) -> None:
        """Forget everything."""
        self._young.clear()
        self._young.old.clear()
