"""What an engine tells about one message at one moment, and about itself."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from relevo.engines.records import AccountState, ItemFault, Resolution, Retention
from relevo.errors import UnknownMessage
from relevo.events import AccountUpdate, DeliveryStatus
from relevo.messages import UnknownPolicy
from relevo.terms import Pace, PairPace
from relevo.testing.engine_rules.scene import CLINIC, SHOP
from relevo.testing.engine_rules.stage import LOCKED_OUT, Stage, StageSetup

_S = DeliveryStatus


@pytest.mark.anyio
class StandingRules(StageSetup):
    """All that decides what happens to a message next."""

    async def test_waiting_message_tells_who_is_ahead(self, stage: Stage) -> None:
        """And who is first, whether it is due, and that nobody holds the lane."""
        first = await stage.enter(text="one")
        await stage.enter(text="two")
        third = await stage.enter(text="three")
        standing = await stage.engine.standing(third.message_id)
        assert (standing.at, standing.record) == (stage.clock(), third)
        assert (standing.attempts, standing.doubt) == ([], None)
        lane = standing.lane
        assert lane is not None
        assert (lane.ahead, lane.waiting_here) == (2, True)
        assert (lane.head_id, lane.head_status) == (first.message_id, _S.QUEUED)
        assert (lane.due_at, lane.worker) == (stage.clock(), None)
        head = (await stage.engine.standing(first.message_id)).lane
        assert head is not None
        assert (head.ahead, head.waiting_here) == (0, True)

    async def test_message_behind_another_tells_how_the_first_stands(self, stage: Stage) -> None:
        """The first one only, however many are between."""
        first = await stage.enter(text="one")
        await stage.retry(await stage.claim_one(), in_s=30)
        await stage.enter(text="two")
        third = await stage.enter(text="three")
        standing = await stage.engine.standing(third.message_id)
        head = standing.head
        assert head is not None
        assert head == await stage.engine.standing(first.message_id)
        assert head.head is None
        assert head.lane is not None
        assert (head.lane.ahead, head.lane.due_at) == (0, stage.at(30))
        assert [attempt.number for attempt in head.attempts] == [1]
        assert len(standing.attempts) == 0

    async def test_message_under_way_tells_who_sends_it_until_when(self, stage: Stage) -> None:
        """The lane's lease."""
        record = await stage.enter()
        (claim,) = await stage.claim(worker="worker-7")
        standing = await stage.engine.standing(record.message_id)
        assert standing.record.status is _S.SENDING
        (attempt,) = standing.attempts
        assert (attempt.number, attempt.status) == (1, _S.SENDING)
        assert standing.lane is not None
        assert (standing.lane.worker, standing.lane.due_at) == ("worker-7", claim.lease_until)

    async def test_message_that_is_tried_again_tells_when(self, stage: Stage) -> None:
        """And what the attempts before came to."""
        record = await stage.enter()
        await stage.retry(await stage.claim_one(), in_s=30)
        standing = await stage.engine.standing(record.message_id)
        assert standing.lane is not None
        assert (standing.lane.due_at, standing.lane.worker) == (stage.at(30), None)
        (attempt,) = standing.attempts
        assert attempt.error == standing.record.error

    async def test_pace_to_a_person_is_told(self, stage: Stage) -> None:
        """When the run began and how many left."""
        stage.limit(pair_pace=PairPace(burst=5, every_s=6))
        began_at = stage.clock()
        records = []
        for _ in range(2):
            records.append(await stage.enter())
            await stage.hand_over(await stage.claim_one())
            stage.clock.advance(1)
        standing = await stage.engine.standing(records[-1].message_id)
        assert standing.lane is not None
        assert standing.lane.pace == Pace(began_at, 2)

    async def test_scheduled_message_waits_in_no_lane(self, stage: Stage) -> None:
        """Even if the person has one."""
        await stage.enter(text="now")
        record = await stage.enter(text="later", send_at=stage.at(60))
        standing = await stage.engine.standing(record.message_id)
        assert standing.record.send_at == stage.at(60)
        assert standing.lane is None or not standing.lane.waiting_here

    async def test_message_in_doubt_tells_about_its_doubt(self, stage: Stage) -> None:
        """When it is looked at, and how long its lane waits; then that it left the lane."""
        stage.change_terms(unknown_lane_wait_s=600)
        record = await stage.in_doubt(policy=UnknownPolicy.RECONCILE)
        behind = await stage.enter(text="behind")
        standing = await stage.engine.standing(record.message_id)
        assert standing.doubt is not None
        assert (standing.doubt.attempt, standing.doubt.look_at) == (1, stage.at(60))
        assert standing.lane is not None
        assert (standing.lane.due_at, standing.lane.waiting_here) == (stage.at(600), True)
        after = (await stage.engine.standing(behind.message_id)).lane
        assert after is not None
        assert (after.ahead, after.head_status) == (1, _S.UNKNOWN)
        stage.clock.advance(600)
        await stage.everything_sent()
        standing = await stage.engine.standing(record.message_id)
        assert standing.doubt is not None
        assert standing.lane is None or not standing.lane.waiting_here
        await stage.engine.resolve(record.message_id, Resolution.SENT)
        assert (await stage.engine.standing(record.message_id)).doubt is None

    async def test_what_stops_the_account_is_told(self, stage: Stage) -> None:
        """Its own account's only."""
        stage.limit(rate=2, burst=1)
        shop = await stage.enter("ana")
        await stage.throttle(await stage.claim_one(), 30)
        await stage.engine.pause(SHOP, LOCKED_OUT)
        await stage.engine.configured({SHOP: "a"})
        clinic = await stage.enter("ana", account=CLINIC)
        state = (await stage.engine.standing(shop.message_id)).account
        assert state == AccountState(
            full_at=stage.at(0.5),
            blocked_until=stage.at(30),
            paused_at=stage.clock(),
            pause_error=LOCKED_OUT,
            fingerprint="a",
        )
        assert await stage.engine.account_states() == {SHOP: state}
        assert (await stage.engine.standing(clinic.message_id)).account == AccountState()

    async def test_message_that_a_person_wrote_has_a_standing_too(self, stage: Stage) -> None:
        """It has arrived: nothing happens next."""
        await stage.hear_from("ana")
        (event,) = await stage.log()
        message_id = UUID(event.subject)
        standing = await stage.engine.standing(message_id)
        assert standing.record.status is _S.DELIVERED
        assert (standing.attempts, standing.doubt) == ([], None)

    async def test_unknown_message_has_no_standing(self, stage: Stage) -> None:
        """It is refused."""
        stranger = uuid4()
        with pytest.raises(UnknownMessage, match=str(stranger)):
            await stage.engine.standing(stranger)


