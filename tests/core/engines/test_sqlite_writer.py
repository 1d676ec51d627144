"""The one writer: many changes to a commit, answers only after it, trouble kept apart."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import anyio
import pytest

from relevo.engines.records import MessageQuery
from relevo.engines.sqlite import SqliteEngine
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.sqlite.writer import Writer
from relevo.engines.steps.accepting import accept
from relevo.errors import EngineBusy, EngineUnavailable, UnknownMessage
from relevo.events import DeliveryStatus
from relevo.messages import Address, Message
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import PROVIDER, SHOP, Scene

_PATIENCE_S = 30.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relevo.db"


@pytest.fixture
async def engine(path: Path) -> AsyncIterator[SqliteEngine]:
    async with SqliteEngine(path, FakeClock(), most_waiting=3) as engine:
        yield engine


@pytest.fixture
def scene(engine: SqliteEngine) -> Scene:
    return Scene(engine, FakeClock())


def _writer(engine: SqliteEngine) -> Writer:
    assert engine._parts is not None
    return engine._parts.writer


@contextmanager
def _held_up(engine: SqliteEngine) -> Iterator[None]:
    """Keep the writer busy inside a transaction until the block ends."""
    began, go_on = threading.Event(), threading.Event()

    def dawdle(rows: SqliteRows) -> None:
        del rows
        began.set()
        assert go_on.wait(_PATIENCE_S)

    _writer(engine).submit(dawdle)
    assert began.wait(_PATIENCE_S)
    try:
        yield
    finally:
        go_on.set()


async def _waiting(engine: SqliteEngine, changes: int) -> None:
    """Wait until so many changes wait for the writer."""
    with anyio.fail_after(_PATIENCE_S):
        while _writer(engine).waiting < changes:
            await anyio.sleep(0.001)


async def _texts(engine: SqliteEngine) -> set[str]:
    page = await engine.messages(MessageQuery())
    return {record.content.model_dump()["body"] for record in page.items}


@pytest.mark.anyio
async def test_changes_that_wait_share_one_commit(engine: SqliteEngine, scene: Scene) -> None:
    statements: list[str] = []
    assert engine._parts is not None
    async with anyio.create_task_group() as tasks:
        with _held_up(engine):
            for text in ("one", "two", "three"):
                tasks.start_soon(scene.accept, "ana", text)
            await _waiting(engine, 3)
            engine._parts.store.connection.set_trace_callback(statements.append)
    engine._parts.store.connection.set_trace_callback(None)
    assert statements.count("COMMIT") == 2  # the one that was held up, and theirs
    assert await _texts(engine) == {"one", "two", "three"}


@pytest.mark.anyio
async def test_failing_change_leaves_its_neighbours_alone(
    engine: SqliteEngine, scene: Scene
) -> None:
    """Within one commit."""
    refused: list[UnknownMessage] = []

    async def cancel_unknown() -> None:
        try:
            await engine.cancel(uuid4())
        except UnknownMessage as error:
            refused.append(error)

    async with anyio.create_task_group() as tasks:
        with _held_up(engine):
            tasks.start_soon(scene.accept, "ana", "one")
            await _waiting(engine, 1)
            tasks.start_soon(cancel_unknown)
            await _waiting(engine, 2)
            tasks.start_soon(scene.accept, "ana", "two")
            await _waiting(engine, 3)
    assert len(refused) == 1
    assert await _texts(engine) == {"one", "two"}
    assert [event.position for event in await engine.events(0)] == [1, 2]


@pytest.mark.anyio
async def test_change_that_fails_half_way_leaves_its_neighbours_alone(
    engine: SqliteEngine, scene: Scene
) -> None:
    """It is undone, and theirs are made again without it."""
    statements: list[str] = []
    assert engine._parts is not None

    def fail_half_way(rows: SqliteRows) -> None:
        message = Message(account=SHOP, to=Address("test", "ana"), text="lost")
        accept(rows, message, provider=PROVIDER, lane_key="test:ana", now=scene.clock())
        msg = "after it was half made"
        raise EngineUnavailable(msg)

    async with anyio.create_task_group() as tasks:
        with _held_up(engine):
            tasks.start_soon(scene.accept, "ana", "one")
            await _waiting(engine, 1)
            broken = _writer(engine).submit(fail_half_way)
            tasks.start_soon(scene.accept, "ana", "two")
            await _waiting(engine, 3)
            engine._parts.store.connection.set_trace_callback(statements.append)
    engine._parts.store.connection.set_trace_callback(None)
    with pytest.raises(EngineUnavailable, match="half made"):
        await broken
    assert "ROLLBACK" in statements
    assert await _texts(engine) == {"one", "two"}
    assert [event.position for event in await engine.events(0)] == [1, 2]
    assert await scene.everything_sent() == ["one", "two"]


@pytest.mark.anyio
async def test_failing_commit_fails_every_change_in_it(
    engine: SqliteEngine, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of them is kept, and the engine goes on."""
    refused: list[EngineUnavailable] = []

    def break_the_commit(rows: SqliteRows) -> None:
        rows._connection.execute("PRAGMA defer_foreign_keys = ON")
        rows._connection.execute("INSERT INTO delivery VALUES ('shop', 'ana', 99, 4711)")

    async def accept(text: str) -> None:
        try:
            await scene.accept("ana", text)
        except EngineUnavailable as error:
            refused.append(error)

    async with anyio.create_task_group() as tasks:
        with _held_up(engine):
            tasks.start_soon(accept, "one")
            await _waiting(engine, 1)
            broken = _writer(engine).submit(break_the_commit)
            tasks.start_soon(accept, "two")
            await _waiting(engine, 3)
    with pytest.raises(EngineUnavailable, match="SQLITE_CONSTRAINT") as caught:
        await broken
    assert "SQLite says: FOREIGN KEY constraint failed" in caught.value.message
    assert caught.value.message in caplog.text, "no outage: where it failed stands in the log"
    assert len(refused) == 2
    assert await _texts(engine) == set()
    assert await engine.head() == 0
    await scene.accept("ana", "three")
    assert await _texts(engine) == {"three"}


