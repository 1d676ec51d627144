"""What trying again promises: by itself, and by hand once a message was given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from relevo.engines.records import MessageRecord, Resolution, Retention
from relevo.errors import NotReplayable, UnknownMessage
from relevo.events import DeliveryStatus, Receipt
from relevo.testing.engine_rules.scene import AWAY, CLINIC, REFUSED
from relevo.testing.engine_rules.stage import DAY_S, HOUR_S, THROTTLED, Stage, StageSetup

_S = DeliveryStatus


@pytest.mark.anyio
class RetryRules(StageSetup):
    """What a claim says about the attempts before it."""

    async def test_throttles_in_a_row_are_counted(self, stage: Stage) -> None:
        """Per person, until an attempt meets something else."""
        await stage.enter("ana")
        for count in range(3):
            claim = await stage.claim_one()
            assert claim.throttles == count
            await stage.finish(
                claim, _S.QUEUED, error=THROTTLED, lane_throttled=True, uses_attempt=False
            )
        await stage.enter("bea")
        ana, bea = sorted(await stage.claim(), key=lambda claim: claim.lane_key)
        assert (ana.throttles, bea.throttles) == (3, 0)
        assert (ana.counted_attempts, ana.attempt) == (0, 4)
        await stage.retry(ana)
        assert (await stage.claim_one()).throttles == 0

    async def test_person_who_is_throttled_lets_others_go_on(self, stage: Stage) -> None:
        """Only that lane waits."""
        await stage.enter("ana", "one")
        claim = await stage.claim_one()
        await stage.finish(claim, _S.QUEUED, error=THROTTLED, lane_throttled=True, retry_in_s=16)
        await stage.enter("ana", "two")
        await stage.enter("bea", "three")
        assert await stage.everything_sent() == ["three"]
        stage.clock.advance(16)
        assert await stage.everything_sent() == ["one", "two"]

    async def test_dead_letter_lets_its_lane_go_on(self, stage: Stage) -> None:
        """At once; it is counted, with its error and the moment it was given up."""
        record = await stage.enter(text="one")
        await stage.enter(text="two")
        claim = await stage.claim_one()
        stage.clock.advance(3)
        await stage.refuse(claim)
        now = await stage.now(record)
        assert (now.status, now.error, now.closed_at) == (_S.FAILED, REFUSED, stage.clock())
        assert (await stage.engine.pulse()).dead == 1
        assert await stage.everything_sent() == ["two"]

    async def test_message_is_closed_when_it_leaves_our_hands(self, stage: Stage) -> None:
        """At the handover, not at later news about it."""
        record = await stage.enter()
        assert record.closed_at is None
        provider_id = await stage.hand_over(await stage.claim_one())
        closed_at = stage.clock()
        stage.clock.advance(60)
        await stage.hear_status(provider_id, _S.READ)
        assert (await stage.now(record)).closed_at == closed_at


@pytest.mark.anyio
class ReplayRules(StageSetup):
    """Dead letters."""

    async def test_dead_letter_goes_to_the_tail_with_fresh_attempts(self, stage: Stage) -> None:
        """Its number of attempts goes on; those before no longer count."""
        record = await stage.enter(text="dead")
        await stage.retry(await stage.claim_one())
        await stage.refuse(await stage.claim_one())
        await stage.enter(text="waiting")
        assert await stage.replay(record) == [record.message_id]
        now = await stage.now(record)
        assert (now.status, now.closed_at, now.replayed_attempts) == (_S.QUEUED, None, 2)
        # Why it was given up is no reason of where it stands now; its attempts keep that.
        assert now.error is None
        assert all(one.error for one in await stage.engine.attempts(record.message_id))
        told = (await stage.told(record))[-1].data
        assert (told["status"], told["replayed"]) == ("queued", True)
        waiting = await stage.claim_one()
        assert waiting.message.text == "waiting"
        await stage.hand_over(waiting)
        again = await stage.claim_one()
        assert again.message.message_id == record.message_id
        assert (again.attempt, again.counted_attempts, again.replayed_attempts) == (3, 0, 2)
        await stage.retry(again)
        assert (await stage.claim_one()).counted_attempts == 1
        assert (await stage.engine.pulse()).dead == 0

    async def test_replayed_message_wakes_its_lane(self, stage: Stage) -> None:
        """Nothing else waits in it."""
        record = await stage.dead_letter()
        await stage.replay(record)
        await stage.hand_over(await stage.claim_one())
        story = ["queued", "sending", "failed", "queued", "sending", "accepted"]
        assert await stage.story(record) == story
        now = await stage.now(record)
        assert (now.error, now.handovers) == (None, 1)

    async def test_unknown_id_is_refused_and_nothing_is_replayed(self, stage: Stage) -> None:
        """All of a request, or nothing."""
        record = await stage.dead_letter()
        stranger = uuid4()
        with pytest.raises(UnknownMessage, match=str(stranger)):
            await stage.replay(record, _with_id(record, stranger))
        assert await stage.status(record) is _S.FAILED
        assert await stage.claim() == []

    async def test_message_that_was_not_given_up_is_not_replayed(self, stage: Stage) -> None:
        """Waiting, sending, in doubt, accepted, cancelled; nor is the dead one beside it."""
        dead = await stage.dead_letter("dan")
        waiting = await stage.enter("ana", send_at=stage.at(HOUR_S))
        cancelled = await stage.enter("bea")
        await stage.engine.cancel(cancelled.message_id)
        doubtful = await stage.in_doubt("cid")
        accepted = await stage.enter("eva")
        await stage.hand_over(await stage.claim_one())
        sending = await stage.enter("fay")
        await stage.claim_one()
        head = await stage.engine.head()
        for record in (waiting, cancelled, doubtful, accepted, sending):
            with pytest.raises(NotReplayable, match=str(record.message_id)):
                await stage.replay(dead, record)
        assert await stage.engine.head() == head
        assert await stage.status(dead) is _S.FAILED

    async def test_message_that_a_provider_took_is_not_replayed(self, stage: Stage) -> None:
        """It failed later, or it was taken after all: sending it again could double it."""
        failed_later = await stage.enter("ana")
        provider_id = await stage.hand_over(await stage.claim_one())
        await stage.hear_status(provider_id, _S.FAILED, error=REFUSED)
        taken_late = await stage.enter("bea", max_attempts=1)
        claim = await stage.claim_one()
        assert await stage.lose(claim) == []
        await stage.settle(taken_late, Resolution.NOT_SENT)
        await stage.complete(claim, _S.ACCEPTED, receipt=Receipt(None))
        assert await stage.status(failed_later) is _S.FAILED
        assert await stage.status(taken_late) is _S.ACCEPTED
        for record in (failed_later, taken_late):
            assert (await stage.now(record)).handovers == 1
            with pytest.raises(NotReplayable):
                await stage.replay(record)
        assert await stage.replay() == []
        assert await stage.claim() == []

    async def test_dead_letters_are_chosen(self, stage: Stage) -> None:
        """By account, error and time, alone and together; each once, oldest first."""
        early = await stage.dead_letter("ana", "early")
        stage.clock.advance(HOUR_S)
        late = await stage.dead_letter("bea", "late", error=REFUSED)
        other = await stage.dead_letter("ana", "other", account=CLINIC)
        await stage.enter("zoe", "waiting", send_at=stage.at(HOUR_S))
        now, before = stage.clock(), stage.at(-1)
        assert await stage.replay(account=CLINIC) == [other.message_id]
        await stage.refuse(await stage.claim_one())
        assert await stage.replay(error_code=AWAY.code) == [early.message_id]
        await stage.finish(await stage.claim_one(), _S.FAILED, error=AWAY)
        assert await stage.replay(closed_until=before) == []
        assert await stage.replay(error_code="no_such_code") == []
        ids = [early.message_id, late.message_id, other.message_id]
        assert await stage.replay(closed_from=now) == ids
        assert await stage.replay() == []
        assert sorted(await stage.claim_texts()) == ["early", "late", "other"]

    async def test_dead_letters_of_a_time_are_chosen(self, stage: Stage) -> None:
        """From a moment on, until another; the later moment is not meant."""
        records = []
        for number in range(4):
            records.append(await stage.dead_letter(f"person-{number}"))
            stage.clock.advance(60)
        chosen = await stage.replay(closed_from=stage.at(-180), closed_until=stage.at(-60))
        assert chosen == [records[1].message_id, records[2].message_id]

    async def test_dead_letters_of_a_person_a_status_and_an_age_are_chosen(
        self, stage: Stage
    ) -> None:
        """As a list of messages is; all that is asked has to hold."""
        early = await stage.dead_letter("ana", "early")
        stage.clock.advance(60)
        late = await stage.dead_letter("ana", "late")
        other = await stage.dead_letter("bea", "other")
        over = await stage.enter("bea", "over", expires_at=stage.at(10))
        stage.clock.advance(20)
        assert await stage.claim() == []
        assert await stage.status(over) is _S.EXPIRED
        nobody = {"lane_key": "test:zoe"}
        for query in (nobody, {"conversation_id": "none"}, {**nobody, "account": CLINIC}):
            assert await stage.replay(**query) == []
        assert await stage.replay(statuses=frozenset({_S.EXPIRED})) == [over.message_id]
        young = {"created_from": late.created_at, "created_until": stage.clock()}
        assert await stage.replay(lane_key=late.person.uri(), **young) == [late.message_id]
        failed = frozenset({_S.FAILED})
        thread = {"conversation_id": early.conversation_id, "statuses": failed}
        assert await stage.replay(**thread, lane_key=other.person.uri()) == []
        assert await stage.replay(**thread) == [early.message_id]
        assert await stage.replay(lane_key=other.person.uri(), statuses=failed) == [
            other.message_id
        ]

    async def test_replay_takes_no_more_than_it_was_told(self, stage: Stage) -> None:
        """The oldest first."""
        records = [await stage.dead_letter(f"person-{number}") for number in range(4)]
        ids = [record.message_id for record in records]
        assert await stage.replay(limit=3) == ids[:3]
        assert await stage.replay(limit=3) == ids[3:]

    async def test_expired_message_gets_its_whole_life_again(self, stage: Stage) -> None:
        """From now on; it may expire again."""
        record = await stage.enter(expires_at=stage.at(HOUR_S))
        stage.clock.advance(DAY_S)
        assert await stage.claim() == []
        assert await stage.status(record) is _S.EXPIRED
        await stage.replay(record)
        assert (await stage.now(record)).expires_at == stage.at(HOUR_S)
        stage.clock.advance(HOUR_S - 1)
        claim = await stage.claim_one()
        assert claim.message.expires_at == stage.at(1)
        await stage.retry(claim)
        stage.clock.advance(1)
        assert await stage.claim() == []
        assert await stage.status(record) is _S.EXPIRED

    async def test_message_that_expires_again_gets_the_same_life_again(self, stage: Stage) -> None:
        """However often, and however long it lay in between; a replay within it changes nothing."""
        record = await stage.enter(expires_at=stage.at(HOUR_S))
        for _ in range(3):
            stage.clock.advance(DAY_S)
            assert await stage.claim() == []
            await stage.replay(record)
            assert (await stage.now(record)).expires_at == stage.at(HOUR_S)
            stage.clock.advance(HOUR_S / 2)
            await stage.finish(await stage.claim_one(), _S.FAILED, error=AWAY)
            await stage.replay(record)
            assert (await stage.now(record)).expires_at == stage.at(HOUR_S / 2)

    async def test_life_of_a_scheduled_message_counts_from_its_time(self, stage: Stage) -> None:
        """The wait until `send_at` was no part of it."""
        record = await stage.enter(send_at=stage.at(DAY_S), expires_at=stage.at(DAY_S + HOUR_S))
        stage.clock.advance(2 * DAY_S)
        assert await stage.claim() == []
        await stage.engine.tidy(Retention())
        assert await stage.status(record) is _S.EXPIRED
        await stage.replay(record)
        assert (await stage.now(record)).expires_at == stage.at(HOUR_S)

    async def test_replay_before_its_end_leaves_a_life_as_it_was(self, stage: Stage) -> None:
        """A message that failed early is not kept alive longer than it was asked to."""
        record = await stage.dead_letter(expires_at=stage.clock() + timedelta(hours=2))
        stage.clock.advance(HOUR_S)
        await stage.replay(record)
        assert (await stage.now(record)).expires_at == stage.at(HOUR_S)

    async def test_dead_letter_whose_content_is_gone_is_not_replayed(self, stage: Stage) -> None:
        """There is nothing left to send; the others of its account go on."""
        record = await stage.dead_letter()
        stage.clock.advance(10)
        await stage.engine.tidy(Retention(contents_s=5))
        with pytest.raises(NotReplayable):
            await stage.replay(record)
        assert await stage.replay() == []
        await stage.enter(text="alive")
        assert await stage.everything_sent() == ["alive"]


def _with_id(record: MessageRecord, message_id: UUID) -> MessageRecord:
    return replace(record, message_id=message_id)
