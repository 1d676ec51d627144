"""What proves a handover whenever it comes: echoes of any attempt, and late completions."""

from __future__ import annotations

import pytest

from relevo.engines.records import Claim, MessageRecord, Resolution
from relevo.events import DeliveryStatus, Receipt, StatusUpdate
from relevo.messages import UnknownPolicy
from relevo.testing.engine_rules.scene import REFUSED
from relevo.testing.engine_rules.stage import Stage, StageSetup

_S = DeliveryStatus
_RECONCILE = UnknownPolicy.RECONCILE
_CROWD = 40


async def _sent_again(stage: Stage) -> tuple[MessageRecord, Claim]:
    """Bring a message whose first attempt was taken for not sent; it waits again."""
    record = await stage.enter(text="doubtful", on_unknown=_RECONCILE)
    await stage.enter(text="behind")
    claim = await stage.claim_one()
    await stage.lose(claim)
    assert await stage.settle(record, Resolution.RESEND, attempt=1)
    return record, claim


@pytest.mark.anyio
class LateEchoRules(StageSetup):
    """An echo settles whenever it comes."""

    async def test_echo_takes_a_requeued_message_out_of_its_lane(self, stage: Stage) -> None:
        """It is not sent a second time; the next need not wait."""
        record, _ = await _sent_again(stage)
        await stage.echo(record, 1)
        now = await stage.now(record)
        assert (now.status, now.handovers) == (_S.SENT, 1)
        assert await stage.everything_sent() == ["behind"]

    async def test_echo_ends_the_doubt_of_a_lane_that_waits(self, stage: Stage) -> None:
        """The lane goes on at once."""
        record = await stage.in_doubt()
        await stage.enter(text="behind")
        await stage.echo(record, 1)
        assert (await stage.engine.standing(record.message_id)).doubt is None
        assert await stage.everything_sent() == ["behind"]

    async def test_echo_of_an_earlier_attempt_after_a_resend_shows_the_double(
        self, stage: Stage
    ) -> None:
        """Two handovers: on the message, in its event, in the pulse."""
        record, _ = await _sent_again(stage)
        await stage.hand_over(await stage.claim_one(), "v-2")
        assert (await stage.now(record)).handovers == 1
        await stage.echo(record, 1, provider_id="v-1")
        now = await stage.now(record)
        assert (now.handovers, now.provider_message_id) == (2, "v-2")
        assert (await stage.told(record))[-1].data["handovers"] == 2
        assert (await stage.engine.pulse()).doubled == 1
        assert await stage.attempts(record) == [(1, _S.ACCEPTED), (2, _S.ACCEPTED)]

    async def test_echoes_of_many_earlier_attempts_are_heard_in_one_webhook(
        self, stage: Stage
    ) -> None:
        """However many doubles there are: none keeps the webhook waiting."""
        records = []
        for number in range(_CROWD):
            record = await stage.enter(f"person-{number}", on_unknown=_RECONCILE)
            await stage.doubt(await stage.claim_one())
            assert await stage.settle(record, Resolution.RESEND, attempt=1)
            await stage.hand_over(await stage.claim_one(), f"second-{number}")
            records.append(record)
        await stage.hear(
            *(
                StatusUpdate(f"first-{number}", _S.SENT, message_id=record.message_id, attempt=1)
                for number, record in enumerate(records)
            )
        )
        assert {(await stage.now(record)).handovers for record in records} == {2}

    async def test_echo_of_an_earlier_attempt_while_sending_again(self, stage: Stage) -> None:
        """The holder keeps its lane, and its answer shows the double."""
        record, _ = await _sent_again(stage)
        claim = await stage.claim_one()
        await stage.echo(record, 1)
        assert await stage.claim() == []
        await stage.hand_over(claim)
        now = await stage.now(record)
        assert (now.status, now.handovers) == (_S.SENT, 2)
        assert await stage.everything_sent() == ["behind"]

    async def test_second_attempt_surely_not_sent_after_an_echo_of_the_first(
        self, stage: Stage
    ) -> None:
        """One handover; it is not tried again."""
        record, _ = await _sent_again(stage)
        claim = await stage.claim_one()
        await stage.echo(record, 1)
        await stage.retry(claim)
        now = await stage.now(record)
        assert (now.status, now.handovers, now.error) == (_S.SENT, 1, None)
        assert await stage.everything_sent() == ["behind"]

    async def test_news_that_waited_for_an_echo_belongs_to_its_attempt(self, stage: Stage) -> None:
        """Not to the one that is under way: the message was handed over once."""
        record, _ = await _sent_again(stage)
        claim = await stage.claim_one()
        await stage.hear_status("v-1", _S.SENT)
        await stage.echo(record, 1, provider_id="v-1", status=_S.DELIVERED)
        await stage.retry(claim)
        assert (await stage.now(record)).handovers == 1
        assert await stage.attempts(record) == [(1, _S.ACCEPTED), (2, _S.QUEUED)]

    async def test_repeated_echoes_count_once(self, stage: Stage) -> None:
        """Sent, delivered and read are news of one handover."""
        record = await stage.in_doubt()
        for status in (_S.SENT, _S.DELIVERED, _S.READ, _S.SENT):
            await stage.echo(record, 1, status=status)
        now = await stage.now(record)
        assert (now.status, now.handovers) == (_S.READ, 1)

    async def test_echo_and_answer_of_one_attempt_are_one_handover(self, stage: Stage) -> None:
        """In either order."""
        first = await stage.enter("ana")
        claim = await stage.claim_one()
        await stage.echo(first, 1)
        await stage.hand_over(claim)
        second = await stage.enter("bea")
        await stage.hand_over(await stage.claim_one())
        await stage.echo(second, 1)
        for record in (first, second):
            assert (await stage.now(record)).handovers == 1
        assert (await stage.engine.pulse()).doubled == 0

    async def test_echo_after_it_was_given_up_is_the_truth(self, stage: Stage) -> None:
        """A person said `not sent`; the provider has it. It is no dead letter any more."""
        record = await stage.in_doubt()
        await stage.engine.resolve(record.message_id, Resolution.NOT_SENT)
        await stage.echo(record, 1, status=_S.DELIVERED)
        now = await stage.now(record)
        assert (now.status, now.handovers, now.error) == (_S.DELIVERED, 1, None)
        assert await stage.replay() == []
        assert (await stage.engine.pulse()).dead == 0

    @pytest.mark.parametrize("status", [_S.SENT, None])
    async def test_echo_of_a_dead_letter_shows_that_the_provider_has_it(
        self, stage: Stage, status: DeliveryStatus | None
    ) -> None:
        """`failed` was our word, not the provider's; also where its word is not known to us."""
        record = await stage.in_doubt()
        await stage.engine.resolve(record.message_id, Resolution.NOT_SENT)
        await stage.echo(record, 1, status=status)
        now = await stage.now(record)
        assert (now.status, now.handovers, now.error) == (status or _S.ACCEPTED, 1, None)

    async def test_echo_with_an_unknown_word_ends_a_doubt(self, stage: Stage) -> None:
        """Whoever repeats our id has the message, whatever else the word means."""
        record = await stage.in_doubt()
        await stage.echo(record, 1, status=None)
        assert (await stage.now(record)).status is _S.ACCEPTED

    async def test_news_of_a_dead_letter_is_a_handover_however_it_is_told(
        self, stage: Stage
    ) -> None:
        """Without the attempt's number, or as a failure: it is not replayed."""
        for person, status in (("ana", _S.READ), ("bea", _S.FAILED)):
            record = await stage.in_doubt(person)
            await stage.engine.resolve(record.message_id, Resolution.NOT_SENT)
            await stage.echo(record, status=status)
            now = await stage.now(record)
            assert (now.status, now.handovers) == (status, 1)
            assert await stage.attempts(record) == [(1, _S.ACCEPTED)]
        assert await stage.replay() == []

    async def test_echo_of_a_replayed_message_takes_it_out_of_its_lane(self, stage: Stage) -> None:
        """The attempt before the replay had arrived after all."""
        record = await stage.in_doubt(text="doubtful")
        await stage.engine.resolve(record.message_id, Resolution.NOT_SENT)
        await stage.replay(record)
        await stage.echo(record, 1)
        assert await stage.claim() == []
        assert (await stage.now(record)).handovers == 1

    async def test_echo_of_an_attempt_that_never_was_proves_no_attempt(self, stage: Stage) -> None:
        """The status counts all the same: the provider has the message."""
        record = await stage.in_doubt()
        await stage.echo(record, 7)
        assert await stage.status(record) is _S.SENT
        assert await stage.attempts(record) == [(1, _S.UNKNOWN)]

    async def test_first_echo_of_an_attempt_is_dated(self, stage: Stage) -> None:
        """Later ones do not change it."""
        record = await stage.in_doubt()
        stage.clock.advance(3)
        await stage.echo(record, 1)
        first_at = stage.clock()
        stage.clock.advance(3)
        await stage.echo(record, 1, status=_S.READ)
        (attempt,) = await stage.engine.attempts(record.message_id)
        assert attempt.echoed_at == first_at


