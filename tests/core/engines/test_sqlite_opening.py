"""Opening the one file: who may, what it must be, and words that say what to do."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import anyio
import pytest
from sqlalchemy.dialects import sqlite as sqlite_dialect

from relevo.engines.schema import tables_of
from relevo.engines.sqlite import SqliteEngine
from relevo.engines.sqlite.preparing import APPLICATION_ID
from relevo.errors import ConfigurationError, EngineUnavailable
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import Scene
from relevo.webhooks import WebhookRequest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relevo.db"


async def _refusal(path: Path) -> str:
    with pytest.raises(EngineUnavailable) as caught:
        async with SqliteEngine(path):
            pass
    return str(caught.value)


@pytest.mark.anyio
async def test_second_engine_is_refused_until_the_first_closes(path: Path) -> None:
    async with SqliteEngine(path):
        refusal = await _refusal(path)
        assert str(path) in refusal
        assert "Stop that one" in refusal
        # Another name of the same file is the same file.
        alias = path.with_name("alias.db")
        alias.symlink_to(path)
        assert str(path) in await _refusal(alias)
    async with SqliteEngine(path) as engine:
        assert await engine.head() == 0


@pytest.mark.anyio
async def test_refused_opening_leaves_no_lock_behind(path: Path) -> None:
    await anyio.Path(path).write_bytes(b"this is no database, however long it is " * 50)
    assert "no SQLite database" in await _refusal(path)
    await anyio.Path(path).unlink()
    async with SqliteEngine(path) as engine:
        assert await engine.head() == 0


@pytest.mark.anyio
async def test_store_of_a_newer_relevo_is_refused(path: Path) -> None:
    async with SqliteEngine(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    refusal = await _refusal(path)
    assert "revision 9999" in refusal
    assert "newer Relevo" in refusal


@pytest.mark.anyio
async def test_webhooks_in_hand_at_a_crash_are_pending_again_at_once(path: Path) -> None:
    """Whoever had them is gone: their echoes must not wait until the hand would have let go."""
    async with SqliteEngine(path) as engine:
        kept = await engine.keep_webhook("shop", WebhookRequest("POST", "/", b"{}"))
        assert [one.webhook_id for one in await engine.pending_webhooks(10)] == [kept]
        assert await engine.pending_webhooks(10) == []
    async with SqliteEngine(path) as engine:
        assert [one.webhook_id for one in await engine.pending_webhooks(10)] == [kept]


@pytest.mark.anyio
async def test_older_store_is_upgraded_and_keeps_its_messages(
    path: Path, request: pytest.FixtureRequest
) -> None:
    async with SqliteEngine(path) as engine:
        kept = await Scene(engine, FakeClock()).accept()
        epoch = engine.epoch
    newest = request.getfixturevalue("next_revision")
    async with SqliteEngine(path) as engine:
        assert (await engine.message(kept.message_id)).content == kept.content
        assert (engine.epoch, await engine.head()) == (epoch, 1)
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    assert found == [(newest,)]


@pytest.mark.anyio
async def test_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    assert "another program" in await _refusal(path)
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    connection.close()
    assert tables == [("theirs",)]


@pytest.mark.anyio
async def test_missing_folder_is_named(tmp_path: Path) -> None:
    refusal = await _refusal(tmp_path / "nowhere" / "relevo.db")
    assert "nowhere" in refusal
    assert "make" in refusal


def test_memory_is_no_file() -> None:
    with pytest.raises(ConfigurationError, match="memory engine"):
        SqliteEngine(":memory:")


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_trio_is_told_to_use_the_memory_engine(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="memory engine"):
        async with SqliteEngine(path):
            pass


@pytest.mark.anyio
async def test_file_has_the_schemas_tables_and_settings(path: Path) -> None:
    """Durable before the answer: every commit waits for the disk."""
    async with SqliteEngine(path) as engine:
        assert engine._parts is not None
        connection = engine._parts.store.connection
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "application_id")
        }
        full = 2
        assert settings == {
            "journal_mode": "wal",
            "synchronous": full,
            "foreign_keys": 1,
            "application_id": APPLICATION_ID,
        }
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        tables = {name for (name,) in rows if not name.startswith("sqlite_")}
        ours = {table.name for table in tables_of(sqlite_dialect.dialect())}
        assert tables == {*ours, "alembic_version"}


@pytest.mark.anyio
async def test_engine_that_is_not_open_says_so(path: Path) -> None:
    engine = SqliteEngine(path)
    with pytest.raises(EngineUnavailable, match="not open"):
        await engine.head()
    async with engine:
        with pytest.raises(EngineUnavailable, match="open already"):
            await engine.__aenter__()
        assert await engine.head() == 0
    with pytest.raises(EngineUnavailable, match="not open"):
        await Scene(engine, FakeClock()).accept()


@pytest.mark.anyio
async def test_positions_never_come_twice(path: Path) -> None:
    """Also after old events were deleted."""
    async with SqliteEngine(path) as engine:
        scene = Scene(engine, FakeClock())
        for _ in range(3):
            await scene.accept()
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM event")
    connection.commit()
    connection.close()
    async with SqliteEngine(path) as engine:
        assert await engine.head() == 3
        await Scene(engine, FakeClock()).accept()
        assert [event.position for event in await engine.events(0)] == [4]


def _rights(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@pytest.mark.anyio
async def test_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    """What people wrote stands in it, in its log and in what beside it is shared."""
    path = tmp_path / "relevo.db"
    before = os.umask(0o022)
    try:
        async with SqliteEngine(path) as engine:
            await engine.pulse()
            rights = _rights(tmp_path)
    finally:
        os.umask(before)
    assert set(rights) == {"relevo.db", "relevo.db-wal", "relevo.db-shm", "relevo.db.lock"}
    assert set(rights.values()) == {0o600}


@pytest.mark.anyio
async def test_rights_of_a_store_that_is_there_stay(tmp_path: Path) -> None:
    path = tmp_path / "relevo.db"
    path.touch()
    path.chmod(0o640)
    async with SqliteEngine(path):
        assert _rights(tmp_path)["relevo.db"] == 0o640
