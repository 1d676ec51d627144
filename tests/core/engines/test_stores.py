"""Stores as a whole: what a look tells, and copies that lose and change nothing."""

# ruff: noqa: S608 - statements are joined from our own tables' names

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import asyncpg
import pytest
from sqlalchemy import Column, LargeBinary, Table
from sqlalchemy.types import TypeEngine
from tests.postgres_fixtures import EVERY_POSTGRES, execute

from relevo.engines.revisions import presence_key
from relevo.engines.schema import FLAG, JSON, MESSAGE_ID, NUMBER, REVISION, WORD
from relevo.engines.sqlite.locking import take_lock
from relevo.engines.stores.copying import TABLES, copy_store
from relevo.engines.stores.finding import find_store
from relevo.engines.stores.postgres import PostgresStore
from relevo.engines.stores.postgres_place import name_without_secrets
from relevo.engines.stores.sqlite import SqliteStore
from relevo.errors import ConfigurationError, EngineError, EngineUnavailable

ROWS = 2_300
"""More than two batches."""
PURGED = 5
NASTY = 'ñ 🚀 \t"\\ \x01 {}, NULL'
LAST_NUMBER = 9_999


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def _words(column: Column[Any], number: int) -> str:
    return f"{column.name} {number} {NASTY}"


def _json(column: Column[Any], number: int) -> str:
    return json.dumps({"b": number, "a": f"{column.name} {NASTY} \0"}, ensure_ascii=False)


def _number(column: Column[Any], number: int) -> int:
    if column.foreign_keys:
        return PURGED + 1 + number % ROWS
    return 2**62 - number if column.name == "token" else PURGED + 1 + number


VALUES: list[tuple[TypeEngine[Any], Callable[[Column[Any], int], Any]]] = [
    (MESSAGE_ID, lambda _, number: str(UUID(int=number))),
    (FLAG, lambda _, number: number % 2),
    (NUMBER, _number),
    (JSON, _json),
    (WORD, _words),
]


def _value(column: Column[Any], number: int) -> Any:
    for kind, make in VALUES:
        if column.type is kind:
            return make(column, number)
    assert isinstance(column.type, LargeBinary)
    return bytes(range(256)) * 4


def _rows(table: Table) -> Iterator[tuple[Any, ...]]:
    """Rows with every kind of value; what may be null sometimes is."""
    many = 3 if table.name in {"meta", "lane"} else ROWS
    for number in range(many):
        yield tuple(
            None if column.nullable and number % 3 == index % 3 else _value(column, number)
            for index, column in enumerate(table.columns)
        )


@pytest.fixture
async def full(tmp_path: Path) -> SqliteStore:
    """A store with rows in every table, whose log was purged at the beginning and the end."""
    path = tmp_path / "full.db"
    store = SqliteStore(path)
    await store.upgrade()
    with closing(_connect(path)) as connection:
        connection.execute("BEGIN")
        for table in TABLES:
            places = ", ".join("?" for _ in table.columns)
            connection.executemany(f"INSERT INTO {table.name} VALUES ({places})", _rows(table))
        connection.execute("UPDATE sqlite_sequence SET seq = ?", (LAST_NUMBER,))
        connection.execute("INSERT INTO meta VALUES ('floor', ?)", (str(PURGED),))
        connection.execute("COMMIT")
    return store


def _dump(store: SqliteStore) -> dict[str, list[tuple[Any, ...]]]:
    names = [table.name for table in TABLES] + ["sqlite_sequence"]
    with closing(_connect(Path(store.name))) as connection:
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names
        }


def _unheard(table: str, done: int, total: int) -> None:
    assert 0 <= done <= total, table


@pytest.mark.anyio
@pytest.mark.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)
async def test_copy_there_and_back_changes_nothing(
    full: SqliteStore, postgres_dsn: str, tmp_path: Path
) -> None:
    """Every kind of value survives both databases; so do the epoch, the head and all numbers."""
    there, back = PostgresStore(postgres_dsn), SqliteStore(tmp_path / "back.db")
    copied = await copy_store(full, there, _unheard)
    assert set(copied) == {table.name for table in TABLES}
    assert all(copied.values())
    state, before = await there.look(), await full.look()
    assert (state.epoch, state.head, state.floor) == (before.epoch, before.head, before.floor)
    assert (state.head, state.floor) == (LAST_NUMBER, PURGED)
    await copy_store(there, back, _unheard)
    assert _dump(back) == _dump(full)


