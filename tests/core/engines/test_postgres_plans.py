"""No statement of the hot path reads more of a table than it needs, however much waits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from tests.postgres_fixtures import run_sql

from relevo.engines.postgres import PostgresEngine
from relevo.engines.postgres.connections import Connection
from relevo.engines.records import (
    EventQuery,
    MediaOutcome,
    MediaState,
    MessageQuery,
    ReplayQuery,
    Retention,
    UploadRecord,
)
from relevo.events import DeliveryStatus, EventType
from relevo.messages import Message, Priority
from relevo.terms import AccountTerms, Limits
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.people import teach
from relevo.testing.engine_rules.scene import SHOP, Scene

_TERMS = {SHOP: AccountTerms(limits=Limits(rate=1_000)), "clinic": AccountTerms()}
_SMALL = frozenset({"account", "event_head", "meta", "echo", "outage", "event_in", "webhook"})
"""Tables of a few rows, here or by their nature: reading all of one is the shortest way."""
_FILL = (
    """
INSERT INTO message (message_id, direction, account, provider, lane_key, conversation_id,
  person_scheme, person_value, content, status, created_at, updated_at, attempts, priority,
  handovers, replayed_attempts)
SELECT gen_random_uuid(), 'out', CASE WHEN n % 2 = 0 THEN 'shop' ELSE 'clinic' END, 'fake',
  'test:' || n, 'c-' || n, 'test', n::text, '{"type":"text","body":"hello"}', 'queued',
  1700000000000000 + n, 1700000000000000 + n, 0,
  CASE WHEN n % 10 < 2 THEN 'bulk' ELSE 'normal' END, 0, 0
FROM generate_series(1, 50000) AS n
""",
    """
INSERT INTO conversation SELECT account, lane_key, conversation_id, 'fake', 'test', person_value,
  NULL, 1, message_id, sequence, sequence, NULL, NULL, created_at, NULL FROM message
""",
    "INSERT INTO alias SELECT account, 'other:' || sequence, lane_key FROM message",
    """
INSERT INTO preference SELECT account, lane_key, 'marketing', false, created_at FROM message
""",
    """
INSERT INTO lane SELECT account, lane_key, 1, created_at, NULL, NULL, priority = 'bulk', NULL, 0, 0
FROM message
""",
    "INSERT INTO delivery SELECT account, lane_key, 1, sequence FROM message",
    """
INSERT INTO attempt (sequence, number, started_at, status, detail, uses_attempt, reported)
SELECT sequence, 1, 0, 'failed', '{}', true, true FROM message
""",
    "INSERT INTO provider_ref SELECT account, 'old-' || sequence, sequence FROM message",
    "INSERT INTO idempotency SELECT account, 'old-' || sequence, 'x', sequence FROM message",
    """
INSERT INTO scheduled SELECT sequence, account, 2000000000000000 + sequence FROM message
WHERE sequence % 5 = 0
""",
    """
INSERT INTO webhook_item (account, key, webhook_id, state, updated_at)
SELECT account, 'old-' || sequence, sequence, 'applied', 0 FROM message
""",
    """
INSERT INTO event (position, type, account, message_id, conversation_id, time, data)
SELECT sequence, 'messaging.outbound', account, message_id, conversation_id, 0, '{}' FROM message
""",
    """
INSERT INTO doubt SELECT sequence, account, 1, 0, 'reconcile', 2000000000000000 + sequence
FROM message WHERE sequence % 5 = 0
""",
    """
INSERT INTO shelf (account, provider_message_id, news, shelved_at)
SELECT account, 'shelved-' || sequence, '{}', 2000000000000000 + sequence FROM message
WHERE sequence % 5 = 0
""",
    """
INSERT INTO media (media_id, direction, state, account, message_id, attempts, next_at, store_key,
  created_at, updated_at)
SELECT gen_random_uuid(), 'in',
  CASE sequence % 20 WHEN 0 THEN 'pending' WHEN 1 THEN 'gone' ELSE 'stored' END, account,
  message_id, 0, CASE WHEN sequence % 20 = 0 THEN sequence END,
  CASE WHEN sequence % 20 <> 0 THEN 'key-' || sequence END, 1700000000000000 + sequence, 0
FROM message
""",
    """
