"""How a doubt ends by a decision: of the engine's own rule, or of a person."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import anyio
import pytest

from relevo.engines.records import MessageRecord, Resolution, Settled
from relevo.errors import NotInDoubt, OutcomeUnknown, UnknownMessage
from relevo.events import DeliveryStatus, Receipt, StatusUpdate
from relevo.messages import Address, UnknownPolicy
from relevo.testing.engine_rules.people import thread_of
from relevo.testing.engine_rules.scene import CLINIC, SOON_S
from relevo.testing.engine_rules.stage import DAY_S, Stage, StageSetup

_S = DeliveryStatus
_RECONCILE = UnknownPolicy.RECONCILE


async def _open_doubt(stage: Stage) -> MessageRecord:
    """Bring a message in doubt that has one behind it, and is due for a look."""
    record = await stage.in_doubt(policy=_RECONCILE, text="doubtful")
    await stage.enter(text="behind")
    stage.clock.advance(60)
    return record


async def _left_lane(stage: Stage) -> MessageRecord:
    """Bring a message in doubt that its lane no longer waits for; one is under way, one waits."""
    record = await _open_doubt(stage)
    await stage.enter(text="last")
    stage.clock.advance(stage.terms[record.account].unknown_lane_wait_s)
    return record


@pytest.mark.anyio
class SettleRules(StageSetup):
    """What a look led to."""

    async def test_doubt_settled_as_sent_is_accepted(self, stage: Stage) -> None:
        """With the id that a lookup found; the lane goes on."""
        record = await _open_doubt(stage)
        receipt = Receipt("v-1", {"found": True})
        assert await stage.settle(record, Resolution.SENT, why="lookup", receipt=receipt)
        now = await stage.now(record)
        assert (now.status, now.error, now.handovers) == (_S.ACCEPTED, None, 1)
        assert (now.provider_message_id, now.raw) == ("v-1", {"found": True})
        assert now.closed_at == stage.clock()
        told = (await stage.told(record))[-1].data
        assert (told["settled"], told["resolution"]) == (True, "sent")
        assert (told["why"], told["attempt"]) == ("lookup", 1)
        assert await stage.attempts(record) == [(1, _S.ACCEPTED)]
        await stage.hear_status("v-1", _S.READ)
        assert await stage.status(record) is _S.READ
        assert await stage.everything_sent() == ["behind"]

    async def test_lookup_teaches_other_addresses_of_the_person(self, stage: Stage) -> None:
        """As the answer to a send does: their threads are one then."""
        other = await stage.enter("ana-2")
        await stage.everything_sent()
        record = await _open_doubt(stage)
        aliases = (Address("test", "ana-2").uri(),)
        receipt = Receipt("v-1")
        assert await stage.settle(record, Resolution.SENT, receipt=receipt, aliases=aliases)
        assert (await thread_of(stage, "ana")).conversation_id == other.conversation_id
        assert (await stage.now(record)).status is _S.ACCEPTED

    async def test_lookup_that_tells_news_is_heard_whole(self, stage: Stage) -> None:
        """What waited on the shelf for that id too."""
        record = await _open_doubt(stage)
        await stage.hear_status("v-1", _S.SENT)
        receipt = Receipt("v-1", updates=(StatusUpdate("v-1", _S.DELIVERED),))
        assert await stage.settle(record, Resolution.SENT, receipt=receipt)
        assert (await stage.story(record))[-3:] == ["accepted", "sent", "delivered"]

    async def test_doubt_settled_as_resend_goes_first_in_its_lane(self, stage: Stage) -> None:
        """It kept its place, and the next attempt is another."""
        record = await _open_doubt(stage)
        assert await stage.settle(record, Resolution.RESEND)
        assert await stage.status(record) is _S.QUEUED
        claim = await stage.claim_one()
        assert (claim.message.text, claim.attempt) == ("doubtful", 2)
        await stage.hand_over(claim)
        assert await stage.everything_sent() == ["behind"]

    async def test_resend_goes_to_the_tail_once_the_lane_went_on(self, stage: Stage) -> None:
        """Its place is gone: those that entered before are first."""
        record = await _left_lane(stage)
        claim = await stage.claim_one()
        assert claim.message.text == "behind"
        assert await stage.settle(record, Resolution.RESEND)
        await stage.enter(text="newest")
        await stage.hand_over(claim)
        assert await stage.everything_sent() == ["last", "doubtful", "newest"]

    async def test_resend_into_a_lane_at_rest_is_due_at_once(self, stage: Stage) -> None:
        """Also long after the lane went on."""
        record = await _left_lane(stage)
        await stage.everything_sent()
        stage.clock.advance(3600)
        assert await stage.settle(record, Resolution.RESEND)
        assert await stage.everything_sent() == ["doubtful"]

    async def test_doubt_settled_as_not_sent_is_a_dead_letter(self, stage: Stage) -> None:
        """It can be replayed; the lane goes on."""
        record = await _open_doubt(stage)
        assert await stage.settle(record, Resolution.NOT_SENT, why="lookup")
        now = await stage.now(record)
        assert (now.status, now.handovers) == (_S.FAILED, 0)
        assert now.error is not None
        assert now.error.code == "unavailable"
        assert await stage.everything_sent() == ["behind"]
        assert await stage.replay() == [record.message_id]
        assert await stage.everything_sent() == ["doubtful"]

    async def test_resend_without_attempts_left_gives_the_message_up(self, stage: Stage) -> None:
        """By its own limit or by the account's."""
        stage.change_terms(max_attempts=1)
        record = await _open_doubt(stage)
        assert await stage.settle(record, Resolution.RESEND)
        assert await stage.status(record) is _S.FAILED

    async def test_doubt_can_be_looked_at_again(self, stage: Stage) -> None:
        """Later, and nothing is told."""
        record = await _open_doubt(stage)
        head = await stage.engine.head()
        assert await stage.settle(record, look_in_s=15)
        assert await stage.looks() == []
        stage.clock.advance(14.999)
        assert await stage.looks() == []
        stage.clock.advance(0.001)
        (doubt,) = await stage.looks()
        assert (doubt.message.message_id, doubt.record.held_for) == (record.message_id, None)
        assert await stage.engine.head() == head

    async def test_held_doubt_is_told_with_its_reason(self, stage: Stage) -> None:
        """It is never due again; an echo or a person ends it."""
        record = await _open_doubt(stage)
        assert await stage.settle(record, why="provider_has_no_echo")
        told = (await stage.told(record))[-1].data
        assert (told["status"], told["held_for"]) == ("unknown", "provider_has_no_echo")
        standing = await stage.engine.standing(record.message_id)
        assert standing.doubt is not None
        assert (standing.doubt.look_at, standing.doubt.held_for) == (None, "provider_has_no_echo")
        stage.clock.advance(24 * 3600)
        assert await stage.looks() == []
        await stage.echo(record, 1)
        assert await stage.status(record) is _S.SENT

    async def test_doubt_that_is_over_is_not_settled(self, stage: Stage) -> None:
        """An echo, a person or another worker was first: nothing changes."""
        echoed = await stage.in_doubt("ana", policy=_RECONCILE)
        resolved = await stage.in_doubt("bea", policy=_RECONCILE)
        settled = await stage.in_doubt("cid", policy=_RECONCILE)
        await stage.echo(echoed, 1)
        await stage.engine.resolve(resolved.message_id, Resolution.NOT_SENT)
        assert await stage.settle(settled, Resolution.SENT)
        head = await stage.engine.head()
        for record in (echoed, resolved, settled):
            for resolution in (*Resolution, None):
                assert not await stage.settle(record, resolution)
        assert await stage.engine.head() == head

    async def test_settlement_of_an_earlier_attempt_changes_nothing(self, stage: Stage) -> None:
        """The doubt is about another one now."""
        record = await stage.in_doubt(policy=_RECONCILE)
        assert await stage.settle(record, Resolution.RESEND)
        await stage.doubt(await stage.claim_one())
        assert not await stage.settle(record, Resolution.RESEND, attempt=1)
        assert await stage.status(record) is _S.UNKNOWN
        assert await stage.settle(record, Resolution.RESEND, attempt=2)

    async def test_settlement_of_a_message_nobody_knows_changes_nothing(self, stage: Stage) -> None:
        """It is no error of whoever looks."""
        record = await stage.in_doubt(policy=_RECONCILE)
        stranger = replace(record, message_id=uuid4())
        assert not await stage.settle(stranger, Resolution.RESEND, attempt=1)

    async def test_many_looks_at_once_settle_once(self, stage: Stage) -> None:
        """Every worker may look; one message is sent again once."""
        record = await _open_doubt(stage)
        answers: list[bool] = []

        async def settle() -> None:
            answers.append(await stage.settle(record, Resolution.RESEND, attempt=1))

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(settle)
        assert answers.count(True) == 1
        assert await stage.everything_sent() == ["doubtful", "behind"]

    async def test_who_waits_for_doubts_wakes_when_one_is_due(self, stage: Stage) -> None:
        """And at once when one is opened that can be looked up."""
        await stage.in_doubt("ana", policy=_RECONCILE)
        with anyio.move_on_after(0.05) as waiting:
            await stage.engine.wait_for_doubts(60)
        assert waiting.cancelled_caught
        stage.clock.advance(60)
        with anyio.fail_after(SOON_S):
            await stage.engine.wait_for_doubts(60)

    async def test_who_waits_for_doubts_wakes_when_one_is_opened(self, stage: Stage) -> None:
        """By a worker that told it."""
        stage.change_terms(on_unknown=_RECONCILE, looks_up=True)
        await stage.enter()
        claim = await stage.claim_one()
        woken = anyio.Event()

        async def wait() -> None:
            await stage.engine.wait_for_doubts(60)
            woken.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            with anyio.move_on_after(0.05):
                await woken.wait()
            assert not woken.is_set()
            await stage.doubt(claim)
            with anyio.fail_after(SOON_S):
                await woken.wait()


