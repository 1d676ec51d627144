"""No statement of the hot path reads more of a table than it needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from relevo.engines.records import (
    EventQuery,
    IdempotencyKey,
    MessageQuery,
    Page,
    ReplayQuery,
    Resolution,
    Retention,
)
from relevo.engines.sqlite import (
    SqliteEngine,
    archive,
    finding,
    log,
    pulsing,
    standing,
    upkeep,
    waits,
)
from relevo.engines.sqlite.opening import connect, read_head
from relevo.engines.sqlite.walks import ITEMS, KEYS, LANES, WEBHOOKS
from relevo.engines.values import micros
from relevo.events import DeliveryStatus, EventType
from relevo.messages import Address, Message, UnknownPolicy
from relevo.terms import PairPace
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import SHOP, Scene
from relevo.testing.engine_rules.stage import DAY_S, Stage
from relevo.webhooks import WebhookRequest

_NO_QUERY = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "--")

# These hold nothing but what is asked for: a list of ours, one row, partial indexes.
_EXACT = (
    "json_each",
    "sqlite_sequence",
    "webhook_pending",
    "webhook_item_quarantined",
    "message_dead",
    "message_doubled",
    "message_failing",
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def _traced(connection: sqlite3.Connection) -> Iterator[set[str]]:
    statements = set[str]()
    connection.set_trace_callback(statements.add)
    try:
        yield statements
    finally:
        connection.set_trace_callback(None)


def _wasteful(connection: sqlite3.Connection, statements: set[str]) -> list[tuple[str, str]]:
    """Find scans of whole tables or indexes, and sorting."""
    found = []
    for statement in statements:
        if statement.startswith(_NO_QUERY):
            continue
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}"):
            # What a subquery gave is looked through: no more than its LIMIT.
            bounded = step.startswith("SCAN (subquery") and " LIMIT " in statement
            scans = "SCAN" in step and not bounded and not any(name in step for name in _EXACT)
            if scans or "TEMP B-TREE" in step:
                found.append((step, statement))
    return found


async def _as_if_long_ago(engine: SqliteEngine) -> None:
    """Let the writer forget what it saw, so that it reads everything again."""
    await engine._write(lambda rows, _: rows.forget())


@pytest.mark.anyio
async def test_writing_statements_search_by_index(tmp_path: Path) -> None:
    """Accept, claim, complete, cancel, statuses and items, in all their branches."""
    clock = FakeClock()
    async with SqliteEngine(tmp_path / "relevo.db", clock=clock) as engine:
        assert engine._parts is not None
        connection = engine._parts.store.connection
        scene = Stage(engine, clock)
        scene.limit(rate=1_000, burst=100, pair_pace=PairPace())
        with _traced(connection) as statements:
            for person in ("ana", "ana", "bea", "cid", "dan", "eva"):
                last = await scene.accept(person)
            await _as_if_long_ago(engine)
            claims = await scene.claim()
            await scene.hear_status("v-1", DeliveryStatus.SENT)
            await _as_if_long_ago(engine)
            await scene.hand_over(claims[0], "v-1")
            await scene.retry(claims[1])
            await scene.doubt(claims[2])
            await scene.refuse(claims[3])
            await scene.claim()
            await scene.hear_status("v-2", DeliveryStatus.SENT, echo=last.message_id)
            await _as_if_long_ago(engine)
            await scene.hear_status("v-2", DeliveryStatus.READ)
            await scene.hear_from("ana")
            await scene.webhook(scene.item(key="same"), scene.item(key="same"))
            clock.advance(60)
            await scene.claim()
            await scene.engine.cancel((await scene.accept("fay")).message_id)
            await scene.accept("fay", expires_at=scene.at(1))
            clock.advance(1)
            await scene.claim()
        for verb in ("INSERT INTO message", "UPDATE lane", "DELETE FROM delivery", "FROM shelf"):
            assert any(verb in statement for statement in statements), f"{verb} never ran"
        assert _wasteful(connection, statements) == []


@pytest.mark.anyio
async def test_waiting_doubting_and_halting_search_by_index(tmp_path: Path) -> None:
    """Times, keys, bulk, doubts and how they end, accounts that wait, dead letters."""
    clock = FakeClock()
    async with SqliteEngine(tmp_path / "relevo.db", clock=clock) as engine:
        assert engine._parts is not None
        connection = engine._parts.store.connection
        scene = Stage(engine, clock)
        with _traced(connection) as statements:
            await scene.enter("gil", send_at=scene.at(60))
            key = IdempotencyKey("key", "asked this")
            for _ in range(2):
                message = Message(account=SHOP, to=Address("test", "hal"), text="hello")
                await scene.ask(message, key)
            await scene.claim()
            clock.advance(60)
            await _as_if_long_ago(engine)
            await scene.claim()
            await scene.enter_bulk("ivo", "later")
            await scene.claim()
            held = await scene.in_doubt("jan")
            await _as_if_long_ago(engine)
            await scene.settle(held, look_in_s=5)
            await scene.engine.resolve(held.message_id, Resolution.RESEND)
            await scene.lock_out(await scene.claim_one())
            await scene.engine.resume(SHOP, why="a_test")
            await scene.hand_over(await scene.claim_one())
            dead = await scene.dead_letter("kim")
            await _as_if_long_ago(engine)
            await scene.replay(dead)
            await scene.engine.keep_webhook(SHOP, WebhookRequest("POST", "/", b"{}"))
            await scene.engine.pending_webhooks(10)
            await scene.engine.beat(every_s=10)
        for part in ("FROM scheduled", "FROM idempotency", "INTO doubt", "INTO account"):
            assert any(part in statement for statement in statements), f"{part} never ran"
        assert _wasteful(connection, statements) == []


@pytest.mark.anyio
async def test_tidying_searches_by_index(tmp_path: Path) -> None:
    """Whether it looks for what is old or removes it."""
    clock = FakeClock()
    path = tmp_path / "relevo.db"
    async with SqliteEngine(path, clock=clock) as engine:
        assert engine._parts is not None
        connection, reader = engine._parts.store.connection, connect(path)
        scene = Stage(engine, clock)
        message = Message(account=SHOP, to=Address("test", "ana"), text="hello")
        await scene.ask(message, IdempotencyKey("key", "asked this"))
        await scene.hand_over(await scene.claim_one(), "v-1")
        await scene.hear_status("v-9", DeliveryStatus.SENT)
        await scene.accept("bea", expires_at=scene.at(1))
        await scene.webhook(scene.item(key="same"))
        await engine.beat(every_s=10)
        clock.advance(9 * DAY_S)
        await engine.beat(every_s=10)
        with _traced(connection) as removing, _traced(reader) as finding:
            for walk in (WEBHOOKS, ITEMS, KEYS, LANES):
                walk.go(reader, micros(clock()), walk.start, 10)
            upkeep.find_old_events(reader, clock(), 10)
            upkeep.find_old_contents(reader, clock(), 10)
            upkeep.find_overdue(reader, clock(), 10)
            kept = Retention(events_s=5, webhooks_s=5, contents_s=5)
            purged = await engine.tidy(kept)
        assert purged.events > 0
        assert (purged.webhooks, purged.keys, purged.lanes) == (2, 1, 2)
        assert (purged.contents, purged.shelved, purged.expired) == (1, 1, 1)
        reader.close()
        assert _wasteful(connection, finding | removing) == []


@pytest.mark.anyio
async def test_reading_statements_search_by_index(tmp_path: Path) -> None:
    """The log, messages and what waits. A filter may skip rows, but begins where it was told."""
    path = tmp_path / "relevo.db"
    clock = FakeClock()
    async with SqliteEngine(path, clock) as engine:
        scene = Stage(engine, clock)
        message_id = (await scene.in_doubt(policy=UnknownPolicy.RECONCILE)).message_id
        await scene.webhook(scene.item(key="same"))
        clock.advance(60)
        connection = connect(path)
        queries = (
            EventQuery(),
            EventQuery(message_ids=frozenset({message_id})),
            EventQuery(conversation_ids=frozenset({"x", "y"})),
            EventQuery(types=frozenset(EventType), accounts=frozenset({"a", "b"})),
        )
        with _traced(connection) as statements:
            read_head(connection)
            for query in queries:
                log.find_events(connection, "epoch", 5, 10, query, clock())
            waits.find_earliest_ready(connection, scene.terms, clock())
            waits.find_free_webhook(connection, clock())
            archive.find_message(connection, message_id)
            archive.find_attempts(connection, message_id)
            archive.find_webhook(connection, 1)
            archive.find_quarantined(connection, frozenset({SHOP}), (), (7, SHOP, "key"), 10)
            archive.find_quarantined(connection, None, [7], None, 10)
            archive.find_dead(connection, ReplayQuery(account=SHOP))
            standing.find_standing(connection, message_id, clock())
            assert len(standing.find_doubts(connection, [SHOP], 10, clock())) == 1
            assert waits.find_earliest_look(connection) is not None
            for wanted in (
                MessageQuery(before=9),
                MessageQuery(before=9, account="a"),
                MessageQuery(before=9, statuses=frozenset({DeliveryStatus.FAILED})),
                MessageQuery(before=9, conversation_id=str(uuid4())),
            ):
                finding.find_messages(connection, wanted)
            archive.find_conversations(connection, None, 5, 10)
            pulsing.look_at_waiting(connection, clock())
        assert len(statements) > 10
        assert _wasteful(connection, statements) == []
        connection.close()


@pytest.mark.anyio
async def test_claim_costs_the_same_with_a_long_queue_behind_it(tmp_path: Path) -> None:
    """Counted in SQLite's own steps, not in time."""
    costs = []
    for waiting in (10, 1000):
        clock = FakeClock()
        async with SqliteEngine(tmp_path / f"{waiting}.db", clock=clock) as engine:
            assert engine._parts is not None
            scene = Scene(engine, clock)
            for number in range(waiting):
                await scene.accept(f"person-{number % (waiting // 2)}")
            steps = 0

            def count() -> None:
                nonlocal steps
                steps += 1

            connection = engine._parts.store.connection
            connection.set_progress_handler(count, 10)
            claims = await scene.claim(limit=5)
            connection.set_progress_handler(None, 10)
            assert len(claims) == 5
            costs.append(steps)
    assert costs[0] > 0
    assert costs[1] <= costs[0] * 1.5


