"""What waiting for a time promises, and whose turn it is between people."""

from __future__ import annotations

from itertools import pairwise

import anyio
import pytest

from relevo.engines.port import CancelOutcome
from relevo.engines.records import Retention
from relevo.events import DeliveryStatus
from relevo.messages import UnknownPolicy
from relevo.testing.engine_rules.scene import AWAY, CLINIC, SHOP, SOON_S
from relevo.testing.engine_rules.stage import (
    HOUR_S,
    LOCKED_OUT,
    THROTTLED,
    Stage,
    StageSetup,
)

_S = DeliveryStatus


@pytest.mark.anyio
class ScheduleRules(StageSetup):
    """Messages that are not to leave before a moment."""

    async def test_scheduled_message_blocks_nobody(self, stage: Stage) -> None:
        """Later messages of the same person overtake it until its time."""
        record = await stage.enter(text="reminder", send_at=stage.at(60))
        assert record.status is _S.SCHEDULED
        (event,) = await stage.told(record)
        assert event.data["status"] == "scheduled"
        assert event.data["send_at"] == stage.at(60).isoformat()
        await stage.enter(text="hello")
        stage.clock.advance(59.999)
        assert await stage.everything_sent() == ["hello"]
        stage.clock.advance(0.001)
        assert await stage.everything_sent() == ["reminder"]
        story = ["scheduled", "queued", "sending", "accepted"]
        assert await stage.story(record) == story

    async def test_scheduled_message_joins_the_tail_at_its_time(self, stage: Stage) -> None:
        """Behind what entered the lane before, ahead of what enters after."""
        await stage.enter(text="reminder", send_at=stage.at(60))
        await stage.enter(text="one")
        claim = await stage.claim_one(lease_s=120)
        await stage.enter(text="two")
        stage.clock.advance(60)
        assert await stage.claim() == []
        await stage.enter(text="three")
        await stage.hand_over(claim)
        assert await stage.everything_sent() == ["two", "reminder", "three"]

    async def test_scheduled_messages_join_in_the_order_of_their_times(self, stage: Stage) -> None:
        """Not in the order of acceptance; at one moment, in that order."""
        for text, in_s in (("late", 90), ("early", 30), ("also early", 30), ("middle", 60)):
            await stage.enter(text=text, send_at=stage.at(in_s))
        stage.clock.advance(100)
        assert await stage.everything_sent() == ["early", "also early", "middle", "late"]

    async def test_time_that_has_passed_is_no_time(self, stage: Stage) -> None:
        """The message is queued at once."""
        record = await stage.enter(send_at=stage.clock())
        assert record.status is _S.QUEUED
        assert (await stage.claim_one()).message.message_id == record.message_id

    async def test_scheduled_message_is_cancelled(self, stage: Stage) -> None:
        """It never enters its lane."""
        record = await stage.enter(send_at=stage.at(60))
        assert await stage.engine.cancel(record.message_id) is CancelOutcome.CANCELLED
        stage.clock.advance(60)
        assert await stage.claim() == []
        assert await stage.story(record) == ["scheduled", "cancelled"]
        assert (await stage.engine.pulse()).scheduled == 0

    async def test_message_expires_while_it_is_scheduled(self, stage: Stage) -> None:
        """Its time to be sent came when its life was over; or only its life is over."""
        late = await stage.enter("ana", send_at=stage.at(30), expires_at=stage.at(40))
        never = await stage.enter("bea", send_at=stage.at(HOUR_S), expires_at=stage.at(40))
        stage.clock.advance(40)
        assert await stage.claim() == []
        assert await stage.story(late) == ["scheduled", "expired"]
        assert await stage.status(never) is _S.SCHEDULED
        await stage.engine.tidy(Retention())
        assert await stage.story(never) == ["scheduled", "expired"]
        stage.clock.advance(HOUR_S)
        assert await stage.claim() == []

    async def test_many_scheduled_for_one_moment_all_leave(self, stage: Stage) -> None:
        """More than one claim lets join."""
        for number in range(250):
            await stage.enter(f"person-{number}", str(number), send_at=stage.at(60))
        assert (await stage.engine.pulse()).scheduled == 250
        stage.clock.advance(60)
        sent: set[str] = set()
        for _ in range(10):
            claims = await stage.claim(limit=100)
            sent |= {claim.message.text for claim in claims}
        assert len(sent) == 250
        assert (await stage.engine.pulse()).scheduled == 0

    async def test_worker_waits_for_the_next_time(self, stage: Stage) -> None:
        """It neither sleeps through it, nor is it woken before."""
        await stage.enter(send_at=stage.at(60))
        with anyio.move_on_after(0.05) as waiting:
            await stage.engine.wait_for_work(60, stage.terms)
        assert waiting.cancelled_caught
        stage.clock.advance(60)
        with anyio.fail_after(SOON_S):
            await stage.engine.wait_for_work(60, stage.terms)


