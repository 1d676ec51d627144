"""What the event log and the wake-ups promise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from relevo.engines.records import Completion, EventQuery
from relevo.events import DeliveryStatus, EventType, utc_now
from relevo.messages import Address, Message
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import (
    PROVIDER,
    SHOP,
    SOON_S,
    TERMS,
    EngineSetup,
    OpenEngine,
    Scene,
)
from relevo.webhooks import WebhookRequest

_S = DeliveryStatus


@pytest.mark.anyio
class LogRules(EngineSetup):
    """The durable, ordered, gap-free log."""

    async def test_empty_log_begins_at_zero(self, scene: Scene) -> None:
        """The first event has position 1."""
        assert await scene.engine.head() == 0
        assert await scene.log() == []
        await scene.accept()
        assert await scene.engine.head() == 1

    async def test_events_are_numbered_without_gaps_in_their_envelope(self, scene: Scene) -> None:
        """Ids carry the epoch; source, time and subject are set."""
        record = await scene.accept()
        scene.clock.advance(1)
        await scene.hand_over(await scene.claim_one())
        log = await scene.log()
        assert [event.position for event in log] == [1, 2, 3]
        assert [event.id for event in log] == [f"{scene.engine.epoch}.{n}" for n in (1, 2, 3)]
        assert {event.source for event in log} == {f"/relevo/accounts/{SHOP}"}
        assert {event.subject for event in log} == {str(record.message_id)}
        assert [event.time for event in log] == [record.created_at, scene.clock(), scene.clock()]
        assert "." not in scene.engine.epoch

    async def test_pages_follow_each_other(self, scene: Scene) -> None:
        """Above a position, in order, up to a limit."""
        for number in range(7):
            await scene.accept(text=str(number))
        first = await scene.engine.events(0, limit=3)
        assert [event.position for event in first] == [1, 2, 3]
        rest = await scene.engine.events(3)
        assert [event.position for event in rest] == [4, 5, 6, 7]
        assert await scene.engine.events(7) == []
        assert await scene.engine.events(100) == []
        assert await scene.engine.events(10**30) == []
        assert len(await scene.engine.events(-(10**30))) == 7

    async def test_log_can_be_filtered(self, scene: Scene) -> None:
        """By type, account, message and thread, alone and together."""
        ana = await scene.accept("ana")
        await scene.accept("bea", account="clinic")
        await scene.hear_from("ana")

        async def positions(query: EventQuery, after: int = 0) -> list[int]:
            events = await scene.engine.events(after, query=query)
            return [event.position for event in events]

        inbound = frozenset({EventType.INBOUND})
        assert await positions(EventQuery(types=inbound)) == [3]
        assert await positions(EventQuery(types=inbound | {EventType.OUTBOUND})) == [1, 2, 3]
        assert await positions(EventQuery(accounts=frozenset({"clinic"}))) == [2]
        assert await positions(EventQuery(accounts=frozenset({"clinic", SHOP}))) == [1, 2, 3]
        assert await positions(EventQuery(message_ids=frozenset({ana.message_id}))) == [1]
        assert await positions(EventQuery(message_ids=frozenset({ana.message_id})), after=1) == []
        thread = EventQuery(conversation_ids=frozenset({ana.conversation_id}))
        assert await positions(thread) == [1, 3]
        both = EventQuery(types=inbound, conversation_ids=frozenset({ana.conversation_id}))
        assert await positions(both) == [3]

    async def test_last_event_tells_where_each_message_stands(self, scene: Scene) -> None:
        """State and event are one commit, whatever happened to the message."""
        records = [await scene.accept(f"person-{number}") for number in range(6)]
        claims = await scene.claim(limit=5)
        await scene.retry(claims[0], in_s=5)
        await scene.doubt(claims[1])
        await scene.refuse(claims[2])
        await scene.hear_status(await scene.hand_over(claims[3]), _S.READ)
        await scene.engine.cancel(records[5].message_id)
        for record in records:
            last = (await scene.told(record))[-1].data
            assert last["message_status"] == (await scene.status(record)).value


async def _wakes(
    wait: Callable[[float], Awaitable[object]], cause: Callable[[], Awaitable[object]]
) -> None:
    """Check that a wait that nothing ends yet is ended by its cause, and at once."""
    ended = anyio.Event()

    async def waiter() -> None:
        await wait(60)
        ended.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waiter)
        with anyio.move_on_after(0.05):
            await ended.wait()
        assert not ended.is_set(), "it returned before anything happened"
        await cause()
        with anyio.fail_after(SOON_S):
            await ended.wait()


@pytest.mark.anyio
class WakeRules(EngineSetup):
    """Who waits hears at once; nobody misses a wake."""

    async def test_reader_wakes_when_something_is_told(self, scene: Scene) -> None:
        """And learns the new head."""
        await scene.accept()
        await _wakes(lambda s: scene.engine.wait_for_events(1, s), scene.accept)
        assert await scene.engine.wait_for_events(1, 60) == 2

    async def test_reader_behind_the_head_does_not_wait(self, scene: Scene) -> None:
        """What came before it asked is there."""
        await scene.accept()
        with anyio.fail_after(SOON_S):
            assert await scene.engine.wait_for_events(0, 60) == 1

    async def test_reader_hears_the_head_after_its_time(self, scene: Scene) -> None:
        """Nothing happened."""
        await scene.accept()
        assert await scene.engine.wait_for_events(1, 0.01) == 1

    async def test_no_reader_misses_a_wake(self, scene: Scene) -> None:
        """Readers that wait and writers that write, all at once."""
        seen = [0, 0, 0]

        async def follow(reader: int) -> None:
            while seen[reader] < 30:
                seen[reader] = await scene.engine.wait_for_events(seen[reader], 60)

        with anyio.fail_after(SOON_S):
            async with anyio.create_task_group() as tasks:
                for reader in range(len(seen)):
                    tasks.start_soon(follow, reader)
                for number in range(30):
                    tasks.start_soon(scene.accept, f"person-{number}")
        assert seen == [30, 30, 30]

    async def test_worker_wakes_when_a_message_is_accepted(self, scene: Scene) -> None:
        """And does not wait while a lane is due."""
        await _wakes(scene.wait_for_work, scene.accept)
        with anyio.fail_after(SOON_S):
            await scene.wait_for_work(60)

    async def test_worker_wakes_when_a_lane_goes_on(self, scene: Scene) -> None:
        """The message before was completed by another worker."""
        await scene.accept()
        await scene.accept()
        claim = await scene.claim_one()
        await _wakes(scene.wait_for_work, lambda: scene.hand_over(claim))

    async def test_worker_waits_no_longer_than_it_was_told(self, scene: Scene) -> None:
        """Nothing is due."""
        with anyio.fail_after(SOON_S):
            await scene.wait_for_work(0.01)

    async def test_worker_wakes_when_the_next_lane_is_due(self, open_engine: OpenEngine) -> None:
        """For a retry and for the end of a lease, without anybody's doing."""
        terms = {SHOP: TERMS}
        async with open_engine(utc_now) as engine:
            message = Message(account=SHOP, to=Address("test", "ana"), text="hello")
            await engine.accept(message, provider=PROVIDER, lane_key="ana")
            (claim,) = await engine.claim("worker-1", limit=1, lease_s=20, terms=terms)
            due_at = datetime.now(UTC) + timedelta(seconds=0.1)
            await engine.complete([Completion(claim, _S.QUEUED, retry_in_s=0.1)])
            with anyio.fail_after(SOON_S):
                await engine.wait_for_work(60, terms)
            assert datetime.now(UTC) >= due_at
            (claim,) = await engine.claim("worker-1", limit=1, lease_s=0.1, terms=terms)
            with anyio.fail_after(SOON_S):
                await engine.wait_for_work(60, terms)
            assert datetime.now(UTC) >= claim.lease_until

    async def test_receiver_wakes_when_a_webhook_is_kept(self, scene: Scene) -> None:
        """And does not wait while one is pending."""

        async def keep() -> None:
            await scene.engine.keep_webhook(SHOP, WebhookRequest("POST", "/", b"{}"))

        await _wakes(scene.engine.wait_for_webhooks, keep)
        with anyio.fail_after(SOON_S):
            await scene.engine.wait_for_webhooks(60)

    async def test_clock_is_the_engines_only_one(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Records and events carry its time."""
        clock.advance(3600)
        async with open_engine(clock) as engine:
            record = await Scene(engine, clock).accept()
            assert record.created_at == clock()
            assert (await engine.events(0))[0].time == clock()