_MINE = frozenset({"mine", "none"})


@pytest.mark.parametrize(
    "look",
    [
        lambda one, _: finding.find_messages(one, MessageQuery(visible=_MINE)),
        lambda one, now: finding.find_messages(one, MessageQuery(created_from=now)),
        lambda one, _: archive.find_conversations(one, _MINE, None, 50),
    ],
    ids=["messages", "time", "threads"],
)
@pytest.mark.anyio
async def test_page_costs_the_same_whatever_is_not_asked_for(
    look: Callable[[sqlite3.Connection, datetime], Page[object]], tmp_path: Path
) -> None:
    """Neither what other accounts have nor what was kept earlier is walked; counted in steps."""
    costs: list[int] = []
    for others in (20, 2000):
        clock = FakeClock()
        path = tmp_path / f"{others}.db"
        async with SqliteEngine(path, clock=clock) as engine:
            scene = Stage(engine, clock)
            for number in range(5):
                await scene.enter(f"mine-{number}", account="mine")
            for number in range(others):
                await scene.enter(f"person-{number}")
            clock.advance(DAY_S)
            await scene.enter("late", account="late")
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        with closing(connect(path)) as connection:
            assert look(connection, clock()).items
            connection.set_progress_handler(count, 10)
            look(connection, clock())
            connection.set_progress_handler(None, 10)
        costs.append(steps)
    assert 0 < costs[1] <= costs[0] * 2