@pytest.mark.anyio
class ResolveRules(StageSetup):
    """What a person decides."""

    @pytest.mark.parametrize(
        ("resolution", "status"),
        [
            (Resolution.SENT, _S.ACCEPTED),
            (Resolution.NOT_SENT, _S.FAILED),
            (Resolution.RESEND, _S.QUEUED),
        ],
    )
    async def test_person_ends_a_doubt(
        self, stage: Stage, resolution: Resolution, status: DeliveryStatus
    ) -> None:
        """Also one that is held; it is told who did, and the lane goes on."""
        record = await stage.in_doubt(text="doubtful")
        await stage.enter(text="behind")
        given = await stage.engine.resolve(record.message_id, resolution)
        assert given == await stage.now(record)
        assert (given.status, given.handovers) == (status, int(resolution is Resolution.SENT))
        told = (await stage.told(record))[-1].data
        assert (told["settled"], told["resolution"]) == (True, resolution.value)
        assert (told["why"], told["status"]) == ("person", status.value)
        (attempt,) = await stage.engine.attempts(record.message_id)
        assert attempt.settled == Settled(resolution, "person", stage.clock())
        assert attempt.error is not None
        assert attempt.error.code == OutcomeUnknown.code
        texts = ["doubtful", "behind"] if resolution is Resolution.RESEND else ["behind"]
        assert await stage.everything_sent() == texts

    async def test_attempt_tells_that_the_provider_settled_its_doubt(self, stage: Stage) -> None:
        """By our id or by its own; an attempt without a doubt has nothing settled."""
        for person, echoed, why in (("ana", True, "echo"), ("bea", False, "news")):
            record = await stage.in_doubt(person)
            (before,) = await stage.engine.attempts(record.message_id)
            assert before.settled is None
            await stage.echo(record, 1 if echoed else None)
            (after,) = await stage.engine.attempts(record.message_id)
            assert after.settled == Settled(Resolution.SENT, why, stage.clock())
        plain = await stage.enter("cid")
        await stage.hand_over(await stage.claim_one())
        await stage.echo(plain, 1)
        (attempt,) = await stage.engine.attempts(plain.message_id)
        assert attempt.settled is None

    async def test_late_report_of_a_worker_keeps_how_a_person_decided(self, stage: Stage) -> None:
        """What was decided stays in the attempt's history."""
        record = await stage.enter()
        claim = await stage.claim_one()
        stage.clock.advance(DAY_S)
        await stage.claim()
        assert await stage.status(record) is _S.UNKNOWN
        await stage.engine.resolve(record.message_id, Resolution.NOT_SENT)
        await stage.hand_over(claim)
        (attempt,) = await stage.engine.attempts(record.message_id)
        assert (attempt.status, attempt.error) == (_S.ACCEPTED, None)
        assert attempt.settled is not None
        assert attempt.settled.resolution is Resolution.NOT_SENT

    async def test_person_may_resend_beyond_the_limit(self, stage: Stage) -> None:
        """The limit is for what happens by itself."""
        stage.change_terms(max_attempts=1)
        record = await stage.in_doubt()
        await stage.engine.resolve(record.message_id, Resolution.RESEND)
        assert (await stage.claim_one()).attempt == 2

    async def test_message_that_is_not_in_doubt_cannot_be_resolved(self, stage: Stage) -> None:
        """Its outcome is known; nothing changes."""
        queued = await stage.enter("ana", send_at=stage.at(60))
        accepted = await stage.enter("bea")
        await stage.hand_over(await stage.claim_one())
        sending = await stage.enter("cid")
        await stage.claim_one()
        head = await stage.engine.head()
        for record in (queued, accepted, sending):
            for resolution in Resolution:
                with pytest.raises(NotInDoubt, match=str(record.message_id)):
                    await stage.engine.resolve(record.message_id, resolution)
        assert await stage.engine.head() == head

    async def test_unknown_id_cannot_be_resolved(self, stage: Stage) -> None:
        """Nor a message that a person wrote."""
        await stage.hear_from("ana")
        stranger = uuid4()
        with pytest.raises(UnknownMessage, match=str(stranger)):
            await stage.engine.resolve(stranger, Resolution.SENT)

    async def test_two_people_resolve_once(self, stage: Stage) -> None:
        """The second is told that there is no doubt any more."""
        record = await stage.in_doubt(account=CLINIC)
        await stage.engine.resolve(record.message_id, Resolution.SENT)
        with pytest.raises(NotInDoubt):
            await stage.engine.resolve(record.message_id, Resolution.RESEND)
        assert await stage.claim() == []
