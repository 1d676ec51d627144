"""One table's rows as a transaction knows them: as loaded, and as changed since."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import partial
from typing import Generic, TypeVar

from relevo.engines.memory.journal import Journal
from relevo.engines.postgres.needs import Kind, NotLoaded

KeyT = TypeVar("KeyT", bound=Hashable)
RowT = TypeVar("RowT")


class Cells(Generic[KeyT, RowT]):
    """Rows by key; None where it is known that there is none.

    Args:
        journal: Where changes are noted, to undo them.
        kind: What is needed where a key was not looked for.
    """

    def __init__(self, journal: Journal, kind: Kind) -> None:
        self._journal = journal
        self._kind = kind
        self._rows: dict[KeyT, RowT | None] = {}
        self._changed: dict[KeyT, None] = {}
        self._loaded: dict[KeyT, RowT | None] = {}

    def __contains__(self, key: KeyT) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[KeyT]:
        return iter(self._rows)

    def load(self, key: KeyT, row: RowT | None) -> None:
        """Note a row as it is in the database; one that was changed here stays changed."""
        if key not in self._changed:
            self._rows[key] = self._loaded[key] = row

    def get(self, key: KeyT) -> RowT | None:
        """Find a row.

        Raises:
            NotLoaded: Nobody looked for it yet.
        """
        try:
            return self._rows[key]
        except KeyError:
            raise NotLoaded.one(self._kind, key) from None

    def put(self, key: KeyT, row: RowT | None) -> None:
        """Change a row, or remove it."""
        before = (self._rows[key],) if key in self._rows else ()
        first = key not in self._changed
        # It holds the tables, not these cells: they hold the journal, and only the garbage
        # collector could free a ring.
        self._journal.note(partial(_undo, self._rows, self._changed, key, before, first=first))
        self._changed[key] = None
        self._rows[key] = row

    def is_changed(self, key: KeyT) -> bool:
        """Tell whether a row was changed here."""
        return key in self._changed

    def before(self, key: KeyT) -> RowT | None:
        """Give a row as it is in the database."""
        return self._loaded.get(key)

    def changes(self) -> list[tuple[KeyT, RowT]]:
        """Give the rows to keep, in the order in which they were first changed."""
        rows = ((key, self._rows.get(key)) for key in self._changed)
        return [(key, row) for key, row in rows if row is not None]

    def removals(self) -> list[KeyT]:
        """Give the keys of rows that are there and shall be no longer."""
        return [
            key
            for key in self._changed
            if self._rows.get(key) is None and self._loaded.get(key) is not None
        ]


def _undo(
    rows: dict[KeyT, RowT | None],
    changed: dict[KeyT, None],
    key: KeyT,
    before: tuple[RowT | None, ...],
    *,
    first: bool,
) -> None:
    """Take back one change; `before` is empty where nobody had looked for the row."""
    if before:
        (rows[key],) = before
    else:
        del rows[key]
    if first:
        del changed[key]
