"""The database goes away, comes back, and loses answers: nothing is lost, and it heals alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import anyio
import asyncpg
import pytest
from tests.postgres_server import PostgresServer

from relevo.engines.postgres import PostgresEngine
from relevo.engines.postgres.connections import CommitUnknown, Connection, Connections
from relevo.engines.postgres.faults import Named
from relevo.engines.records import EventQuery, ItemState, MessageQuery
from relevo.errors import EngineBusy, EngineUnavailable, UnknownMessage
from relevo.events import DeliveryStatus, ErrorDetail, StatusUpdate
from relevo.messages import Message
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import SHOP, TERMS, Scene
from relevo.webhooks import WebhookRequest

_S = DeliveryStatus
_SOON_S = 30


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[PostgresEngine]:
    async with PostgresEngine(postgres_dsn, FakeClock(), writers=1, most_waiting=3) as engine:
        yield engine


@pytest.fixture
def scene(engine: PostgresEngine) -> Scene:
    return Scene(engine, FakeClock())


class _Losing:
    """Connections whose next commits get no answer, whether they are kept or not."""

    def __init__(self, engine: PostgresEngine, *, kept: bool, times: int = 1) -> None:
        self._connections = engine._transactions.connections
        self.named = self._connections.named
        self._kept = kept
        self.left = times
        engine._transactions.connections = cast("Connections", self)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        if self.left <= 0:
            async with self._connections.transaction() as connection:
                yield connection
            return
        self.left -= 1
        async with self._connections.use() as connection:
            await connection.execute("BEGIN")
            yield connection
            await connection.execute("COMMIT" if self._kept else "ROLLBACK")
        raise CommitUnknown


@pytest.mark.anyio
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "undone"])
async def test_commit_without_an_answer_is_made_exactly_once(
    engine: PostgresEngine, scene: Scene, *, kept: bool
) -> None:
    """Accepting, completing and applying find out by themselves whether they were kept."""
    losing = _Losing(engine, kept=kept)
    record = await scene.accept()
    assert losing.left == 0
    claim = await scene.claim_one()
    losing.left = 1
    await scene.hand_over(claim, "v-1")
    losing.left = 1
    # It answers what it finds when it looks again: applied, or a duplicate of itself.
    await scene.webhook(scene.item(StatusUpdate("v-1", _S.DELIVERED)))
    assert losing.left == 0
    assert await scene.story(record) == ["queued", "sending", "accepted", "delivered"]
    assert (await engine.conversations()).items[0].messages == 1


@pytest.mark.anyio
async def test_claim_without_an_answer_leaves_nobody_waiting_for_it(
    engine: PostgresEngine, scene: Scene
) -> None:
    """What nobody will work on goes back; it never comes to be in doubt."""
    record = await scene.accept()
    _Losing(engine, kept=True)
    with pytest.raises(EngineUnavailable, match="not known"):
        await scene.claim()
    with anyio.fail_after(_SOON_S):
        while await scene.status(record) is not _S.QUEUED:
            await anyio.sleep(0.01)
    claim = await scene.claim_one()
    assert (claim.attempt, claim.counted_attempts) == (2, 0)


@pytest.mark.anyio
async def test_change_that_cannot_be_repeated_says_that_nobody_knows(
    engine: PostgresEngine,
) -> None:
    """It is no success, and its neighbours in the commit are made all the same."""
    await engine.pause(SHOP, ErrorDetail(code="auth_failed", message="Refused."))
    _Losing(engine, kept=True)
    with pytest.raises(EngineUnavailable, match="Look before you repeat it"):
        await engine.resume(SHOP, why="by_hand")
    assert (await engine.account_states())[SHOP].paused_at is None


@pytest.mark.anyio
async def test_cancelled_claim_leaves_no_lane_taken(engine: PostgresEngine, scene: Scene) -> None:
    record = await scene.accept()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await engine.claim("worker-1", limit=1, lease_s=20, terms={SHOP: TERMS})
    assert await scene.status(record) is _S.QUEUED
    assert (await scene.claim_one()).message.message_id == record.message_id


@pytest.mark.anyio
async def test_value_that_cannot_be_kept_harms_only_its_own_change(scene: Scene) -> None:
    """Also where it came to share a commit with others."""
    outcomes: dict[str, object] = {}

    async def accept(person: str, tries: int | None) -> None:
        message = Message(account=SHOP, to=f"test:{person}", text="x", max_attempts=tries)
        try:
            outcomes[person] = await scene.accept_message(message)
        except EngineUnavailable as error:
            outcomes[person] = error

    async with anyio.create_task_group() as tasks:
        for person, tries in (("ana", None), ("bea", 2**70), ("cid", 3)):
            tasks.start_soon(accept, person, tries)
    assert isinstance(outcomes["bea"], EngineUnavailable)
    assert {claim.message.to.value for claim in await scene.claim()} == {"ana", "cid"}


@pytest.mark.anyio
async def test_change_is_made_though_its_caller_left(engine: PostgresEngine, scene: Scene) -> None:
    message = Message(account=SHOP, to="test:ana", text="hello")
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scene.accept_message, message)
            await anyio.lowlevel.checkpoint()
            scope.cancel()
    await scene.accept("bea")
    assert (await engine.message(message.message_id)).status is _S.QUEUED


@pytest.mark.anyio
async def test_more_changes_than_may_wait_are_refused(engine: PostgresEngine) -> None:
    """At once, and nothing of them is kept."""
    scene = Scene(engine, FakeClock())
    refused = 0

    async def accept(number: int) -> None:
        nonlocal refused
        try:
            await scene.accept(f"person-{number}")
        except EngineBusy:
            refused += 1

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(accept, number)
    assert refused == 17
    assert (await engine.pulse()).queued == 3


@pytest.mark.anyio
async def test_engine_goes_on_after_the_server_was_restarted(
    private_postgres: PostgresServer,
) -> None:
    """Every connection is lost, also the one that listens; nobody opens the engine again."""
    async with PostgresEngine(private_postgres.dsn) as engine:
        scene = Scene(engine, FakeClock())
        record = await scene.accept()
        await anyio.to_thread.run_sync(private_postgres.restart)
        await scene.accept("bea")
        claims = await engine.claim("worker-1", limit=9, lease_s=20, terms={SHOP: TERMS})
        assert len(claims) == 2
        for claim in claims:
            await scene.hand_over(claim)
        assert await scene.story(record) == ["queued", "sending", "accepted"]
        positions = [event.position for event in await engine.events(0)]
        assert positions == list(range(1, len(positions) + 1))


@pytest.mark.anyio
async def test_what_was_acknowledged_outlives_a_killed_server(
    private_postgres: PostgresServer,
) -> None:
    async with PostgresEngine(private_postgres.dsn) as engine:
        scene = Scene(engine, FakeClock())
        records = [await scene.accept(f"person-{number}") for number in range(20)]
        await anyio.to_thread.run_sync(private_postgres.kill)
        await anyio.to_thread.run_sync(private_postgres.start)
        for record in records:
            assert await scene.status(record) is _S.QUEUED
            assert await scene.story(record) == ["queued"]


@pytest.mark.anyio
async def test_database_that_is_away_is_told_at_once_and_heals_alone(
    private_postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its user and password; a waiting reader waits on.

    The engine itself logs nothing of it: who waits for the store does, once.
    """
    dsn = private_postgres.dsn.replace("postgres@", "postgres:s3cret@")
    async with PostgresEngine(dsn) as engine:
        scene = Scene(engine, FakeClock())
        await scene.accept()
        await anyio.to_thread.run_sync(private_postgres.stop)
        began = time.monotonic()
        request = WebhookRequest("POST", "/", b"{}")
        for call in (
            scene.accept,
            engine.pulse,
            scene.claim,
            lambda: engine.keep_webhook(SHOP, request),
        ):
            with pytest.raises(EngineUnavailable) as caught:
                await call()
            assert "cannot be reached" in str(caught.value)
            assert "s3cret" not in str(caught.value)
        assert time.monotonic() - began < _SOON_S / 2
        await anyio.to_thread.run_sync(private_postgres.start)
        await scene.accept("bea")
        with anyio.fail_after(_SOON_S):
            assert await engine.wait_for_events(1, _SOON_S) == 2
        assert (await engine.pulse()).queued == 2
    assert [line for line in caplog.records if line.name.startswith("relevo")] == []


