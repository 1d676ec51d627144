"""What follows a doubt: by policy, whether a worker tells it or falls silent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from relevo.engines.port import CancelOutcome
from relevo.engines.records import Claim, DoubtRecord, MessageRecord, Resolution, Retention
from relevo.events import DeliveryStatus
from relevo.messages import UnknownPolicy
from relevo.testing.engine_rules.scene import CLINIC, DOUBT
from relevo.testing.engine_rules.stage import DAY_S, Stage, StageSetup

_S = DeliveryStatus
_HOLD, _RECONCILE, _RESEND = UnknownPolicy.HOLD, UnknownPolicy.RECONCILE, UnknownPolicy.RESEND


async def _tell(stage: Stage, claim: Claim) -> None:
    await stage.doubt(claim)


async def _fall_silent(stage: Stage, claim: Claim) -> None:
    assert await stage.lose(claim) == []


_Cause = Callable[[Stage, Claim], Awaitable[None]]
_CAUSES = pytest.mark.parametrize("cause", [_tell, _fall_silent], ids=["told", "silence"])


async def _doubt_about(stage: Stage, record: MessageRecord) -> DoubtRecord | None:
    return (await stage.engine.standing(record.message_id)).doubt


@pytest.mark.anyio
class PolicyRules(StageSetup):
    """`hold`, `reconcile` and `resend`."""

    @_CAUSES
    async def test_held_doubt_is_left_to_a_person(self, stage: Stage, cause: _Cause) -> None:
        """It is never due for a look, and never sent again by itself."""
        stage.change_terms(on_unknown=_HOLD)
        record = await stage.enter()
        began_at = stage.clock()
        await cause(stage, await stage.claim_one())
        assert await stage.status(record) is _S.UNKNOWN
        assert await _doubt_about(stage, record) == DoubtRecord(
            1, began_at, _HOLD, look_at=None, held_for="hold"
        )
        stage.clock.advance(30 * DAY_S)
        assert await stage.looks() == []
        assert await stage.claim() == []
        assert await stage.status(record) is _S.UNKNOWN

    @_CAUSES
    async def test_reconciled_doubt_is_due_after_its_wait(
        self, stage: Stage, cause: _Cause
    ) -> None:
        """The wait begins with the attempt, not with the doubt."""
        stage.change_terms(on_unknown=_RECONCILE, reconcile_after_s=60)
        record = await stage.enter(text="one")
        claim = await stage.claim_one()
        began_at = stage.clock()
        stage.clock.advance(4)
        await cause(stage, claim)
        look_at = began_at + timedelta(seconds=60)
        assert await _doubt_about(stage, record) == DoubtRecord(1, began_at, _RECONCILE, look_at)
        stage.clock.advance((look_at - stage.clock()).total_seconds() - 0.001)
        assert await stage.looks() == []
        stage.clock.advance(0.001)
        (doubt,) = await stage.looks()
        assert (doubt.account, doubt.record.attempt) == ("shop", 1)
        assert (doubt.message.message_id, doubt.message.text) == (record.message_id, "one")
        assert (doubt.message.attempt, doubt.at) == (1, stage.clock())
        assert await stage.claim() == []

    async def test_doubt_that_can_be_looked_up_is_due_at_once(self, stage: Stage) -> None:
        """The provider can be asked."""
        stage.change_terms(on_unknown=_RECONCILE, looks_up=True)
        record = await stage.enter()
        await stage.doubt(await stage.claim_one())
        (doubt,) = await stage.looks()
        assert doubt.message.message_id == record.message_id

    async def test_resend_policy_sends_again_at_once(self, stage: Stage) -> None:
        """In its place, before those behind it; doubt and end are told."""
        stage.change_terms(on_unknown=_RESEND)
        record = await stage.enter(text="one")
        await stage.enter(text="two")
        await stage.doubt(await stage.claim_one())
        assert await stage.story(record) == ["queued", "sending", "unknown", "queued"]
        told = (await stage.told(record))[-1].data
        assert (told["settled"], told["resolution"]) == (True, "resend")
        assert await _doubt_about(stage, record) is None
        again = await stage.claim_one()
        assert (again.message.text, again.attempt, again.counted_attempts) == ("one", 2, 1)
        await stage.hand_over(again)
        assert await stage.everything_sent() == ["two"]

    async def test_resend_policy_holds_for_silence_too(self, stage: Stage) -> None:
        """The claim that finds the ended lease may begin the next attempt at once."""
        stage.change_terms(on_unknown=_RESEND)
        await stage.enter(text="one")
        await stage.enter(text="two")
        (again,) = await stage.lose(await stage.claim_one())
        assert (again.message.text, again.attempt) == ("one", 2)
        assert await stage.attempts(await stage.now_of(again)) == [
            (1, _S.UNKNOWN),
            (2, _S.SENDING),
        ]

    async def test_resend_waits_as_long_as_it_was_told(self, stage: Stage) -> None:
        """The judge of errors may ask for a pause."""
        stage.change_terms(on_unknown=_RESEND)
        await stage.enter()
        claim = await stage.claim_one()
        await stage.finish(claim, _S.UNKNOWN, error=DOUBT, retry_in_s=8)
        stage.clock.advance(7.999)
        assert await stage.claim() == []
        stage.clock.advance(0.001)
        assert (await stage.claim_one()).attempt == 2

    @pytest.mark.parametrize("limit", [{"max_attempts": 2}, {}], ids=["own", "general"])
    async def test_resend_ends_with_the_last_attempt(
        self, stage: Stage, limit: dict[str, Any]
    ) -> None:
        """Then it is held: by the message's own limit, or by the account's."""
        stage.change_terms(on_unknown=_RESEND, max_attempts=2 if not limit else 8)
        record = await stage.enter(**limit)
        await stage.doubt(await stage.claim_one())
        await stage.doubt(await stage.claim_one())
        assert await stage.status(record) is _S.UNKNOWN
        doubt = await _doubt_about(stage, record)
        assert doubt is not None
        assert (doubt.attempt, doubt.held_for, doubt.look_at) == (2, "attempts_spent", None)

    @pytest.mark.parametrize("own", list(UnknownPolicy))
    @pytest.mark.parametrize("accounts", list(UnknownPolicy))
    async def test_messages_own_policy_wins(
        self, stage: Stage, accounts: UnknownPolicy, own: UnknownPolicy
    ) -> None:
        """Over its account's."""
        stage.change_terms(on_unknown=accounts)
        record = await stage.enter(on_unknown=own)
        await stage.doubt(await stage.claim_one())
        doubt = await _doubt_about(stage, record)
        if own is _RESEND:
            assert (await stage.status(record), doubt) == (_S.QUEUED, None)
        else:
            assert doubt is not None
            assert (doubt.policy, doubt.look_at is None) == (own, own is _HOLD)

    async def test_lost_attempt_says_that_it_may_have_left(self, stage: Stage) -> None:
        """On the message, on the attempt, and in the event."""
        record = await stage.enter()
        claim = await stage.claim_one()
        await _fall_silent(stage, claim)
        now = await stage.now(record)
        assert now.error is not None
        assert now.error.code == DOUBT.code
        (attempt,) = await stage.engine.attempts(record.message_id)
        assert (attempt.status, attempt.error) == (_S.UNKNOWN, now.error)
        assert attempt.finished_at == stage.clock()
        assert (await stage.told(record))[-1].data["error"]["code"] == DOUBT.code

    async def test_doubt_never_expires(self, stage: Stage) -> None:
        """It may be on somebody's phone: only knowing, or a person, ends it."""
        record = await stage.enter(expires_at=stage.at(30))
        await stage.doubt(await stage.claim_one())
        stage.clock.advance(DAY_S)
        assert await stage.claim() == []
        await stage.engine.tidy(Retention(contents_s=1, events_s=None))
        now = await stage.now(record)
        assert (now.status, now.closed_at) == (_S.UNKNOWN, None)
        assert now.content == record.content
        assert await stage.engine.cancel(record.message_id) is CancelOutcome.TOO_LATE

    async def test_doubt_sent_again_after_its_time_expires(self, stage: Stage) -> None:
        """Then nobody thinks any more that it left."""
        record = await stage.enter(expires_at=stage.at(30))
        await stage.doubt(await stage.claim_one())
        stage.clock.advance(60)
        await stage.engine.resolve(record.message_id, Resolution.RESEND)
        assert await stage.claim() == []
        assert await stage.status(record) is _S.EXPIRED

    async def test_looks_are_given_longest_due_first(self, stage: Stage) -> None:
        """For the accounts that are asked for, up to the limit."""
        for person in ("ana", "bea", "cid"):
            await stage.in_doubt(person, policy=_RECONCILE)
            stage.clock.advance(1)
        await stage.in_doubt("dan", policy=_RECONCILE, account=CLINIC)
        stage.clock.advance(60)
        people = [doubt.message.to.value for doubt in await stage.looks()]
        assert people == ["ana", "bea", "cid"]
        assert [doubt.message.to.value for doubt in await stage.looks(limit=2)] == ["ana", "bea"]
        assert [doubt.account for doubt in await stage.looks(CLINIC)] == [CLINIC]
        assert len(await stage.looks(CLINIC, "shop")) == 4
        assert await stage.engine.doubts([], 10) == []


