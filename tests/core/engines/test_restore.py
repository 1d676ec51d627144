"""The backups that docs/operations.md tells of can be restored, and are as whole as it says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from tests.postgres_fixtures import execute
from tests.postgres_server import PostgresServer

from relevo.engines.stores.postgres import PostgresStore
from relevo.engines.stores.sqlite import SqliteStore

EVENT = "INSERT INTO event VALUES (41, 't', 'a', NULL, NULL, 1, '{}')"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_sqlite_backup_of_a_file_in_use_is_a_whole_store(tmp_path: Path) -> None:
    """Also what stands only in the file beside it; the log goes on above its highest position."""
    path, backup = tmp_path / "relevo.db", tmp_path / "backup.db"
    await SqliteStore(path).upgrade()
    with closing(sqlite3.connect(path, isolation_level=None)) as server:
        server.execute("PRAGMA journal_mode = WAL")
        server.execute(EVENT)
        server.execute("DELETE FROM event")
        with closing(sqlite3.connect(path)) as operator:
            operator.execute("VACUUM INTO ?", (str(backup),))
    before, after = await SqliteStore(path).look(), await SqliteStore(backup).look()
    assert (after.revision, after.epoch, after.head) == (before.revision, before.epoch, 41)
    _, epoch = await SqliteStore(backup).renew_epoch()
    assert (await SqliteStore(backup).look()).epoch == epoch != before.epoch


@pytest.mark.anyio
async def test_postgres_dump_restores_a_whole_store(private_postgres: PostgresServer) -> None:
    server = private_postgres
    await execute(server.dsn, "CREATE DATABASE kept", "CREATE DATABASE restored")
    kept, restored = (
        f"{server.dsn.removesuffix('postgres')}{name}" for name in ("kept", "restored")
    )
    await PostgresStore(kept).upgrade()
    await execute(kept, EVENT, "UPDATE event_head SET position = 42")
    await execute(kept, "SELECT setval('message_sequence_seq', 7)")
    dump = server.home / "relevo.dump"
    for words in (
        ["pg_dump", "--format=custom", f"--file={dump}", kept],
        ["pg_restore", "--no-owner", f"--dbname={restored}", str(dump)],
    ):
        done = await anyio.run_process([str(server.programs / words[0]), *words[1:]], check=False)
        assert done.returncode == 0, done.stderr
    before, after = await PostgresStore(kept).look(), await PostgresStore(restored).look()
    assert (after.revision, after.epoch, after.head) == (before.revision, before.epoch, 42)
    async with PostgresStore(restored).reading() as reader:
        assert (await reader.counters()).rows["message"] == 7
    _, epoch = await PostgresStore(restored).renew_epoch()
    assert (await PostgresStore(restored).look()).epoch == epoch != before.epoch