@pytest.mark.anyio
class StaleCompletionRules(StageSetup):
    """A completion without its lease is evidence; the lane is not its to give back."""

    async def test_late_acceptance_takes_a_requeued_message_out_of_its_lane(
        self, stage: Stage
    ) -> None:
        """It is not sent a second time."""
        record, claim = await _sent_again(stage)
        await stage.hand_over(claim, "v-1")
        now = await stage.now(record)
        assert (now.status, now.handovers, now.provider_message_id) == (_S.ACCEPTED, 1, "v-1")
        assert await stage.everything_sent() == ["behind"]

    async def test_late_acceptance_while_sending_again_shows_the_double(self, stage: Stage) -> None:
        """The second worker keeps the lane until it is done."""
        record, late = await _sent_again(stage)
        claim = await stage.claim_one()
        await stage.hand_over(late, "v-1")
        assert await stage.status(record) is _S.ACCEPTED
        assert await stage.claim() == []
        await stage.hand_over(claim, "v-2")
        now = await stage.now(record)
        assert (now.handovers, now.provider_message_id) == (2, "v-1")
        assert await stage.everything_sent() == ["behind"]

    async def test_late_word_that_it_was_not_sent_queues_it_again(self, stage: Stage) -> None:
        """In its place, when its wait is over; the doubt has ended."""
        record = await stage.enter(text="doubtful")
        await stage.enter(text="behind")
        claim = await stage.claim_one()
        await stage.lose(claim)
        await stage.retry(claim, in_s=5)
        assert await stage.status(record) is _S.QUEUED
        assert (await stage.engine.standing(record.message_id)).doubt is None
        assert (await stage.told(record))[-1].data["settled"] is True
        assert await stage.claim() == []
        stage.clock.advance(5)
        assert await stage.everything_sent() == ["doubtful", "behind"]

    async def test_late_word_that_it_was_not_sent_after_the_lane_went_on(
        self, stage: Stage
    ) -> None:
        """It goes to the tail; who holds the lane keeps it."""
        record = await stage.enter(text="doubtful")
        await stage.enter(text="behind")
        late = await stage.claim_one()
        await stage.lose(late)
        stage.clock.advance(stage.terms["shop"].unknown_lane_wait_s)
        holder = await stage.claim_one()
        await stage.enter(text="last")
        await stage.retry(late)
        assert await stage.status(record) is _S.QUEUED
        assert await stage.claim() == []
        await stage.hand_over(holder)
        assert await stage.everything_sent() == ["last", "doubtful"]

    async def test_late_refusal_ends_the_doubt(self, stage: Stage) -> None:
        """It surely was not sent, and never will be; the lane goes on."""
        record = await stage.enter(text="doubtful")
        await stage.enter(text="behind")
        claim = await stage.claim_one()
        await stage.lose(claim)
        await stage.refuse(claim)
        now = await stage.now(record)
        assert (now.status, now.error) == (_S.FAILED, REFUSED)
        assert await stage.everything_sent() == ["behind"]

    async def test_late_doubt_adds_nothing(self, stage: Stage) -> None:
        """One doubt, told once; the lane waits no longer for it."""
        stage.change_terms(unknown_lane_wait_s=600)
        record = await stage.enter(text="doubtful")
        await stage.enter(text="behind")
        claim = await stage.claim_one()
        await stage.lose(claim)
        stage.clock.advance(300)
        await stage.doubt_again(claim)
        assert await stage.status(record) is _S.UNKNOWN
        stage.clock.advance(300)
        assert await stage.everything_sent() == ["behind"]

    @pytest.mark.parametrize("outcome", [_S.QUEUED, _S.FAILED, _S.UNKNOWN, _S.EXPIRED])
    async def test_late_word_of_an_earlier_attempt_decides_nothing(
        self, stage: Stage, outcome: DeliveryStatus
    ) -> None:
        """Another attempt is in doubt now."""
        record, late = await _sent_again(stage)
        await stage.doubt(await stage.claim_one())
        before = await stage.now(record)
        await stage.complete(late, outcome, error=REFUSED)
        now = await stage.now(record)
        assert (now.status, now.error) == (_S.UNKNOWN, before.error)
        standing = await stage.engine.standing(record.message_id)
        assert standing.doubt is not None
        assert standing.doubt.attempt == 2
        assert await stage.claim() == []

    async def test_late_acceptance_of_what_a_person_gave_up(self, stage: Stage) -> None:
        """The handover is counted; it is no dead letter any more."""
        record = await stage.enter()
        claim = await stage.claim_one()
        await stage.lose(claim)
        await stage.engine.resolve(record.message_id, Resolution.NOT_SENT)
        await stage.complete(claim, _S.ACCEPTED, receipt=Receipt("v-1"))
        now = await stage.now(record)
        assert (now.status, now.handovers, now.error) == (_S.ACCEPTED, 1, None)
        assert await stage.replay() == []