@pytest.mark.anyio
class DoubtfulLaneRules(StageSetup):
    """How long a person's other messages wait for one in doubt."""

    @_CAUSES
    async def test_lane_waits_for_a_doubt_then_goes_on_and_says_so(
        self, stage: Stage, cause: _Cause
    ) -> None:
        """`unknown_lane_wait_s` after it became one."""
        stage.change_terms(unknown_lane_wait_s=600)
        record = await stage.enter(text="one")
        await stage.enter(text="two")
        await cause(stage, await stage.claim_one())
        stage.clock.advance(599.999)
        assert await stage.claim() == []
        stage.clock.advance(0.001)
        assert await stage.everything_sent() == ["two"]
        told = (await stage.told(record))[-1].data
        assert (told["status"], told["lane"]) == ("unknown", "went_on")
        assert await stage.status(record) is _S.UNKNOWN

    async def test_doubt_alone_in_its_lane_leaves_it_once(self, stage: Stage) -> None:
        """A message accepted later does not wait again."""
        stage.change_terms(unknown_lane_wait_s=600)
        record = await stage.in_doubt()
        stage.clock.advance(600)
        assert await stage.claim() == []
        await stage.enter(text="later")
        assert await stage.everything_sent() == ["later"]
        went_on = [event for event in await stage.told(record) if "lane" in event.data]
        assert len(went_on) == 1

    async def test_message_accepted_behind_a_doubt_waits_for_it(self, stage: Stage) -> None:
        """The lane is not at rest."""
        stage.change_terms(unknown_lane_wait_s=600)
        await stage.in_doubt()
        await stage.enter(text="behind")
        assert await stage.claim() == []
        stage.clock.advance(600)
        assert await stage.everything_sent() == ["behind"]

    async def test_lane_without_a_wait_goes_on_at_once(self, stage: Stage) -> None:
        """The doubt stays open."""
        stage.change_terms(unknown_lane_wait_s=0)
        record = await stage.enter(text="one")
        await stage.enter(text="two")
        await stage.doubt(await stage.claim_one())
        assert await stage.everything_sent() == ["two"]
        assert await stage.status(record) is _S.UNKNOWN

    async def test_other_people_do_not_wait(self, stage: Stage) -> None:
        """A doubt is one person's."""
        await stage.in_doubt("ana")
        await stage.enter("bea", "bea")
        assert await stage.everything_sent() == ["bea"]
