"""What completing an attempt promises, with the lane's lease in hand and without."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pydantic import JsonValue

from relevo.engines.records import Completion
from relevo.errors import EngineError, Phase, UnknownMessage
from relevo.events import DeliveryStatus, EventType, Receipt, StatusUpdate
from relevo.messages import Message
from relevo.middleware import EventDraft
from relevo.testing.engine_rules.scene import AWAY, DOUBT, REFUSED, EngineSetup, Scene

_S = DeliveryStatus


@pytest.mark.anyio
class CompletionRules(EngineSetup):
    """With the lease in hand."""

    async def test_acceptance_keeps_the_receipt(self, scene: Scene) -> None:
        """On the message, on its attempt, and in the event."""
        record = await scene.accept()
        claim = await scene.claim_one()
        await scene.engine.complete(
            [
                Completion(
                    claim,
                    _S.ACCEPTED,
                    phase=Phase.ANSWERED,
                    receipt=Receipt("v-1", {"id": "v-1"}),
                    detail={"took_ms": 12},
                    events=(EventDraft(EventType.OUTBOUND, {"attempt": 1, "raw": {"id": "v-1"}}),),
                )
            ]
        )
        now = await scene.now(record)
        assert (now.status, now.provider_message_id) == (_S.ACCEPTED, "v-1")
        assert (now.raw, now.error) == ({"id": "v-1"}, None)
        (attempt,) = await scene.engine.attempts(record.message_id)
        assert (attempt.status, attempt.provider_message_id) == (_S.ACCEPTED, "v-1")
        assert (attempt.phase, attempt.detail) == (Phase.ANSWERED, {"took_ms": 12})
        assert attempt.finished_at == scene.clock()
        told = (await scene.told(record))[-1]
        assert told.data["status"] == "accepted"
        assert told.data["provider_message_id"] == "v-1"
        assert (told.data["raw"], told.data["attempt"]) == ({"id": "v-1"}, 1)

    async def test_acceptance_without_an_id_is_acceptance(self, scene: Scene) -> None:
        """The id may be learned later, by an echo."""
        record = await scene.accept()
        await scene.complete(await scene.claim_one(), _S.ACCEPTED, receipt=Receipt(None))
        assert await scene.status(record) is _S.ACCEPTED
        await scene.hear_status("v-1", _S.SENT, echo=record.message_id)
        assert (await scene.now(record)).provider_message_id == "v-1"

    async def test_drafts_say_what_they_want_but_not_the_status(self, scene: Scene) -> None:
        """A layer may add and replace words; where the message stands is the engine's."""
        record = await scene.accept()
        wanted: dict[str, JsonValue] = {"status": "delivered", "provider": "mine", "note": "x"}
        draft = EventDraft(EventType.OUTBOUND, wanted)
        completion = Completion(await scene.claim_one(), _S.FAILED, events=(draft,))
        await scene.engine.complete([completion])
        data = (await scene.told(record))[-1].data
        assert (data["status"], data["provider"], data["note"]) == ("failed", "mine", "x")
        assert data["to"] == "ana"

    async def test_completion_without_drafts_tells_nothing(self, scene: Scene) -> None:
        """What is told about an outcome is the layers' to say."""
        record = await scene.accept()
        await scene.engine.complete([Completion(await scene.claim_one(), _S.ACCEPTED)])
        assert await scene.story(record) == ["queued", "sending"]
        assert await scene.status(record) is _S.ACCEPTED

    async def test_last_error_stays_until_acceptance(self, scene: Scene) -> None:
        """While it waits for its retry, while it is tried again, but no longer."""
        record = await scene.accept()
        await scene.retry(await scene.claim_one())
        assert (await scene.now(record)).error == AWAY
        claim = await scene.claim_one()
        assert (await scene.now(record)).error == AWAY
        await scene.hand_over(claim)
        assert (await scene.now(record)).error is None
        first, second = await scene.engine.attempts(record.message_id)
        assert (first.status, first.error) == (_S.QUEUED, AWAY)
        assert (second.status, second.error) == (_S.ACCEPTED, None)

    async def test_only_attempts_that_count_are_counted(self, scene: Scene) -> None:
        """A claim tells how many tries are used up, and which attempt it is."""
        await scene.accept()
        for uses_attempt in (True, False, True):
            claim = await scene.claim_one()
            await scene.complete(claim, _S.QUEUED, uses_attempt=uses_attempt)
        claim = await scene.claim_one()
        assert (claim.attempt, claim.counted_attempts) == (4, 2)

    async def test_completing_twice_changes_nothing(self, scene: Scene) -> None:
        """A worker that did not hear the answer may say it again."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        claim = await scene.claim_one()
        await scene.hand_over(claim, "v-1")
        second = await scene.claim_one()
        before, head = await scene.now(record), await scene.engine.head()
        await scene.refuse(claim)
        assert await scene.now(record) == before
        assert await scene.engine.head() == head
        await scene.hand_over(second)
        assert await scene.claim() == []

    async def test_several_completions_are_one_change(self, scene: Scene) -> None:
        """All are kept; or, if one cannot be, none."""
        for text in ("one", "two"):
            for person in ("ana", "bea"):
                await scene.accept(person, text)
        first, second = await scene.claim()
        stranger = Message(account="shop", to="5411", text="x", message_id=uuid4())
        unheard = Completion(
            claim=type(first)(
                message=stranger,
                account="shop",
                lane_key="zoe",
                attempt=1,
                counted_attempts=0,
                replayed_attempts=0,
                throttles=0,
                token=1,
                lease_until=first.lease_until,
            ),
            status=_S.FAILED,
        )
        head = await scene.engine.head()
        taken = [Completion(claim, _S.ACCEPTED, receipt=Receipt(None)) for claim in (first, second)]
        with pytest.raises(UnknownMessage):
            await scene.engine.complete([*taken, unheard])
        assert await scene.engine.head() == head
        assert (await scene.engine.pulse()).sending == 2
        assert await scene.claim() == []
        await scene.engine.complete([Completion(claim, _S.QUEUED) for claim in (first, second)])
        assert (await scene.engine.pulse()).sending == 0
        again = [claim.message.text for claim in await scene.claim()]
        assert again == ["one", "one"]

    async def test_impossible_outcome_is_refused(self, scene: Scene) -> None:
        """An attempt cannot make a message `delivered` or `cancelled`."""
        record = await scene.accept()
        claim = await scene.claim_one()
        for status in (_S.DELIVERED, _S.CANCELLED, _S.SENDING):
            with pytest.raises(EngineError, match=status.value):
                await scene.complete(claim, status)
        assert await scene.status(record) is _S.SENDING

    async def test_news_within_the_answer_is_applied(self, scene: Scene) -> None:
        """Some providers answer with the first status."""
        record = await scene.accept()
        receipt = Receipt("v-1", updates=(StatusUpdate("v-1", _S.SENT),))
        await scene.complete(await scene.claim_one(), _S.ACCEPTED, receipt=receipt)
        assert await scene.status(record) is _S.SENT
        assert await scene.story(record) == ["queued", "sending", "accepted", "sent"]

    @pytest.mark.parametrize("outcome", [_S.QUEUED, _S.UNKNOWN, _S.FAILED, _S.EXPIRED])
    async def test_outcome_does_not_pull_back_what_a_status_proved(
        self, scene: Scene, outcome: DeliveryStatus
    ) -> None:
        """An echo came while sending: the message stays there, is not sent again, and leaves."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        claim = await scene.claim_one()
        await scene.hear_status("v-1", _S.SENT, echo=record.message_id)
        await scene.complete(claim, outcome, error=AWAY)
        now = await scene.now(record)
        assert (now.status, now.error) == (_S.SENT, None)
        assert (await scene.told(record))[-1].data["status"] == "sent"
        assert await scene.everything_sent() == ["two"]


