"""Making a store at once and upgrading it revision by revision come to the same tables."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.ext.asyncio import create_async_engine
from tests.postgres_fixtures import EVERY_POSTGRES

from relevo.engines import schema
from relevo.engines.migrations import upgrading
from relevo.engines.postgres import preparing as postgres_preparing
from relevo.engines.sqlite import preparing as sqlite_preparing
from relevo.errors import EngineUnavailable

WHAT_TO_DO = (
    "schema.py and migrations/versions differ: write a revision for the change and name it in "
    "schema.REVISION (before the first release: change engines/migrations/first)"
)

# What says of a PostgreSQL schema everything that could differ.
CATALOG = (
    """SELECT table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
       character_maximum_length FROM information_schema.columns
       WHERE table_schema = current_schema()""",
    """SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = current_schema()::regnamespace""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    """SELECT relname, reloptions::text FROM pg_class
       WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace""",
    "SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = current_schema()",
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def _tables_in(path: Path) -> set[tuple[Any, ...]]:
    with closing(_connect(path)) as connection:
        return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))


def _upgrade_sqlite(path: Path, then: Any = None) -> Any:
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=NullPool)
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        upgrading.upgrade(connection)
        return then(connection) if then else None


def _differences(connection: Connection) -> list[Any]:
    """What Alembic itself would change, apart from what only the other database has."""
    here = connection.dialect.name

    def ours(item: Any, _name: str | None, kind: str, *_: object) -> bool:
        table = item if kind == "table" else getattr(item, "table", None)
        return table is None or table.info.get("only") in {None, here}

    context = MigrationContext.configure(
        connection, opts={"include_object": ours, "compare_type": True}
    )
    return list(compare_metadata(context, schema.metadata))


def test_revision_is_the_newest_of_one_line() -> None:
    scripts = ScriptDirectory.from_config(upgrading.settings())
    assert scripts.get_heads() == [schema.REVISION], WHAT_TO_DO


def test_sqlite_upgraded_from_nothing_is_as_if_made_at_once(tmp_path: Path) -> None:
    made, upgraded = tmp_path / "made.db", tmp_path / "upgraded.db"
    with closing(_connect(made)) as connection:
        sqlite_preparing.prepare(made, connection, _connect)
    assert _upgrade_sqlite(upgraded, _differences) == [], WHAT_TO_DO
    assert _tables_in(upgraded) == _tables_in(made), WHAT_TO_DO
    tables = [sql for kind, name, _, sql in _tables_in(made) if kind == "table" and name == "lane"]
    assert "STRICT" in tables[0]
    assert "WITHOUT ROWID" in tables[0]


async def _catalog(dsn: str) -> list[set[str]]:
    """The schema's own name is left out of what it says of itself."""
    connection = await asyncpg.connect(dsn)
    try:
        name = str(await connection.fetchval("SELECT current_schema()"))
        answers = [await connection.fetch(question) for question in CATALOG]
    finally:
        await connection.close()
    return [{str(tuple(row)).replace(name, "here") for row in rows} for rows in answers]


async def _upgrade_postgres(dsn: str, then: Any = None) -> Any:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(upgrading.upgrade)
        return await connection.run_sync(then) if then else None


async def _prepare_postgres(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await postgres_preparing.prepare(connection, dsn)
    finally:
        await connection.close()


async def _ask(dsn: str, question: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(question)]
    finally:
        await connection.close()


@pytest.mark.anyio
@pytest.mark.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)
async def test_postgres_upgraded_from_nothing_is_as_if_made_at_once(postgres_dsn: str) -> None:
    await _prepare_postgres(postgres_dsn)
    made = await _catalog(postgres_dsn)
    [(name,)] = await _ask(postgres_dsn, "SELECT current_schema()")
    await _ask(postgres_dsn, f"DROP SCHEMA {name} CASCADE")
    await _ask(postgres_dsn, f"CREATE SCHEMA {name}")
    assert await _upgrade_postgres(postgres_dsn, _differences) == [], WHAT_TO_DO
    assert await _catalog(postgres_dsn) == made, WHAT_TO_DO
    assert all(made)