@pytest.mark.anyio
async def test_machine_hears_of_another_after_its_listener_was_cut(
    private_postgres: PostgresServer,
) -> None:
    """The connection comes back by itself; until then it looks every second."""
    async with (
        PostgresEngine(private_postgres.dsn) as one,
        PostgresEngine(private_postgres.dsn) as other,
    ):
        await anyio.to_thread.run_sync(private_postgres.restart)
        await Scene(one, FakeClock()).accept()
        with anyio.fail_after(_SOON_S):
            assert await other.wait_for_events(0, _SOON_S) == 1


@pytest.mark.anyio
async def test_many_machines_may_open_an_empty_schema_at_once(postgres_dsn: str) -> None:
    engines = [PostgresEngine(postgres_dsn) for _ in range(4)]
    epochs: list[str] = []

    async def open_one(engine: PostgresEngine) -> None:
        async with engine:
            epochs.append(engine.epoch)

    async with anyio.create_task_group() as tasks:
        for engine in engines:
            tasks.start_soon(open_one, engine)
    assert len(epochs) == 4
    assert len(set(epochs)) == 1


@pytest.mark.anyio
async def test_engine_that_is_not_open_says_so(postgres_dsn: str) -> None:
    engine = PostgresEngine(postgres_dsn)
    with pytest.raises(EngineUnavailable, match="not open"):
        await engine.head()
    async with engine:
        with pytest.raises(EngineUnavailable, match="open already"):
            await engine.__aenter__()
    with pytest.raises(EngineUnavailable, match="not open"):
        await Scene(engine, FakeClock()).accept()