@pytest.mark.anyio
async def test_copy_to_postgres_goes_on_above_the_highest_numbers(
    full: SqliteStore, postgres_dsn: str
) -> None:
    await copy_store(full, PostgresStore(postgres_dsn), _unheard)
    await execute(
        postgres_dsn,
        "INSERT INTO shelf (account, provider_message_id, news, shelved_at)"
        " VALUES ('new', '', '{}', 1)",
    )
    connection = await asyncpg.connect(postgres_dsn)
    try:
        new = await connection.fetchval("SELECT shelf_id FROM shelf WHERE account = 'new'")
    finally:
        await connection.close()
    assert new == LAST_NUMBER + 1


@pytest.mark.anyio
async def test_events_without_position_get_the_next_ones_in_their_order(
    postgres_dsn: str, tmp_path: Path
) -> None:
    source, target = PostgresStore(postgres_dsn), SqliteStore(tmp_path / "copy.db")
    await source.upgrade()
    await execute(
        postgres_dsn,
        "INSERT INTO event VALUES (7, 'placed', 'a', NULL, NULL, 1, '{}')",
        "UPDATE event_head SET position = 8",
        *(
            f"INSERT INTO event_in VALUES ({number}, 'late {number}', 'a', NULL, NULL, 1, '{{}}')"
            for number in (12, 3, 5)
        ),
    )
    copied = await copy_store(source, target, _unheard)
    assert copied["event"] == 4
    with closing(_connect(tmp_path / "copy.db")) as connection:
        rows = connection.execute("SELECT position, type FROM event ORDER BY position").fetchall()
    assert rows == [(7, "placed"), (9, "late 3"), (10, "late 5"), (11, "late 12")]
    assert (await target.look()).head == 11
    assert (await source.look()).waiting["events without position"] == 3


@pytest.mark.anyio
async def test_failed_copy_leaves_nothing(full: SqliteStore, postgres_dsn: str) -> None:
    target = PostgresStore(postgres_dsn)

    def fail(table: str, done: int, total: int) -> None:
        if table == "event" and done == total:
            msg = "cut"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="cut"):
        await copy_store(full, target, fail)
    assert (await target.look()).revision is None
    assert (await copy_store(full, target, _unheard))["event"] == ROWS


@pytest.mark.anyio
async def test_failed_copy_into_a_file_leaves_no_file(full: SqliteStore, tmp_path: Path) -> None:
    new, there = tmp_path / "new.db", SqliteStore(tmp_path / "there.db")
    await there.upgrade()
    before = _dump(there)

    def fail(table: str, done: int, total: int) -> None:
        if table == "event" and done == total:
            msg = "cut"
            raise RuntimeError(msg)

    for target in (SqliteStore(new), there):
        with pytest.raises(RuntimeError, match="cut"):
            await copy_store(full, target, fail)
    assert not new.exists()
    assert _dump(there) == before


@pytest.mark.anyio
async def test_rows_that_do_not_arrive_undo_the_copy(full: SqliteStore, postgres_dsn: str) -> None:
    """A trigger that drops rows stands for whatever could."""
    target = PostgresStore(postgres_dsn)
    await target.upgrade()
    await execute(
        postgres_dsn,
        "CREATE FUNCTION drop_one() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN CASE WHEN NEW.outage_id = 9 THEN NULL ELSE NEW END; END $$",
        "CREATE TRIGGER dropping BEFORE INSERT ON outage FOR EACH ROW EXECUTE FUNCTION drop_one()",
    )
    arrived = ROWS - 1
    with pytest.raises(EngineError, match=rf"outage has {ROWS} rows.*{arrived} arrived"):
        await copy_store(full, target, _unheard)
    assert (await target.look()).head == 0


@pytest.mark.anyio
async def test_target_with_rows_is_refused(full: SqliteStore, postgres_dsn: str) -> None:
    target = PostgresStore(postgres_dsn)
    await target.upgrade()
    await execute(postgres_dsn, "INSERT INTO account (account) VALUES ('vertice')")
    with pytest.raises(EngineUnavailable, match=r"not empty.*account"):
        await copy_store(full, target, _unheard)


@pytest.mark.anyio
async def test_store_in_use_is_copied_neither_from_nor_to(
    full: SqliteStore, postgres_dsn: str, tmp_path: Path
) -> None:
    away, other = PostgresStore(postgres_dsn), SqliteStore(tmp_path / "other.db")
    await away.upgrade()
    engine = await asyncpg.connect(postgres_dsn)
    try:
        key = presence_key(str(await engine.fetchval("SELECT current_schema()")))
        await engine.execute("SELECT pg_advisory_lock_shared($1)", key)
        assert (await away.look()).in_use
        for source, target in ((full, away), (away, other)):
            with pytest.raises(EngineUnavailable, match=r"in use.*Stop"):
                await copy_store(source, target, _unheard)
        with pytest.raises(EngineUnavailable, match=r"in use.*Stop"):
            await away.renew_epoch()
    finally:
        await engine.close()
    lock = take_lock(Path(full.name))
    try:
        assert (await full.look()).in_use
        with pytest.raises(EngineUnavailable, match=r"in use.*Stop"):
            await copy_store(full, away, _unheard)
        with pytest.raises(EngineUnavailable, match=r"in use.*Stop"):
            await full.renew_epoch()
    finally:
        lock.release()
    assert not (await full.look()).in_use
    assert not (await away.look()).in_use


