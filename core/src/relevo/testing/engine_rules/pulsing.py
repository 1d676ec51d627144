"""Rules about the pulse: which lanes wait, and what has waited longest."""

from __future__ import annotations

import pytest

from relevo.engines.records import LanePulse, Resolution
from relevo.testing.engine_rules.scene import CLINIC, SHOP
from relevo.testing.engine_rules.stage import LOCKED_OUT, Stage, StageSetup
from relevo.webhooks import WebhookRequest


@pytest.mark.anyio
class WaitingPulseRules(StageSetup):
    """How many lanes of an account wait, and since when."""

    async def test_pulse_tells_lanes_that_are_due_from_those_that_are_held(
        self, stage: Stage
    ) -> None:
        """Account by account; bulk counts as the rest does."""
        await stage.enter("ana")
        await stage.claim_one()
        first_due = stage.clock()
        await stage.enter("bea")
        stage.clock.advance(3)
        await stage.enter_bulk("cid", "hello")
        await stage.enter("cid", "again")
        await stage.enter("dan", account=CLINIC)
        pulse = await stage.engine.pulse()
        assert pulse.told_at == stage.clock()
        assert pulse.lanes[SHOP] == LanePulse(due=2, held=1, due_since=first_due)
        assert pulse.lanes[CLINIC] == LanePulse(due=1, due_since=stage.clock())

    async def test_lane_that_waits_for_its_time_is_not_due(self, stage: Stage) -> None:
        """A retry is due when its wait is over, and since then."""
        await stage.enter("ana")
        since, due_at = stage.clock(), stage.at(60)
        await stage.retry(await stage.claim_one(), 60)
        waits = LanePulse(retry=1, failing_since=since)
        assert (await stage.engine.pulse()).lanes[SHOP] == waits
        stage.clock.advance(75)
        due = LanePulse(due=1, due_since=due_at, failing_since=since)
        assert (await stage.engine.pulse()).lanes[SHOP] == due

    async def test_message_that_fails_is_told_since_its_first_attempt(self, stage: Stage) -> None:
        """Also while it is tried again, until it is handed over; a replay begins anew."""
        stage.clock.advance(30)
        since = stage.clock()
        await stage.enter("ana")
        assert (await stage.engine.pulse()).lanes[SHOP].failing_since is None
        first = await stage.claim_one()
        assert (await stage.engine.pulse()).lanes[SHOP] == LanePulse(held=1)
        await stage.retry(first, 5)
        stage.clock.advance(5)
        again = await stage.claim_one()
        told = (await stage.engine.pulse()).lanes[SHOP]
        assert told == LanePulse(held=1, failing_since=since)
        assert told.oldest_wait == since
        await stage.hand_over(again)
        given_up = await stage.dead_letter("bea")
        await stage.replay(given_up)
        told = (await stage.engine.pulse()).lanes[SHOP]
        assert (told.due, told.failing_since) == (1, None)
        replayed = stage.clock()
        await stage.retry(await stage.claim_one(), 60)
        told = (await stage.engine.pulse()).lanes[SHOP]
        assert told == LanePulse(retry=1, failing_since=replayed)

    async def test_lanes_of_a_stopped_account_are_blocked(self, stage: Stage) -> None:
        """Paused or throttled: nothing of it is due, and it waits all the same."""
        since = stage.clock()
        await stage.enter("ana")
        await stage.engine.pause(SHOP, LOCKED_OUT)
        stage.clock.advance(5)
        assert (await stage.engine.pulse()).lanes[SHOP] == LanePulse(blocked=1, due_since=since)
        await stage.engine.resume(SHOP, why="by_hand")
        await stage.throttle(await stage.claim_one(), 30)
        stage.clock.advance(10)
        await stage.enter("bea")
        told = (await stage.engine.pulse()).lanes[SHOP]
        assert (told.due, told.blocked > 0) == (0, True)

    async def test_lane_behind_a_doubt_is_told_apart(self, stage: Stage) -> None:
        """Until the doubt is settled, or the lane waited long enough and is due."""
        stage.change_terms(unknown_lane_wait_s=600)
        settled = await stage.in_doubt("ana")
        await stage.enter("ana", "behind")
        await stage.in_doubt("bea")
        await stage.in_doubt("cid", account=CLINIC)
        pulse = await stage.engine.pulse()
        assert pulse.lanes == {SHOP: LanePulse(doubt=2), CLINIC: LanePulse(due=0, doubt=1)}
        await stage.engine.resolve(settled.message_id, Resolution.SENT)
        since = stage.clock()
        told = LanePulse(due=1, due_since=since, doubt=1)
        assert (await stage.engine.pulse()).lanes[SHOP] == told
        await stage.engine.pause(SHOP, LOCKED_OUT)
        stopped = LanePulse(blocked=1, due_since=since, doubt=1)
        assert (await stage.engine.pulse()).lanes[SHOP] == stopped
        await stage.engine.resume(SHOP, why="by_hand")
        stage.clock.advance(601)
        assert (await stage.engine.pulse()).lanes[SHOP].doubt == 0
        await stage.everything_sent()
        assert (await stage.engine.pulse()).lanes == {}

    async def test_lane_is_counted_no_more_once_nothing_waits_in_it(self, stage: Stage) -> None:
        """Handed over or withdrawn."""
        await stage.enter("ana")
        await stage.hand_over(await stage.claim_one())
        withdrawn = await stage.enter("bea")
        await stage.engine.cancel(withdrawn.message_id)
        lanes = (await stage.engine.pulse()).lanes
        assert lanes.get(SHOP, LanePulse()) == LanePulse()

    async def test_pulse_tells_since_when_a_webhook_waits(self, stage: Stage) -> None:
        """The oldest of all accounts; none once they are applied."""
        assert (await stage.engine.pulse()).webhook_since is None
        since = stage.clock()
        request = WebhookRequest("POST", "/webhooks/shop", b"{}")
        webhook_id = await stage.engine.keep_webhook(CLINIC, request)
        stage.clock.advance(9)
        later = await stage.engine.keep_webhook(SHOP, request)
        assert (await stage.engine.pulse()).webhook_since == since
        await stage.apply(webhook_id, [stage.item()])
        assert (await stage.engine.pulse()).webhook_since == stage.clock()
        await stage.apply(later, [stage.item()])
        assert (await stage.engine.pulse()).webhook_since is None