INSERT INTO ticket SELECT 'd-' || sequence, NULL, NULL, '{}', 0, 2000000000000000 + sequence
FROM message
""",
    "INSERT INTO media_upload SELECT media_id, account, 'up', NULL FROM media",
    "UPDATE event_head SET position = (SELECT max(position) FROM event)",
    "ANALYZE",
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class _Recorded:
    """A connection that notes what it is asked."""

    def __init__(self, connection: Connection, asked: dict[str, tuple[Any, ...]]) -> None:
        self._connection = connection
        self._asked = asked

    async def fetch(self, query: str, /, *args: Any) -> list[Any]:
        self._asked[query] = args
        return await self._connection.fetch(query, *args)

    async def execute(self, query: str, /, *args: Any) -> str:
        self._asked[query] = args
        return await self._connection.execute(query, *args)


@contextmanager
def _recorded(engine: PostgresEngine) -> Iterator[dict[str, tuple[Any, ...]]]:
    asked: dict[str, tuple[Any, ...]] = {}
    use = engine._connections.use

    @asynccontextmanager
    async def note() -> AsyncIterator[Connection]:
        async with use() as connection:
            yield _Recorded(connection, asked)

    engine._connections.use = note  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        engine._connections.use = use  # type: ignore[method-assign]


async def _wasteful(engine: PostgresEngine, asked: dict[str, tuple[Any, ...]]) -> list[str]:
    """Find statements that read all of a large table."""
    found: list[str] = []
    async with engine._connections.use() as connection:
        for query, args in asked.items():
            if query.split()[0] not in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
                continue
            await connection.execute("BEGIN")
            (row,) = await connection.fetch(f"EXPLAIN (FORMAT JSON) {query}", *args)
            await connection.execute("ROLLBACK")
            found += [
                f"{node['Node Type']} on {node.get('Relation Name')}: {query}"
                for node in _nodes(json.loads(row[0])[0]["Plan"])
                if node["Node Type"] in {"Seq Scan", "Bitmap Heap Scan"}
                and node.get("Relation Name") not in _SMALL
            ]
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


async def _live(scene: Scene) -> None:
    """Go through accept, claim, complete, statuses and items, in all their branches."""
    clock = scene.clock
    for person in ("ana", "ana", "bea", "cid", "dan", "eva"):
        last = await scene.accept(person)
    ahead = clock() + timedelta(seconds=60)
    later = Message(to="test:fay", text="x", account=SHOP, send_at=ahead, priority=Priority.BULK)
    await scene.accept_message(later)
    claims = await scene.engine.claim("worker-1", limit=20, lease_s=20, terms=_TERMS)
    assert len(claims) == 20
    await scene.hear_status("v-1", DeliveryStatus.SENT)
    await scene.hand_over(claims[0], "v-1")
    await scene.retry(claims[1])
    await scene.doubt(claims[2])
    await scene.refuse(claims[3])
    await scene.hear_status("v-2", DeliveryStatus.SENT, echo=last.message_id)
    await scene.hear_from("ana")
    await scene.webhook(scene.item(key="same"), scene.item(key="same"))
    clock.advance(60)
    await scene.engine.claim("worker-1", limit=20, lease_s=20, terms=_TERMS)
    await scene.engine.cancel(last.message_id)
    await teach(scene, "ana", "ana-2")
    await scene.hear_from("ana-2")
    await scene.engine.person(SHOP, "test:ana-2")
    await scene.engine.conversation(last.conversation_id)


async def _look_after_files(engine: PostgresEngine, message_ids: list[UUID]) -> None:
    await engine.media_of(message_ids)
    first, second = await engine.claim_media({SHOP: 2, "clinic": 2}, lease_s=60)
    for media in (first, second):
        await engine.media(media.media_id)
        stored = MediaOutcome(media.media_id, media.attempts, MediaState.STORED, store_key="new")
        assert await engine.finish_media(stored)
    await engine.uploaded(first.media_id, SHOP)
    await engine.keep_upload(UploadRecord(first.media_id, SHOP, "up"))
    leaving = await engine.leaving_files(10)
    assert len(leaving) == 10
    await engine.forget_files(leaving)
    assert (await engine.tidy(Retention(media_s=60), limit=10)).media == 10


@pytest.mark.anyio
@pytest.mark.timeout(180)
async def test_statements_search_by_index_with_much_waiting(postgres_dsn: str) -> None:
    """The planner is free to choose, and knows how large the tables are."""
    clock = FakeClock()
    async with PostgresEngine(postgres_dsn, clock) as engine:
        pass

    await anyio.to_thread.run_sync(run_sql, postgres_dsn, *_FILL)
    async with PostgresEngine(postgres_dsn, clock) as engine:
        with _recorded(engine) as asked:
            await _live(Scene(engine, clock))
            await engine.wait_for_work(0, _TERMS)
            await engine.wait_for_doubts(0)
            for query in (
                EventQuery(),
                EventQuery(conversation_ids=frozenset({"c-7", "c-8"})),
                EventQuery(message_ids=frozenset({uuid4(), uuid4()})),
                EventQuery(types=frozenset(EventType), accounts=frozenset(_TERMS)),
            ):
                await engine.events(5, limit=10, query=query)
            page = await engine.messages(MessageQuery(limit=3))
            for wanted in (
                MessageQuery(before=900, account=SHOP, limit=10),
                MessageQuery(before=900, statuses=frozenset({DeliveryStatus.QUEUED}), limit=10),
                MessageQuery(before=900, conversation_id="c-9", limit=10),
                MessageQuery(visible=frozenset({SHOP, "none"}), limit=10),
                MessageQuery(provider_message_id="old-7", limit=10),
                MessageQuery(lane_key="test:7", limit=10),
                MessageQuery(created_from=clock(), created_until=clock(), limit=10),
            ):
                await engine.messages(wanted)
            for record in page.items:
                await engine.standing(record.message_id)
                await engine.attempts(record.message_id)
            await engine.conversations(limit=10)
            await engine.conversations(limit=10, visible=frozenset({SHOP}))
            await engine.replay(ReplayQuery(account="clinic"))
            await _look_after_files(engine, [record.message_id for record in page.items])
        for verb in ("INSERT INTO message", "UPDATE lane", "DELETE FROM delivery", "FROM shelf"):
            assert any(verb in statement for statement in asked), f"{verb} never ran"
        assert len(asked) > 40
        wasteful = await _wasteful(engine, asked)
        assert not wasteful, "\n".join(wasteful)