@pytest.mark.anyio
async def test_full_disk_stops_accepting_and_heals_by_itself(
    engine: SqliteEngine, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Reads go on; the pulse says what is wrong until a change can be kept again.

    The engine itself logs nothing of it: who waits for the store does, once.
    """
    assert engine._parts is not None
    connection = engine._parts.store.connection
    kept = await scene.accept("ana", "kept")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    async def fill() -> None:
        while True:
            await scene.accept("ana", "x" * 2000)

    with pytest.raises(EngineUnavailable, match="the disk is full"):
        await fill()
    await scene.claim(limit=0)
    assert _writer(engine).fault is not None, "a commit that writes nothing proves nothing"
    accepted = (await engine.pulse()).queued
    assert (await engine.message(kept.message_id)) == kept
    assert len((await engine.messages(MessageQuery(limit=200))).items) == accepted
    assert [event.position for event in await engine.events(0)] == list(range(1, accepted + 1))
    connection.execute("PRAGMA max_page_count = 100000")
    assert (await engine.pulse()).queued == accepted
    await scene.accept("ana", "after")
    assert "after" in await _texts(engine)
    assert caplog.records == []


@pytest.mark.anyio
async def test_pulse_fails_while_nothing_can_be_written(engine: SqliteEngine, scene: Scene) -> None:
    assert engine._parts is not None
    connection = engine._parts.store.connection
    record = await scene.accept("ana", "kept")
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(EngineUnavailable, match="may not be written"):
        await scene.accept("ana", "lost")
    with pytest.raises(EngineUnavailable, match="may not be written"):
        await engine.pulse()
    assert await engine.message(record.message_id) == record
    connection.execute("PRAGMA query_only = OFF")
    assert (await engine.pulse()).queued == 1


@pytest.mark.anyio
async def test_too_many_waiting_changes_refuse_new_messages_only(
    engine: SqliteEngine, scene: Scene
) -> None:
    """Nothing of a refused one is kept; claims and outcomes are always let in."""
    await scene.accept("bea", "sending")
    claim = await scene.claim_one()
    async with anyio.create_task_group() as tasks:
        with _held_up(engine):
            for text in ("one", "two", "three"):
                tasks.start_soon(scene.accept, "ana", text)
            await _waiting(engine, 3)
            with pytest.raises(EngineBusy, match="Try again"):
                await scene.accept("ana", "refused")
            tasks.start_soon(scene.hand_over, claim)
            await _waiting(engine, 4)
    assert await _texts(engine) == {"sending", "one", "two", "three"}
    assert (await engine.message(claim.message.message_id)).status is DeliveryStatus.ACCEPTED


@pytest.mark.anyio
async def test_change_is_kept_though_its_caller_gave_up(engine: SqliteEngine, scene: Scene) -> None:
    async with anyio.create_task_group() as tasks:
        with _held_up(engine):
            tasks.start_soon(scene.accept, "ana", "one")
            await _waiting(engine, 1)
            tasks.cancel_scope.cancel()
    await scene.accept("bea", "two")
    assert await _texts(engine) == {"one", "two"}


@pytest.mark.anyio
async def test_claim_whose_caller_gave_up_is_given_back(engine: SqliteEngine, scene: Scene) -> None:
    """Nothing was sent, so nothing is in doubt; no try is used up."""
    record = await scene.accept()
    async with anyio.create_task_group() as tasks:
        with _held_up(engine):
            tasks.start_soon(scene.claim)
            await _waiting(engine, 1)
            tasks.cancel_scope.cancel()
    assert await scene.story(record) == ["queued", "sending", "queued"]
    claim = await scene.claim_one()
    assert (claim.attempt, claim.counted_attempts) == (2, 0)


@pytest.mark.anyio
async def test_closing_keeps_what_waits(path: Path) -> None:
    """And answers those who wait for it."""
    clock = FakeClock()
    engine = SqliteEngine(path, clock)
    accepted: list[str] = []

    async def accept(text: str) -> None:
        await Scene(engine, clock).accept("ana", text)
        accepted.append(text)

    async with anyio.create_task_group() as tasks, engine:
        with _held_up(engine):
            for text in ("one", "two", "three"):
                tasks.start_soon(accept, text)
            await _waiting(engine, 3)
    assert sorted(accepted) == ["one", "three", "two"]
    async with SqliteEngine(path, clock) as engine:
        assert await _texts(engine) == {"one", "two", "three"}


@pytest.mark.anyio
async def test_reading_does_not_wait_for_the_writer(engine: SqliteEngine, scene: Scene) -> None:
    record = await scene.accept()
    with _held_up(engine), anyio.fail_after(_PATIENCE_S / 2):
        assert await engine.message(record.message_id) == record
        assert await engine.head() == 1
        assert len(await engine.events(0)) == 1
        assert (await engine.pulse()).queued == 1


@pytest.mark.anyio
async def test_answer_comes_after_the_commit(engine: SqliteEngine, scene: Scene) -> None:
    """Who is answered, or woken, finds it on disk."""
    with _held_up(engine):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scene.accept)
            await _waiting(engine, 1)
            assert await engine.wait_for_events(0, 0.01) == 0
            assert await engine.head() == 0
            tasks.cancel_scope.cancel()
    assert await engine.wait_for_events(0, _PATIENCE_S) == 1
    assert await engine.head() == 1
