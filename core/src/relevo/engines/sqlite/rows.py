"""Rows in SQLite: all tables over the writer's connection, and the means to undo a part."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from relevo.engines.sqlite.lanes import LaneTables
from relevo.engines.sqlite.messages import MessageTables
from relevo.engines.sqlite.news import NewsTables

# What one value can cause; every other error means that the store itself is in trouble.
_VALUE_ERRORS = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


class SqliteRows(MessageTables, LaneTables, NewsTables):
    """Everything within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        MessageTables.__init__(self, connection)
        LaneTables.__init__(self, connection)
        NewsTables.__init__(self, connection)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was done inside if it raises."""
        self._connection.execute("SAVEPOINT item")
        try:
            yield
        except BaseException:
            # A full disk may have ended the whole transaction already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO item")
                self._connection.execute("RELEASE item")
            raise
        self._connection.execute("RELEASE item")

    def is_store_error(self, error: Exception) -> bool:
        """Whether the store itself failed, not what it was asked to keep."""
        return isinstance(error, sqlite3.Error) and not isinstance(error, _VALUE_ERRORS)
