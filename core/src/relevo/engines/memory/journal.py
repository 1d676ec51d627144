"""How to undo what was done, so that a step is kept whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import TypeVar

KeyT = TypeVar("KeyT")
RowT = TypeVar("RowT")


class Journal:
    """Note with every change how to undo it."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was done inside if it raises."""
        mark = len(self._undo)
        try:
            yield
        except BaseException:
            while len(self._undo) > mark:
                self._undo.pop()()
            raise

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Keep all that is done inside, or nothing."""
        with self.savepoint():
            yield
        self._undo.clear()

    def note(self, undo: Callable[[], object]) -> None:
        """Note how to undo a change that was just made."""
        self._undo.append(undo)

    def put(self, table: MutableMapping[KeyT, RowT], key: KeyT, row: RowT) -> None:
        """Set one row."""
        if key in table:
            before = table[key]
            self.note(lambda: table.__setitem__(key, before))
        else:
            self.note(lambda: table.pop(key))
        table[key] = row

    def drop(self, table: MutableMapping[KeyT, RowT], key: KeyT) -> None:
        """Remove one row, if it is there."""
        if key in table:
            before = table.pop(key)
            self.note(lambda: table.__setitem__(key, before))