@pytest.mark.anyio
async def test_store_cannot_be_copied_into_itself(full: SqliteStore) -> None:
    with pytest.raises(ConfigurationError, match="itself"):
        await copy_store(full, SqliteStore(Path(full.name)), _unheard)


@pytest.mark.anyio
async def test_missing_store_is_no_source_and_is_not_made(tmp_path: Path) -> None:
    missing, target = SqliteStore(tmp_path / "missing.db"), SqliteStore(tmp_path / "target.db")
    with pytest.raises(EngineUnavailable, match="no store yet"):
        await missing.renew_epoch()
    with pytest.raises(EngineUnavailable, match="no store yet"):
        await copy_store(missing, target, _unheard)
    assert [file async for file in anyio.Path(tmp_path).glob("*.db")] == []


@pytest.mark.anyio
async def test_new_epoch_is_another_one_and_nothing_else(
    full: SqliteStore, postgres_dsn: str
) -> None:
    before = _dump(full)
    old, new = await full.renew_epoch()
    assert old != new
    after = _dump(full)
    assert ("epoch", new) in after.pop("meta")
    assert ("epoch", old) in before.pop("meta")
    assert after == before
    away = PostgresStore(postgres_dsn)
    await away.upgrade()
    old, new = await away.renew_epoch()
    assert old != new
    assert (await away.look()).epoch == new


@pytest.mark.anyio
async def test_look_tells_a_store_that_is_not_there_from_one_that_is(
    tmp_path: Path, postgres_dsn: str
) -> None:
    for store in (SqliteStore(tmp_path / "relevo.db"), PostgresStore(postgres_dsn)):
        assert (await store.look()).revision is None
        await store.upgrade()
        state = await store.look()
        assert (state.revision, state.head, state.floor) == (REVISION, 0, 0)
        assert state.epoch
        assert state.waiting["pending webhooks"] == 0


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("postgresql://u:pw@h:5432/d?search_path=s", "postgresql://h:5432/d?search_path=s"),
        ("postgresql://h/d?password=pw&user=u&search_path=s", "postgresql://h/d?search_path=s"),
        ("postgres://u:pw@/d?host=/run/pg", "postgres:///d?host=/run/pg"),
        ("postgresql://u:p@w@h/d", "postgresql"),
        ("postgresql://u:p/w@h/d", "postgresql"),
        ("postgresql://u:p?w@h/d", "postgresql"),
        ("postgresql://u:p#w@h/d", "postgresql"),
    ],
)
def test_name_of_a_postgres_store_has_no_secret(address: str, name: str) -> None:
    assert name_without_secrets(address) == name
    assert find_store(address).name == name


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("postgresql://u:canary@127.0.0.1:1/d", EngineUnavailable),
        ("postgresql://u:can/ary@127.0.0.1/d", ConfigurationError),
        ("postgresql://u:can#ary@127.0.0.1/d", ConfigurationError),
        ("postgresql://nobody:canary@127.0.0.1:5432/canary_is_no_database", EngineUnavailable),
    ],
)
async def test_failure_to_connect_shows_no_secret(
    address: str, kind: type[Exception], postgres_15: str | None
) -> None:
    if "5432" in address and postgres_15 is None:
        pytest.skip("no server at 127.0.0.1:5432")
    with pytest.raises(kind) as caught:
        await find_store(address).look()
    assert "canary" not in str(caught.value).replace("canary_is_no_database", "")
    assert "ary@" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("memory", "keeps nothing"),
        ("mysql://u:canary@h/d", "'mysql'"),
        ("sqlite://relevo.db", "sqlite:///relevo.db"),
    ],
)
def test_address_without_a_store_is_refused(address: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        find_store(address)
    assert "canary" not in str(caught.value)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, extra in (("sqlite", "sqlite"), ("postgres", "postgres")):
        monkeypatch.setitem(sys.modules, f"relevo.engines.stores.{kind}", None)
        with pytest.raises(ConfigurationError, match=rf"relevo\[{extra}\]"):
            find_store(f"{kind}:///relevo")