def _prepare_sqlite(path: Path) -> None:
    with closing(_connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        sqlite_preparing.prepare(path, connection, _connect)


ROWS = (
    "INSERT INTO account (account) VALUES ('vertice')",
    "INSERT INTO echo VALUES ('vertice', 1, 2)",
)
AFTER = "SELECT account.account, nickname, slow FROM account JOIN echo USING (account)"
KEPT = [("vertice", "VERTICE", 2)]


def test_older_sqlite_store_is_upgraded_and_keeps_its_rows(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "relevo.db"
    _prepare_sqlite(path)
    with closing(_connect(path)) as connection:
        for row in ROWS:
            connection.execute(row)
    found = request.getfixturevalue("next_revision")
    for _ in range(2):
        _prepare_sqlite(path)
        with closing(_connect(path)) as connection:
            assert sqlite_preparing.read_revision(path, connection) == found
            assert connection.execute(AFTER).fetchall() == KEPT
            [(sql,)] = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'echo'")
            assert "STRICT" in sql
            assert "WITHOUT ROWID" in sql


@pytest.mark.anyio
@pytest.mark.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)
async def test_older_postgres_store_is_upgraded_once_by_many(
    postgres_dsn: str, request: pytest.FixtureRequest
) -> None:
    """Machines that start together: one makes or upgrades, the others wait for it."""
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(_prepare_postgres, postgres_dsn)
    for row in ROWS:
        await _ask(postgres_dsn, row)
    [epoch] = await _ask(postgres_dsn, "SELECT value FROM meta WHERE name = 'epoch'")
    assert await _ask(postgres_dsn, "SELECT * FROM event_head") == [(1, 0)]
    found = request.getfixturevalue("next_revision")
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(_prepare_postgres, postgres_dsn)
    assert await _ask(postgres_dsn, "SELECT version_num FROM alembic_version") == [(found,)]
    assert await _ask(postgres_dsn, AFTER) == KEPT
    assert await _ask(postgres_dsn, "SELECT value FROM meta WHERE name = 'epoch'") == [epoch]


def test_failed_upgrade_leaves_the_sqlite_store_as_it_was(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "relevo.db"
    _prepare_sqlite(path)
    with closing(_connect(path)) as connection:
        # The next revision changes `account` first, and then finds no `echo`.
        connection.execute("DROP TABLE echo")
    before = _tables_in(path)
    request.getfixturevalue("next_revision")
    with pytest.raises(NoSuchTableError, match="echo"):
        _prepare_sqlite(path)
    assert _tables_in(path) == before


@pytest.mark.anyio
async def test_postgres_store_of_a_newer_relevo_is_refused(postgres_dsn: str) -> None:
    await _prepare_postgres(postgres_dsn)
    await _ask(postgres_dsn, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(EngineUnavailable, match=r"revision 9999.*newer Relevo"):
        await _prepare_postgres(postgres_dsn)


def test_sqlite_store_of_a_newer_relevo_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "relevo.db"
    _prepare_sqlite(path)
    with closing(_connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(EngineUnavailable, match=r"revision 9999.*newer Relevo"):
        _prepare_sqlite(path)


def test_sqlite_store_from_before_revisions_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "relevo.db"
    with closing(_connect(path)) as connection:
        connection.execute("CREATE TABLE meta (name TEXT, value TEXT)")
        connection.execute(f"PRAGMA application_id = {sqlite_preparing.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(EngineUnavailable, match=r"development version.*Move it away"):
        _prepare_sqlite(path)


@pytest.mark.anyio
async def test_postgres_tables_of_another_program_are_left_alone(postgres_dsn: str) -> None:
    await _ask(postgres_dsn, "CREATE TABLE message (theirs text)")
    with pytest.raises(EngineUnavailable, match=r"another program.*\(message\).*search_path="):
        await _prepare_postgres(postgres_dsn)
    assert await _ask(postgres_dsn, "SELECT * FROM message") == []


@pytest.mark.anyio
async def test_missing_postgres_schema_is_named(postgres_server: str) -> None:
    with pytest.raises(EngineUnavailable, match=r"CREATE SCHEMA nowhere"):
        await _prepare_postgres(f"{postgres_server}?search_path=nowhere")


def test_store_at_our_revision_needs_no_alembic(tmp_path: Path) -> None:
    """Making and opening a store is quick: the migrations are not even imported."""
    code = (
        "import sqlite3, sys; from pathlib import Path\n"
        "from relevo.engines.sqlite.preparing import prepare\n"
        "for _ in range(2):\n"
        "    path = Path(sys.argv[1])\n"
        "    prepare(path, sqlite3.connect(path, isolation_level=None), sqlite3.connect)\n"
        "print([name for name in sys.modules if name.startswith('alembic')])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "relevo.db"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"