@pytest.mark.anyio
class FenceRules(EngineSetup):
    """After the lease has ended."""

    async def test_late_acceptance_settles_the_doubt_and_leaves_the_lane_alone(
        self, scene: Scene
    ) -> None:
        """The next message's holder keeps the lane."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        late = await scene.claim_one()
        scene.clock.advance(20)
        holder = await scene.claim_one()
        await scene.hand_over(late, "v-late")
        now = await scene.now(record)
        assert (now.status, now.provider_message_id) == (_S.ACCEPTED, "v-late")
        assert now.error is None
        settled = (await scene.told(record))[-1].data
        assert (settled["settled"], settled["status"]) == (True, "accepted")
        assert await scene.claim() == []
        await scene.hand_over(holder)
        await scene.hear_status("v-late", _S.READ)
        assert await scene.status(record) is _S.READ

    @pytest.mark.parametrize("outcome", [_S.FAILED, _S.QUEUED, _S.EXPIRED])
    async def test_late_word_that_it_was_not_sent_settles_the_doubt(
        self, scene: Scene, outcome: DeliveryStatus
    ) -> None:
        """It is what the worker says; one that is to be sent again waits for its turn."""
        record = await scene.accept()
        late = await scene.claim_one()
        scene.clock.advance(20)
        assert await scene.claim() == []
        await scene.complete(late, outcome, error=REFUSED)
        now = await scene.now(record)
        assert (now.status, now.error) == (outcome, REFUSED)
        assert (await scene.told(record))[-1].data["settled"] is True
        assert len(await scene.claim()) == (outcome is _S.QUEUED)

    async def test_late_doubt_stays_a_doubt(self, scene: Scene) -> None:
        """It adds what is known about the attempt, no more."""
        record = await scene.accept()
        late = await scene.claim_one()
        scene.clock.advance(20)
        await scene.claim()
        await scene.doubt(late)
        assert await scene.status(record) is _S.UNKNOWN
        (attempt,) = await scene.engine.attempts(record.message_id)
        assert (attempt.status, attempt.error) == (_S.UNKNOWN, DOUBT)

    async def test_completion_within_an_ended_lease_that_nobody_took_counts(
        self, scene: Scene
    ) -> None:
        """As long as the lane is not taken, the holder's word stands."""
        record = await scene.accept()
        claim = await scene.claim_one()
        scene.clock.advance(60)
        await scene.hand_over(claim)
        assert await scene.story(record) == ["queued", "sending", "accepted"]
