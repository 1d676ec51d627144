"""Open the one file: its lock, its settings, its tables, and what a crash left behind."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import SecretStr

from relevo.engines.port import Clock
from relevo.engines.revisions import make_seal
from relevo.engines.sqlite import facts
from relevo.engines.sqlite.cursor_rows import FREE_CURSORS
from relevo.engines.sqlite.faults import unavailable
from relevo.engines.sqlite.locking import OWNER_ONLY, take_lock
from relevo.engines.sqlite.media_rows import DUE_AGAIN
from relevo.engines.sqlite.preparing import prepare
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.steps.claiming import take_back_all
from relevo.errors import EngineUnavailable

_BUSY_MS = 5_000
_WAL_KEEP_BYTES = 64 * 1024 * 1024
_STATEMENTS = 256
_CACHE_KIB = 64 * 1024
# Fewer checkpoints write a page that changes all the time less often into the file.
_CHECKPOINT_PAGES = 4_000
_TAKE_WEBHOOKS_BACK = "UPDATE webhook SET taken_until = NULL WHERE state = 'pending'"
HEAD = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"


@dataclass(frozen=True, slots=True)
class Store:
    """An open file that nobody else has open."""

    path: Path
    connection: sqlite3.Connection
    lock: FileLock
    epoch: str
    head: int
    seal: SecretStr


def open_store(path: Path, clock: Clock) -> Store:
    """Open or make the file, and take back what an earlier process held.

    Raises:
        EngineUnavailable: Another process has it, or it is not ours or not usable.
    """
    lock = take_lock(path)
    try:
        _make_private(path)
        connection = connect(path)
        try:
            _set_up(connection)
            prepare(path, connection, connect)
            _begin(connection, clock)
            epoch = facts.read_fact(connection, facts.EPOCH) or ""
            seal = SecretStr(facts.read_fact(connection, facts.SEAL) or "")
            return Store(path, connection, lock, epoch, read_head(connection), seal)
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


def _make_private(path: Path) -> None:
    """Make the file for its owner alone; SQLite gives what it makes beside it the same rights."""
    # One that is there keeps its rights; what else is wrong, SQLite says in a moment.
    with suppress(OSError):
        path.touch(mode=OWNER_ONLY, exist_ok=False)


def _set_up(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        msg = f"SQLite answered journal mode {mode!r} where WAL is needed; use a local disk."
        raise EngineUnavailable(msg)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Copies of pages for savepoints would go through a file otherwise.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEEP_BYTES}")


def _begin(connection: sqlite3.Connection, clock: Clock) -> None:
    """Take back every lease and webhook: with the lock in hand, nobody can hold one."""
    connection.execute("BEGIN IMMEDIATE")
    rows = SqliteRows(connection)
    take_back_all(rows, clock())
    rows.write_log()
    connection.execute(_TAKE_WEBHOOKS_BACK)
    connection.execute(FREE_CURSORS)
    connection.execute(DUE_AGAIN)
    if facts.read_fact(connection, facts.SEAL) is None:
        facts.keep_fact(connection, facts.SEAL, make_seal().get_secret_value())
    connection.execute("COMMIT")
