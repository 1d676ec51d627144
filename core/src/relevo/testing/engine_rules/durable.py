"""What an engine promises that outlives its process: closed or killed, and opened again."""

from __future__ import annotations

import pytest

from relevo.engines.records import HealthRecord, ItemState
from relevo.events import DeliveryStatus
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import SHOP, EngineSetup, OpenEngine, Scene
from relevo.webhooks import WebhookRequest

_S = DeliveryStatus


@pytest.mark.anyio
class DurableRules(EngineSetup):
    """Opening again the store that `open_engine` opened before."""

    async def test_everything_is_there_again(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Messages, attempts, threads and the log, which goes on in the same life."""
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            record = await scene.accept()
            await scene.hand_over(await scene.claim_one(), "v-1")
            await scene.hear_from("ana")
            kept = (
                await scene.now(record),
                await engine.attempts(record.message_id),
                await engine.conversations(),
                await scene.log(),
                engine.epoch,
            )
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            assert kept == (
                await scene.now(record),
                await engine.attempts(record.message_id),
                await engine.conversations(),
                await scene.log(),
                engine.epoch,
            )
            assert await engine.wait_for_events(0, 60) == len(kept[3])
            await scene.accept()
            assert await engine.head() == len(kept[3]) + 1

    async def test_attempt_that_was_under_way_is_in_doubt(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """It may have left: it is told, never sent again by itself, and its lane goes on."""
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            record = await scene.accept(text="one")
            await scene.accept(text="two")
            claim = await scene.claim_one()
        clock.advance(20)
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            assert (await scene.claim_one()).message.text == "two"
            assert await scene.status(record) is _S.UNKNOWN
            assert await scene.story(record) == ["queued", "sending", "unknown", "unknown"]
            await scene.hand_over(claim, "v-1")
            assert await scene.status(record) is _S.ACCEPTED
            assert (await scene.told(record))[-1].data["settled"] is True

    async def test_order_and_waits_outlive_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """A lane that waits for a retry waits on."""
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            for text in ("one", "two", "three"):
                await scene.accept(text=text)
            await scene.retry(await scene.claim_one(), in_s=60)
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            assert await scene.claim() == []
            clock.advance(60)
            assert await scene.everything_sent() == ["one", "two", "three"]

    async def test_health_outlives_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """After a restart the same answer is no news, and a change is told against the old one."""
        green = HealthRecord(can_send=True, facts={"quality": "GREEN"})
        async with open_engine(clock) as engine:
            assert await engine.begin_health(SHOP, gap_s=60)
            await engine.note_health(SHOP, green)
        async with open_engine(clock) as engine:
            assert not await engine.begin_health(SHOP, gap_s=60)
            assert not await engine.note_health(SHOP, green)
            assert await engine.note_health(
                SHOP, HealthRecord(can_send=True, facts={"quality": "RED"})
            )
            (told,) = await engine.events(0)
            assert told.data["before"] == green.facts

    async def test_inbox_outlives_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Raw webhooks wait, items stay applied, early statuses stay on the shelf."""
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            record = await scene.accept()
            await scene.hear_status("v-1", _S.DELIVERED)
            item = scene.item(key="same")
            await scene.webhook(item)
            request = WebhookRequest("POST", "/", b"raw")
            webhook_id = await engine.keep_webhook(SHOP, request)
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            assert await scene.webhook(item) == [ItemState.DUPLICATE]
            (pending,) = await engine.pending_webhooks(10)
            assert (pending.webhook_id, pending.body) == (webhook_id, b"raw")
            await scene.hand_over(await scene.claim_one(), "v-1")
            assert await scene.status(record) is _S.DELIVERED