@pytest.mark.anyio
async def test_unknown_message_is_no_fault_of_the_store(engine: PostgresEngine) -> None:
    with pytest.raises(UnknownMessage):
        await engine.cancel(Message(to="test:x", text="x").message_id)
    assert engine._opened().writers.fault is None


def test_words_say_what_to_do_and_hide_the_user() -> None:
    named = Named("postgresql://me:s3cret@db.example:5432/shop?search_path=x")
    words = {
        str(named.unavailable(error()))
        for error in (
            asyncpg.DiskFullError,
            asyncpg.ReadOnlySQLTransactionError,
            asyncpg.TooManyConnectionsError,
            asyncpg.InvalidPasswordError,
            ConnectionRefusedError,
        )
    }
    assert len(words) == 5
    for one in words:
        assert "shop at db.example:5432" in one
        assert "me:" not in one
        assert "s3cret" not in one
    assert any("disk is full" in one for one in words)


@pytest.mark.anyio
async def test_texts_no_column_can_hold_are_kept_or_found_nowhere(
    engine: PostgresEngine, scene: Scene
) -> None:
    """NUL, and ids longer than an index takes."""
    long_id = "".join(f"{number:x}-{number * 7919 % 65_537:x}" for number in range(2_000))
    odd = f"nul\0 {long_id}"
    record = await scene.accept("ana\0bea")
    await scene.hear_status(odd, _S.DELIVERED)
    await scene.hand_over(await scene.claim_one(), odd)
    assert await scene.status(record) is _S.DELIVERED
    await scene.hear_from("ana\0bea", "hi \0", name="\0")
    item = scene.item(key=odd)
    assert await scene.webhook(item) == [ItemState.APPLIED]
    assert await scene.webhook(item) == [ItemState.DUPLICATE]
    assert (await engine.messages(MessageQuery(conversation_id="\0"))).items == []
    assert await engine.events(0, query=EventQuery(accounts=frozenset({"\ud83d"}))) == []
    assert len((await engine.conversations()).items) == 1
