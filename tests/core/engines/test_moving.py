"""Moving between engines: what waited goes on, readers of the log stay where they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.postgres_fixtures import EVERY_POSTGRES

from relevo.engines.postgres import PostgresEngine
from relevo.engines.records import Begin, Scope
from relevo.engines.sqlite import SqliteEngine
from relevo.engines.stores.copying import copy_store
from relevo.engines.stores.postgres import PostgresStore
from relevo.engines.stores.sqlite import SqliteStore
from relevo.errors import EngineUnavailable
from relevo.events import DeliveryStatus, PersonUpdate
from relevo.keys import make_key
from relevo.messages import Address
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.people import teach, tell
from relevo.testing.engine_rules.scene import SHOP, Scene


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _unheard(table: str, done: int, total: int) -> None:
    assert 0 <= done <= total, table


@pytest.mark.anyio
@pytest.mark.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)
async def test_work_goes_on_after_a_move_and_after_the_way_back(
    tmp_path: Path, postgres_dsn: str
) -> None:
    """A lane keeps its order, a cursor its place, and no number comes twice."""
    first, last = tmp_path / "first.db", tmp_path / "last.db"
    clock = FakeClock()
    async with SqliteEngine(first, clock=clock) as engine:
        scene = Scene(engine, clock)
        gone, second, third = [await scene.accept(text=text) for text in ("1", "2", "3")]
        await scene.hand_over(await scene.claim_one(), "v-1")
        log, epoch, seal = await engine.events(0), engine.epoch, engine.seal
        lease = await engine.take_cursor("crm", "worker-1", lease_s=20, begin=Begin.START)
        assert lease is not None
        await engine.move_cursor(lease.at(2), lease_s=20)
        await engine.release_cursor(lease)
    await copy_store(SqliteStore(first), PostgresStore(postgres_dsn), _unheard)
    async with PostgresEngine(postgres_dsn, clock=clock) as engine:
        scene = Scene(engine, clock)
        assert (engine.epoch, await engine.events(0)) == (epoch, log)
        assert engine.seal == seal
        lease = await engine.take_cursor("crm", "worker-2", lease_s=20)
        assert lease is not None
        assert (lease.position, lease.epoch) == (2, epoch)
        await engine.move_cursor(lease.at(3), lease_s=20)
        claim = await scene.claim_one()
        assert claim.message.message_id == second.message_id
        await scene.hand_over(claim, "v-2")
        await engine.wait_for_events(len(log), 5)
        record = await engine.message(gone.message_id)
        assert (record.status, record.provider_message_id) == (DeliveryStatus.ACCEPTED, "v-1")
        head = await engine.head()
        assert head > len(log)
    await copy_store(PostgresStore(postgres_dsn), SqliteStore(last), _unheard)
    async with SqliteEngine(last, clock=clock) as engine:
        scene = Scene(engine, clock)
        assert [one.position for one in await engine.cursors()] == [3]
        later = await engine.events(len(log))
        assert [event.position for event in later] == list(range(len(log) + 1, head + 1))
        assert (await scene.claim_one()).message.message_id == third.message_id
        assert (await scene.accept(person="eva")).sequence > third.sequence


@pytest.mark.anyio
async def test_engine_that_is_open_keeps_the_db_commands_out(postgres_dsn: str) -> None:
    async with PostgresEngine(postgres_dsn):
        store = PostgresStore(postgres_dsn)
        assert (await store.look()).in_use
        with pytest.raises(EngineUnavailable, match=r"in use.*Stop"):
            await store.renew_epoch()
    assert not (await store.look()).in_use
    await store.renew_epoch()


@pytest.mark.anyio
async def test_engine_is_not_opened_while_its_store_is_copied(postgres_dsn: str) -> None:
    store = PostgresStore(postgres_dsn)
    await store.upgrade()
    async with store.reading():
        with pytest.raises(EngineUnavailable, match="alone"):
            async with PostgresEngine(postgres_dsn):
                pass
    async with PostgresEngine(postgres_dsn) as engine:
        assert await engine.head() == 0


@pytest.mark.anyio
async def test_older_postgres_store_is_upgraded_and_keeps_its_messages(
    postgres_dsn: str, request: pytest.FixtureRequest
) -> None:
    async with PostgresEngine(postgres_dsn) as engine:
        kept = await Scene(engine, FakeClock()).accept()
    request.getfixturevalue("next_revision")
    async with PostgresEngine(postgres_dsn) as engine:
        assert (await engine.message(kept.message_id)).content == kept.content
    assert (await PostgresStore(postgres_dsn).look()).revision == "0002"


@pytest.mark.anyio
async def test_who_is_who_and_what_they_want_moves_too(tmp_path: Path, postgres_dsn: str) -> None:
    """Threads stay one, also on the way back."""
    first, last = tmp_path / "first.db", tmp_path / "last.db"
    clock = FakeClock()
    async with SqliteEngine(first, clock=clock) as engine:
        scene = Scene(engine, clock)
        record = await scene.accept("ana")
        await scene.hear_from("ana-2")
        await teach(scene, "ana", "ana-2")
        unwanted = PersonUpdate(
            Address("test", "ana"), "preference", category="marketing", allowed=False
        )
        await tell(scene, unwanted, "ana")
        known = await engine.person(SHOP, "test:ana-2")
        assert (len(known.preferences), known.conversation is not None) == (1, True)
    await copy_store(SqliteStore(first), PostgresStore(postgres_dsn), _unheard)
    await copy_store(PostgresStore(postgres_dsn), SqliteStore(last), _unheard)
    for store in (PostgresEngine(postgres_dsn, clock=clock), SqliteEngine(last, clock=clock)):
        async with store as engine:
            assert await engine.person(SHOP, "test:ana-2") == known
            assert await engine.conversation(record.conversation_id) == known


@pytest.mark.anyio
async def test_keys_move_too(tmp_path: Path, postgres_dsn: str) -> None:
    """Who could use the API still can, and who could not still cannot."""
    first, last = tmp_path / "first.db", tmp_path / "last.db"
    clock = FakeClock()
    async with SqliteEngine(first, clock=clock) as engine:
        for accounts in (None, [SHOP]):
            _, key = make_key(name="app", scopes=[Scope.READ], accounts=accounts, now=clock())
            await engine.add_key(key)
        await engine.revoke_key(key.key_id)
        known = await engine.keys()
    await copy_store(SqliteStore(first), PostgresStore(postgres_dsn), _unheard)
    await copy_store(PostgresStore(postgres_dsn), SqliteStore(last), _unheard)
    for store in (PostgresEngine(postgres_dsn, clock=clock), SqliteEngine(last, clock=clock)):
        async with store as engine:
            assert await engine.keys() == known