@pytest.mark.anyio
class ExpiryRules(StageSetup):
    """A message whose time is over is told so soon, whatever it waits for."""

    @pytest.mark.parametrize(
        "kept_by",
        ["pause", "block", "retry", "doubt", "attempt", "no worker", "its own time"],
    )
    async def test_message_expires_whatever_it_waits_for(self, stage: Stage, kept_by: str) -> None:
        """No claim looks there."""
        send_at = stage.at(HOUR_S) if kept_by == "its own time" else None
        head = None
        if kept_by in {"block", "retry", "doubt", "attempt"}:
            head = await stage.enter(text="head", on_unknown=UnknownPolicy.HOLD)
            claim = await stage.claim_one(lease_s=HOUR_S)
            if kept_by == "block":
                await stage.throttle(claim, HOUR_S)
            if kept_by == "retry":
                await stage.finish(claim, _S.QUEUED, error=AWAY, retry_in_s=HOUR_S)
            if kept_by == "doubt":
                await stage.doubt(claim)
        if kept_by == "pause":
            await stage.engine.pause(SHOP, LOCKED_OUT)
        account = "nobody's" if kept_by == "no worker" else SHOP
        record = await stage.enter(expires_at=stage.at(40), send_at=send_at, account=account)
        stage.clock.advance(39.999)
        assert await stage.engine.expire() == 0
        stage.clock.advance(0.001)
        assert await stage.engine.expire() == 1
        assert await stage.engine.expire() == 0
        assert (await stage.story(record))[-1] == "expired"
        assert (await stage.engine.pulse()).scheduled == 0
        if head is not None:
            assert await stage.status(head) is not _S.EXPIRED

    async def test_lane_goes_on_without_an_expired_head(self, stage: Stage) -> None:
        """Though the head would have waited for its retry."""
        head = await stage.enter(text="head", expires_at=stage.at(40))
        await stage.finish(await stage.claim_one(), _S.QUEUED, error=AWAY, retry_in_s=300)
        await stage.enter(text="behind")
        stage.clock.advance(40)
        assert await stage.engine.expire() == 1
        assert await stage.status(head) is _S.EXPIRED
        assert await stage.everything_sent() == ["behind"]

    async def test_throttled_person_is_spared_though_the_head_expires(self, stage: Stage) -> None:
        """The wait the provider asked for is the person's, whoever stands first."""
        await stage.enter(text="head", expires_at=stage.at(40))
        claim = await stage.claim_one()
        await stage.finish(
            claim,
            _S.QUEUED,
            error=THROTTLED,
            retry_in_s=300,
            uses_attempt=False,
            lane_throttled=True,
        )
        await stage.enter(text="behind")
        stage.clock.advance(40)
        assert await stage.engine.expire() == 1
        assert await stage.claim() == []
        stage.clock.advance(260)
        assert await stage.everything_sent() == ["behind"]

    async def test_longest_overdue_expire_first(self, stage: Stage) -> None:
        """A round retires at most as many as it was asked for."""
        late = await stage.enter("ana", expires_at=stage.at(30))
        early = await stage.enter("ana", expires_at=stage.at(10))
        last = await stage.enter("bea", expires_at=stage.at(40))
        stage.clock.advance(60)
        assert await stage.engine.expire(limit=2) == 2
        statuses = [await stage.status(one) for one in (early, late, last)]
        assert statuses == [_S.EXPIRED, _S.EXPIRED, _S.QUEUED]
        assert await stage.engine.expire() == 1

    async def test_replayed_message_expires_again(self, stage: Stage) -> None:
        """At the end of its new life, and not before."""
        record = await stage.enter(expires_at=stage.at(40))
        await stage.engine.pause(SHOP, LOCKED_OUT)
        stage.clock.advance(50)
        assert await stage.engine.expire() == 1
        await stage.replay(record)
        stage.clock.advance(39)
        assert await stage.engine.expire() == 0
        stage.clock.advance(1)
        assert await stage.engine.expire() == 1
        assert await stage.status(record) is _S.EXPIRED