@pytest.mark.anyio
class PulseRules(StageSetup):
    """How the engine is."""

    async def test_pulse_counts_every_kind(self, stage: Stage) -> None:
        """What waits, what is under way, what was given up, what came twice."""
        stage.change_terms(on_unknown=UnknownPolicy.RESEND)
        doubled = await stage.enter("ana")
        await stage.doubt(await stage.claim_one())
        await stage.hand_over(await stage.claim_one())
        await stage.echo(doubled, 1)
        await stage.dead_letter("bea")
        expired = await stage.enter("cid", expires_at=stage.at(1))
        stage.clock.advance(1)
        await stage.engine.tidy(Retention())
        assert await stage.status(expired) is _S.EXPIRED
        cancelled = await stage.enter("dan")
        await stage.engine.cancel(cancelled.message_id)
        await stage.in_doubt("eva")
        await stage.enter("fay")
        await stage.claim_one()
        for person in ("gus", "hal"):
            await stage.enter(person)
        for person in ("ivo", "jon", "kim"):
            await stage.enter(person, send_at=stage.at(60))
        fault = ItemFault("odd", "Odd.")
        await stage.webhook(stage.item(key="bad", fault=fault), stage.item(AccountUpdate("x")))
        pulse = await stage.engine.pulse()
        assert (pulse.queued, pulse.sending, pulse.unknown) == (2, 1, 1)
        assert (pulse.scheduled, pulse.dead, pulse.doubled) == (3, 2, 1)
        assert (pulse.quarantined, pulse.pending_webhooks, pulse.floor) == (1, 0, 0)

    async def test_pulse_of_an_empty_engine_is_zero(self, stage: Stage) -> None:
        """Nothing waits, nothing happened."""
        pulse = await stage.engine.pulse()
        assert (pulse.head, pulse.queued, pulse.sending, pulse.unknown) == (0, 0, 0, 0)
        assert (pulse.scheduled, pulse.dead, pulse.doubled, pulse.quarantined) == (0, 0, 0, 0)
        assert pulse.engine
        assert await stage.engine.account_states() == {}
