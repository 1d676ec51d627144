"""Rows in SQLite: all tables over the writer's connection, and the means to undo a part."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from relevo.engines.sqlite.attempts import AttemptTables
from relevo.engines.sqlite.cursor_rows import CursorTables
from relevo.engines.sqlite.key_rows import KeyTables
from relevo.engines.sqlite.lanes import LaneTables
from relevo.engines.sqlite.media_rows import MediaTables
from relevo.engines.sqlite.news import NewsTables
from relevo.engines.sqlite.people import PeopleTables
from relevo.engines.sqlite.process_rows import ProcessTables
from relevo.engines.sqlite.upkeep import UpkeepTables
from relevo.engines.sqlite.waiting import WaitingTables
from relevo.engines.sqlite.walks import Key
from relevo.engines.sqlite.webhooks import WebhookTables

# What one value can cause; every other error means that the store itself is in trouble.
_VALUE_ERRORS = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


class SqliteRows(
    AttemptTables,
    PeopleTables,
    LaneTables,
    WaitingTables,
    NewsTables,
    WebhookTables,
    UpkeepTables,
    CursorTables,
    MediaTables,
    ProcessTables,
    KeyTables,
):
    """Everything within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        AttemptTables.__init__(self, connection)
        PeopleTables.__init__(self, connection)
        LaneTables.__init__(self, connection)
        WaitingTables.__init__(self, connection)
        NewsTables.__init__(self, connection)
        WebhookTables.__init__(self, connection)
        UpkeepTables.__init__(self, connection)
        CursorTables.__init__(self, connection)
        MediaTables.__init__(self, connection)
        ProcessTables.__init__(self, connection)
        KeyTables.__init__(self, connection)

    def forget_news(self) -> None:
        """Begin to note what others may be woken for."""
        self.log_grew = self.webhooks_came = False
        self.lanes_changed = self.accounts_changed = self.doubts_changed = False

    def changes(self) -> int:
        """Count what was changed until now; what was undone counts too."""
        return self._connection.total_changes + len(self.untold)

    def forget(self) -> None:
        """Remember no row: something was undone, or changed past these tables."""
        self.messages.forget()
        self.numbered.forget()
        self.outgoing.forget()
        self.attempts.forget()
        self.forget_people()
        self.lanes.forget()
        self.heads.forget()
        self.tails.forget()
        self.forget_shelf()

    def empty(self, old: Sequence[Key]) -> int:
        """Forget what messages said that are closed still, and what providers answered."""
        self.forget()
        return super().empty(old)

    def remove(self, statement: str, keys: Sequence[Key], *more: Any) -> int:
        """Remove rows by their keys."""
        self.forget()
        return super().remove(statement, keys, *more)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was done inside if it raises."""
        told = len(self.untold)
        self._connection.execute("SAVEPOINT item")
        try:
            yield
        except BaseException:
            self.forget()
            del self.untold[told:]
            # A full disk may have ended the whole transaction already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO item")
                self._connection.execute("RELEASE item")
            raise
        self._connection.execute("RELEASE item")

    def is_store_error(self, error: Exception) -> bool:
        """Whether the store itself failed, not what it was asked to keep."""
        return isinstance(error, sqlite3.Error) and not isinstance(error, _VALUE_ERRORS)