@pytest.mark.anyio
class PriorityRules(StageSetup):
    """Normal before bulk, and nobody starves."""

    async def test_normal_lanes_go_before_bulk(self, stage: Stage) -> None:
        """However long the bulk ones are due."""
        await stage.enter_bulk("ana", "bulk")
        stage.clock.advance(60)
        await stage.enter("bea", "normal")
        assert await stage.claim_texts(limit=1) == ["normal"]
        assert await stage.claim_texts(limit=1) == ["bulk"]

    async def test_free_slots_go_to_bulk(self, stage: Stage) -> None:
        """A claim takes both, normal first."""
        await stage.enter_bulk("ana", "bulk")
        await stage.enter("bea", "normal")
        assert await stage.claim_texts() == ["normal", "bulk"]

    async def test_every_tenth_claim_takes_bulk_first(self, stage: Stage) -> None:
        """So bulk goes on however much normal traffic there is."""
        for number in range(40):
            await stage.enter(f"normal-{number}", "normal")
        for number in range(4):
            await stage.enter_bulk(f"bulk-{number}", "bulk")
        texts = [text for _ in range(30) for text in await stage.claim_texts(limit=1)]
        assert len(texts) == 30
        assert texts.count("bulk") == 3
        places = [number for number, text in enumerate(texts) if text == "bulk"]
        assert [later - earlier for earlier, later in pairwise(places)] == [10, 10]

    async def test_order_within_a_lane_wins(self, stage: Stage) -> None:
        """A lane is as urgent as its head: nobody overtakes inside it."""
        await stage.enter_bulk("ana", "ana bulk")
        await stage.enter("ana", "ana normal")
        await stage.enter_bulk("bea", "bea bulk")
        await stage.enter("cid", "cid normal")
        (first,) = await stage.claim(limit=1)
        (second,) = await stage.claim(limit=1)
        assert [first.message.text, second.message.text] == ["cid normal", "ana bulk"]
        await stage.hand_over(second)
        assert await stage.claim_texts(limit=1) == ["ana normal"]
        assert await stage.claim_texts(limit=1) == ["bea bulk"]

    async def test_lane_is_as_urgent_as_the_head_it_is_left_with(self, stage: Stage) -> None:
        """Also after a head was cancelled, or expired on the way."""
        head = await stage.enter_bulk("ana", "ana bulk")
        await stage.enter("ana", "ana normal")
        await stage.enter_bulk("bea", "bea bulk")
        await stage.engine.cancel(head.message_id)
        assert await stage.claim_texts(limit=1) == ["ana normal"]

    @pytest.mark.parametrize("accounts", [2, 3, 5])
    async def test_no_account_starves_another(self, stage: Stage, accounts: int) -> None:
        """Neither its normal nor its bulk messages, when each claim has one free slot."""
        names = [SHOP, CLINIC, *(f"account-{number}" for number in range(2, accounts))]
        for name in names:
            stage.terms[name] = stage.terms[SHOP]
            await stage.enter_bulk("bulk", f"{name} bulk", account=name)
            for number in range(11):
                await stage.enter(f"person-{number}", f"{name} normal", account=name)
        sent = [text for _ in range(10 * accounts) for text in await stage.claim_texts(limit=1)]
        assert {f"{name} bulk" for name in names} <= set(sent)
        counts = [sent.count(f"{name} normal") for name in names]
        assert max(counts) - min(counts) <= 2
