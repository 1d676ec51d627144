"""Rows the writer saw last. Nobody else writes, so what it remembers is what is kept."""

from __future__ import annotations

from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")
RowT = TypeVar("RowT")

_SIZE = 4_096


class Recent(Generic[KeyT, RowT]):
    """Between one and two times so many rows, by their keys.

    Whatever is undone must be forgotten: forget everything then.
    """

    def __init__(self, size: int = _SIZE) -> None:
        self._size = size
        self._young: dict[KeyT, RowT] = {}
        self._old: dict[KeyT, RowT] = {}

    def get(self, key: KeyT) -> RowT | None:
        """Give a row, if it was seen lately."""
        row = self._young.get(key)
        return self._old.get(key) if row is None else row

    def keep(self, key: KeyT, row: RowT) -> None:
        """Remember a row as it is now."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = row

    def drop(self, key: KeyT) -> None:
        """Forget a row."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def forget(self) -> None:
        """Forget everything."""
        self._young.clear()
        self._old.clear()
