"""Cursors into the event log within the writer's transaction."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from typing import Final

from relevo.engines.cursor_columns import CURSOR_COLUMNS, read_cursor_row, write_cursor_row
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.facts import EPOCH, read_fact
from relevo.engines.steps.cursors import CursorRow, LogPlace

_LISTED: Final = ", ".join(CURSOR_COLUMNS)
_FIND: Final = f"SELECT {_LISTED} FROM event_cursor WHERE name = ?"
_SAVE: Final = f"""
INSERT OR REPLACE INTO event_cursor ({_LISTED}) VALUES ({", ".join("?" for _ in CURSOR_COLUMNS)})
"""
_FORGET: Final = "DELETE FROM event_cursor WHERE name = ?"
_HEAD: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
FREE_CURSORS: Final = "UPDATE event_cursor SET token = NULL, worker = NULL, lease_until = NULL"


class CursorTables:
    """Cursors, and where the log stands."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def cursor(self, name: str) -> CursorRow | None:
        """Find a cursor."""
        row: Row | None = self._connection.execute(_FIND, (name,)).fetchone()
        return read_cursor_row(row) if row else None

    def save_cursor(self, row: CursorRow) -> CursorRow:
        """Keep a cursor as it is now."""
        self._connection.execute(_SAVE, write_cursor_row(row))
        return row

    def forget_cursor(self, name: str) -> bool:
        """Forget a cursor; tell whether it was there."""
        return self._connection.execute(_FORGET, (name,)).rowcount > 0

    def place(self) -> LogPlace:
        """Tell where the log stands."""
        row: Row | None = self._connection.execute(_HEAD).fetchone()
        epoch = read_fact(self._connection, EPOCH)
        return LogPlace(int(row[0]) if row else 0, epoch or "")
