"""A store in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite as sqlite_dialect

from relevo.engines import schema
from relevo.engines.revisions import make_epoch
from relevo.engines.schema import tables_of
from relevo.engines.sqlite.faults import unavailable
from relevo.engines.sqlite.locking import OWNER_ONLY, is_locked, take_lock
from relevo.engines.sqlite.preparing import check_known, prepare, read_revision
from relevo.engines.stores.port import Counters, Row, StoreReader, StoreState, StoreWriter
from relevo.engines.stores.refusals import check_empty, check_no_upgrade, check_revision

# ruff: noqa: S608 - statements are joined from our own tables' names; values are always bound.

HERE = tables_of(sqlite_dialect.dialect())
_LOG = "event"
_EPOCH = "SELECT value FROM meta WHERE name = 'epoch'"
_FLOOR = "SELECT value FROM meta WHERE name = 'floor'"
_CURSORS = "SELECT name, position FROM event_cursor ORDER BY name"
_FORGET = "DELETE FROM event_cursor WHERE name = ?"
_NUMBERS = "SELECT name, seq FROM sqlite_sequence"
_WAITING = """
SELECT status, count(*) FROM message
WHERE status IN ('scheduled', 'queued', 'sending', 'unknown') AND direction = 'out'
GROUP BY status
UNION ALL SELECT 'pending webhooks', count(*) FROM webhook WHERE state = 'pending'
UNION ALL SELECT 'quarantined items', count(*) FROM webhook_item WHERE state = 'quarantined'
UNION ALL SELECT 'files to fetch', count(*) FROM media WHERE state = 'pending'"""


class SqliteStore:
    """One file; its lock keeps engines out while something is done with it."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()

    @property
    def name(self) -> str:
        """The file's whole path."""
        return str(self._path)

    async def look(self) -> StoreState:
        """Read it, read-only, whoever else has it."""
        if not self._path.exists():
            return StoreState("sqlite", self.name, None, schema.REVISION, in_use=False)
        with self._told(), closing(_connect_read_only(self._path)) as connection:
            revision = read_revision(self._path, connection)
            check_known(self._path, revision)
            state = StoreState(
                "sqlite", self.name, revision, schema.REVISION, in_use=is_locked(self._path)
            )
            return state if revision != schema.REVISION else _look_inside(connection, state)

    async def upgrade(self) -> None:
        """Make the file, or bring it to our revision."""
        with self._alone() as connection:
            prepare(self._path, connection, _connect)

    async def renew_epoch(self) -> tuple[str, str]:
        """Begin a new life of the event log."""
        with self._existing() as connection:
            old, new = str(connection.execute(_EPOCH).fetchone()[0]), make_epoch()
            connection.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (new,))
            return old, new

    async def forget_cursor(self, name: str) -> bool:
        """Forget an event handler's cursor."""
        with self._existing() as connection:
            return connection.execute(_FORGET, (name,)).rowcount > 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[StoreReader]:
        """Read it; no engine can open it meanwhile."""
        with self._existing() as connection:
            yield _Reader(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[StoreWriter]:
        """Fill it; a file that was not there is gone again if that fails."""
        was_there = self._path.exists()
        with self._alone() as connection:
            try:
                check_no_upgrade(self.name, read_revision(self._path, connection))
                prepare(self._path, connection, _connect)
                full = [table.name for table in HERE if _count(connection, table)]
                check_empty(self.name, full)
                connection.execute("BEGIN IMMEDIATE")
                for table in reversed(HERE):
                    connection.execute(f"DELETE FROM {table.name}")
                yield _Writer(connection)
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                if not was_there:
                    self._path.unlink()
                raise

    @contextmanager
    def _existing(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            check_revision(self.name, None)
        with self._alone() as connection:
            check_revision(self.name, read_revision(self._path, connection))
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        lock = take_lock(self._path)
        try:
            with self._told(), closing(_connect(self._path)) as connection:
                yield connection
        finally:
            lock.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise unavailable(self._path, error) from error


class _Reader:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def count(self, table: Table) -> int:
        return _count(self._connection, table) if table in HERE else 0

    async def rows(self, table: Table, at_once: int) -> AsyncGenerator[Sequence[Row], None]:
        columns = ", ".join(column.name for column in table.columns)
        order = ", ".join(column.name for column in table.primary_key)
        found = self._connection.execute(f"SELECT {columns} FROM {table.name} ORDER BY {order}")
        while rows := found.fetchmany(at_once):
            yield rows

    async def counters(self) -> Counters:
        numbers = {str(name): int(number) for name, number in self._connection.execute(_NUMBERS)}
        return Counters(numbers.pop(_LOG, 0), numbers)


class _Writer:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        places = ", ".join("?" for _ in table.columns)
        columns = ", ".join(column.name for column in table.columns)
        self._connection.executemany(
            f"INSERT INTO {table.name} ({columns}) VALUES ({places})", rows
        )

    async def count(self, table: Table) -> int:
        return _count(self._connection, table)

    async def set_counters(self, counters: Counters) -> None:
        self._connection.execute("DELETE FROM sqlite_sequence")
        self._connection.executemany(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
            [(_LOG, counters.head), *counters.rows.items()],
        )


def _look_inside(connection: sqlite3.Connection, state: StoreState) -> StoreState:
    floor = connection.execute(_FLOOR).fetchone()
    head = dict(connection.execute(_NUMBERS)).get(_LOG, 0)
    return StoreState(
        state.engine,
        state.store,
        state.revision,
        state.newest,
        state.in_use,
        epoch=str(connection.execute(_EPOCH).fetchone()[0]),
        head=head,
        floor=int(floor[0]) if floor else 0,
        waiting=dict(connection.execute(_WAITING)),
        behind={name: max(head - at, 0) for name, at in connection.execute(_CURSORS)},
    )


def _count(connection: sqlite3.Connection, table: Table) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    """Connect; transactions are ours to begin and end. A new file is its owner's alone."""
    with suppress(OSError):
        path.touch(mode=OWNER_ONLY, exist_ok=False)
    return sqlite3.connect(path, isolation_level=None)


def _connect_read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
