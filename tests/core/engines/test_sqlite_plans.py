"""No statement of the hot path reads more of a table than it needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from relevo.engines.records import EventQuery, MessageQuery
from relevo.engines.sqlite import SqliteEngine, archive
from relevo.engines.sqlite.opening import connect, read_head
from relevo.events import DeliveryStatus, EventType
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import Scene

_NO_QUERY = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "--")


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
    """Find scans of whole tables or indexes, and sorting; the one-row head is no table of ours."""
    found = []
    for statement in statements:
        if statement.startswith(_NO_QUERY):
            continue
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}"):
            if ("SCAN" in step and "sqlite_sequence" not in step) or "TEMP B-TREE" in step:
                found.append((step, statement))
    return found


@pytest.mark.anyio
async def test_writing_statements_search_by_index(tmp_path: Path) -> None:
    """Accept, claim, complete, cancel, statuses and items, in all their branches."""
    clock = FakeClock()
    async with SqliteEngine(tmp_path / "relevo.db", clock=clock) as engine:
        assert engine._parts is not None
        connection = engine._parts.store.connection
        scene = Scene(engine, clock)
        with _traced(connection) as statements:
            for person in ("ana", "ana", "bea", "cid", "dan", "eva"):
                last = await scene.accept(person)
            claims = await scene.claim()
            await scene.hear_status("v-1", DeliveryStatus.SENT)
            await scene.hand_over(claims[0], "v-1")
            await scene.retry(claims[1])
            await scene.doubt(claims[2])
            await scene.refuse(claims[3])
            await scene.claim()
            await scene.hear_status("v-2", DeliveryStatus.SENT, echo=last.message_id)
            await scene.hear_from("ana")
            await scene.webhook(scene.item(key="same"), scene.item(key="same"))
            clock.advance(60)
            await scene.claim()
            await scene.engine.cancel((await scene.accept("fay")).message_id)
            await scene.accept("fay", expires_at=clock())
            await scene.claim()
        for verb in ("INSERT INTO message", "UPDATE lane", "DELETE FROM delivery", "FROM shelf"):
            assert any(verb in statement for statement in statements), f"{verb} never ran"
        assert _wasteful(connection, statements) == []


@pytest.mark.anyio
async def test_reading_statements_search_by_index(tmp_path: Path) -> None:
    """The log, messages and what waits. A filter may skip rows, but begins where it was told."""
    path = tmp_path / "relevo.db"
    async with SqliteEngine(path) as engine:
        message_id = (await Scene(engine, FakeClock()).accept()).message_id
        connection = connect(path)
        queries = (
            EventQuery(),
            EventQuery(message_id=message_id),
            EventQuery(conversation_id="x"),
            EventQuery(types=frozenset(EventType), accounts=frozenset({"a", "b"})),
        )
        with _traced(connection) as statements:
            read_head(connection)
            for query in queries:
                archive.find_events(connection, "epoch", 5, 10, query)
            archive.find_earliest_due(connection)
            archive.find_message(connection, message_id)
            archive.find_attempts(connection, message_id)
            archive.find_pending(connection, 10)
            archive.any_pending(connection)
            archive.count_waiting(connection)
            for wanted in (
                MessageQuery(before=9),
                MessageQuery(before=9, account="a"),
                MessageQuery(before=9, status=DeliveryStatus.FAILED),
                MessageQuery(before=9, conversation_id=str(uuid4())),
            ):
                archive.find_messages(connection, wanted)
            archive.find_conversations(connection, None, 5, 10)
        assert len(statements) > 10
        wasteful = _wasteful(connection, statements)
        connection.close()
        # All pending webhooks are what is asked for; their index holds no others.
        assert [step for step, _ in wasteful if "webhook_pending" not in step] == []


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
