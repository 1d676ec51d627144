"""Open the one file: its lock, its settings, its tables, and what a crash left behind."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.dialects import sqlite as sqlite_dialect

from relevo.engines.port import Clock
from relevo.engines.schema import SCHEMA_VERSION, creation
from relevo.engines.sqlite.faults import unavailable
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.steps.outbox import take_back_all
from relevo.errors import EngineUnavailable

APPLICATION_ID = 0x52454C56
"""Marks the file as ours ("RELV")."""
_EPOCH_BYTES = 6
_BUSY_MS = 5_000
_WAL_KEEP_BYTES = 64 * 1024 * 1024
_STATEMENTS = 256
_CACHE_KIB = 64 * 1024
HEAD = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"


@dataclass(frozen=True, slots=True)
class Store:
    """An open file that nobody else has open."""

    path: Path
    connection: sqlite3.Connection
    lock: FileLock
    epoch: str
    head: int


def open_store(path: Path, clock: Clock) -> Store:
    """Open or make the file, and take back what an earlier process held.

    Raises:
        EngineUnavailable: Another process has it, or it is not ours or not usable.
    """
    lock = _take_lock(path)
    try:
        connection = connect(path)
        try:
            _set_up(connection)
            _create(path, connection)
            epoch = _begin(connection, clock)
            return Store(path, connection, lock, epoch, read_head(connection))
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        lock.release()
        raise unavailable(path, error) from error
    except BaseException:
        lock.release()
        raise


def close_store(store: Store) -> None:
    """Write the log back into the file and let others have it."""
    try:
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise unavailable(store.path, error) from error
    finally:
        store.connection.close()
        store.lock.release()


def connect(path: Path) -> sqlite3.Connection:
    """Connect; transactions are ours to begin and end."""
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        # One thread at a time uses it, though not always the one that made it.
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return connection


def read_head(connection: sqlite3.Connection) -> int:
    """Give the log's newest position."""
    row = connection.execute(HEAD).fetchone()
    return int(row[0]) if row else 0


def _take_lock(path: Path) -> FileLock:
    if not path.parent.is_dir():
        msg = f"The store {path} has no folder to be in; make {path.parent} first."
        raise EngineUnavailable(msg)
    where = path.with_name(f"{path.name}.lock")
    lock = FileLock(where, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        msg = (
            f"The store {path} is in use by another Relevo engine (it holds {where.name}). "
            "Stop that one, or give this one a file of its own."
        )
        raise EngineUnavailable(msg) from error
    except OSError as error:
        msg = (
            f"The store {path} cannot be locked ({error.strerror}). "
            "Check that its folder exists and may be written."
        )
        raise EngineUnavailable(msg) from error
    return lock


def _set_up(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        msg = f"SQLite answered journal mode {mode!r} where WAL is needed; use a local disk."
        raise EngineUnavailable(msg)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEEP_BYTES}")


def check_ours(path: Path, connection: sqlite3.Connection) -> int | None:
    """Give the schema of a store, None for an empty file.

    Raises:
        EngineUnavailable: It is another program's, or of a Relevo newer than this one.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and owner != APPLICATION_ID:
        msg = f"{path} is a database of another program; give Relevo a file of its own."
        raise EngineUnavailable(msg)
    if version > SCHEMA_VERSION:
        msg = (
            f"The store {path} has schema {version}, this Relevo knows {SCHEMA_VERSION}. "
            "Use the newer Relevo that wrote it."
        )
        raise EngineUnavailable(msg)
    return int(version) if tables else None


def _create(path: Path, connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file."""
    if check_ours(path, connection) is not None:
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in creation(sqlite_dialect.dialect()):
        connection.execute(statement)
    epoch = secrets.token_hex(_EPOCH_BYTES)
    connection.execute("INSERT INTO meta (name, value) VALUES ('epoch', ?)", (epoch,))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _begin(connection: sqlite3.Connection, clock: Clock) -> str:
    """Take back every lease: with the lock in hand, nobody can hold one."""
    connection.execute("BEGIN IMMEDIATE")
    take_back_all(SqliteRows(connection), clock())
    connection.execute("COMMIT")
    row = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    return str(row[0])
