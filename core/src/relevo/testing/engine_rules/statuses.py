"""What providers' later news do: the lattice, the shelf, and doubts settled by an echo."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relevo.engines.records import EventQuery
from relevo.events import DeliveryStatus, EventType, StatusUpdate
from relevo.testing.engine_rules.scene import REFUSED, EngineSetup, Scene

_S = DeliveryStatus


@pytest.mark.anyio
class StatusRules(EngineSetup):
    """Up the lattice, never down."""

    async def test_statuses_move_a_message_up_and_never_back(self, scene: Scene) -> None:
        """Every one is told, also when it moves nothing."""
        record = await scene.accept()
        provider_id = await scene.hand_over(await scene.claim_one())
        heard = (_S.DELIVERED, _S.SENT, _S.ACCEPTED, _S.READ, _S.DELIVERED)
        for status in heard:
            await scene.hear_status(provider_id, status)
        assert await scene.status(record) is _S.READ
        statuses = await scene.log(EventQuery(types=frozenset({EventType.STATUS})))
        assert [event.data["status"] for event in statuses] == [one.value for one in heard]
        stands = [event.data["message_status"] for event in statuses]
        assert stands == ["delivered", "delivered", "delivered", "read", "read"]
        assert [event.data["moved"] for event in statuses] == [True, False, False, True, False]
        assert {event.subject for event in statuses} == {str(record.message_id)}

    async def test_word_we_do_not_know_is_told_and_moves_nothing(self, scene: Scene) -> None:
        """Its raw object is in the event."""
        record = await scene.accept()
        provider_id = await scene.hand_over(await scene.claim_one())
        before = await scene.now(record)
        await scene.hear_status(provider_id, None)
        assert await scene.now(record) == before
        told = (await scene.told(record))[-1]
        assert (told.type, told.data["status"]) == (EventType.STATUS, None)
        assert told.data["raw"] == {"status": "?"}

    async def test_failure_told_later_keeps_its_error(self, scene: Scene) -> None:
        """It came after acceptance, so it is final; a later proof of arrival still moves up."""
        record = await scene.accept()
        provider_id = await scene.hand_over(await scene.claim_one())
        await scene.hear_status(provider_id, _S.FAILED, error=REFUSED)
        now = await scene.now(record)
        assert (now.status, now.error) == (_S.FAILED, REFUSED)
        assert (await scene.told(record))[-1].data["error"]["provider_code"] == "131026"
        assert await scene.claim() == []
        await scene.hear_status(provider_id, _S.DELIVERED)
        assert await scene.status(record) is _S.DELIVERED

    async def test_failure_told_after_delivery_moves_nothing(self, scene: Scene) -> None:
        """The message keeps no error it did not fail with."""
        record = await scene.accept()
        provider_id = await scene.hand_over(await scene.claim_one())
        await scene.hear_status(provider_id, _S.DELIVERED)
        await scene.hear_status(provider_id, _S.FAILED, error=REFUSED)
        now = await scene.now(record)
        assert (now.status, now.error) == (_S.DELIVERED, None)


@pytest.mark.anyio
class ShelfRules(EngineSetup):
    """News that comes before its message is known."""

    async def test_status_before_its_completion_is_joined(self, scene: Scene) -> None:
        """In the order it came, after the acceptance, and only then told."""
        record = await scene.accept()
        claim = await scene.claim_one()
        await scene.hear_status("v-1", _S.DELIVERED)
        await scene.hear_status("v-1", _S.SENT)
        assert await scene.story(record) == ["queued", "sending"]
        await scene.hand_over(claim, "v-1")
        assert await scene.status(record) is _S.DELIVERED
        story = ["queued", "sending", "accepted", "delivered", "sent"]
        assert await scene.story(record) == story

    async def test_failure_before_its_completion_is_joined(self, scene: Scene) -> None:
        """The later acceptance does not clear it."""
        record = await scene.accept()
        claim = await scene.claim_one()
        await scene.hear_status("v-1", _S.FAILED, error=REFUSED)
        await scene.hand_over(claim, "v-1")
        now = await scene.now(record)
        assert (now.status, now.error) == (_S.FAILED, REFUSED)

    async def test_shelf_is_each_accounts_own(self, scene: Scene) -> None:
        """Two vendors may use the same id."""
        record = await scene.accept()
        claim = await scene.claim_one()
        await scene.hear_status("v-1", _S.READ, account="clinic")
        await scene.hand_over(claim, "v-1")
        assert await scene.status(record) is _S.ACCEPTED

    async def test_shelved_news_is_joined_once(self, scene: Scene) -> None:
        """What was joined is off the shelf."""
        record = await scene.accept("ana")
        await scene.accept("bea")
        first, second = await scene.claim()
        await scene.hear_status("v-1", _S.SENT)
        await scene.hand_over(first, "v-1")
        await scene.hand_over(second, "v-1")
        assert (await scene.story(record)).count("sent") == 1
        assert len(await scene.log(EventQuery(types=frozenset({EventType.STATUS})))) == 1

    async def test_id_learned_by_an_echo_joins_the_shelf(self, scene: Scene) -> None:
        """Earlier news without an echo is applied first."""
        record = await scene.accept()
        await scene.doubt(await scene.claim_one())
        await scene.hear_status("v-1", _S.SENT)
        assert await scene.status(record) is _S.UNKNOWN
        await scene.hear_status("v-1", _S.DELIVERED, echo=record.message_id)
        assert (await scene.story(record))[-3:] == ["sent", "sent", "delivered"]
        await scene.hear_status("v-1", _S.READ)
        assert await scene.status(record) is _S.READ


@pytest.mark.anyio
class EchoRules(EngineSetup):
    """Providers that repeat our id."""

    async def test_echo_settles_a_doubt(self, scene: Scene) -> None:
        """The status is told, and that the doubt has ended."""
        record = await scene.accept()
        await scene.doubt(await scene.claim_one())
        await scene.hear_status("v-1", _S.SENT, echo=record.message_id)
        now = await scene.now(record)
        assert (now.status, now.provider_message_id, now.error) == (_S.SENT, "v-1", None)
        status, settled = (await scene.told(record))[-2:]
        assert (status.type, settled.type) == (EventType.STATUS, EventType.OUTBOUND)
        assert (settled.data["status"], settled.data["settled"]) == ("sent", True)

    async def test_echo_proves_the_attempt_it_names(self, scene: Scene) -> None:
        """Others stay what they were."""
        record = await scene.accept()
        await scene.retry(await scene.claim_one())
        await scene.doubt(await scene.claim_one())
        update = StatusUpdate("v-1", _S.SENT, message_id=record.message_id, attempt=2)
        await scene.hear(update)
        first, second = await scene.engine.attempts(record.message_id)
        assert (first.status, first.provider_message_id) == (_S.QUEUED, None)
        assert (second.status, second.provider_message_id) == (_S.ACCEPTED, "v-1")
        assert (await scene.told(record))[-2].data["attempt"] == 2

    async def test_echo_of_a_message_that_waits_takes_it_out_of_its_lane(
        self, scene: Scene
    ) -> None:
        """It is proven handed over, so it is not sent again; the next need not wait."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        await scene.retry(await scene.claim_one(), in_s=60)
        await scene.hear_status("v-1", _S.DELIVERED, echo=record.message_id)
        assert await scene.everything_sent() == ["two"]
        assert await scene.status(record) is _S.DELIVERED

    async def test_echo_while_sending_leaves_the_holder_its_lane(self, scene: Scene) -> None:
        """The attempt under way is completed as always."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        claim = await scene.claim_one()
        await scene.hear_status("v-1", _S.SENT, echo=record.message_id)
        assert await scene.status(record) is _S.SENT
        assert await scene.claim() == []
        await scene.hand_over(claim, "v-1")
        assert await scene.status(record) is _S.SENT
        assert (await scene.claim_one()).message.text == "two"

    async def test_failure_told_while_sending_outlives_the_acceptance(self, scene: Scene) -> None:
        """The provider took the message and gave up on it before we heard that it did."""
        record = await scene.accept()
        claim = await scene.claim_one()
        await scene.hear_status("v-1", _S.FAILED, echo=record.message_id, error=REFUSED)
        await scene.hand_over(claim, "v-1")
        now = await scene.now(record)
        assert (now.status, now.error) == (_S.FAILED, REFUSED)

    async def test_silence_after_an_echo_is_no_doubt(self, scene: Scene) -> None:
        """The lease ends, but the provider has the message."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        await scene.claim_one()
        await scene.hear_status("v-1", _S.SENT, echo=record.message_id)
        scene.clock.advance(20)
        assert (await scene.claim_one()).message.text == "two"
        assert await scene.story(record) == ["queued", "sending", "sent"]
        (attempt,) = await scene.engine.attempts(record.message_id)
        assert (attempt.status, attempt.finished_at) == (_S.ACCEPTED, scene.clock())

    async def test_echo_of_a_stopped_message_is_the_truth(self, scene: Scene) -> None:
        """We thought it cancelled or expired; the provider has it."""
        cancelled = await scene.accept("ana")
        expired = await scene.accept("bea", expires_at=scene.clock() + timedelta(seconds=1))
        await scene.engine.cancel(cancelled.message_id)
        scene.clock.advance(1)
        assert await scene.claim() == []
        for number, record in enumerate((cancelled, expired)):
            await scene.hear_status(f"v-{number}", _S.SENT, echo=record.message_id)
            assert await scene.status(record) is _S.SENT

    async def test_echo_of_another_accounts_message_means_nothing(self, scene: Scene) -> None:
        """It is shelved like any status of an id nobody knows."""
        record = await scene.accept(account="clinic")
        await scene.hear_status("v-1", _S.READ, echo=record.message_id)
        assert await scene.status(record) is _S.QUEUED
        assert await scene.story(record) == ["queued"]

    async def test_second_id_of_one_message_is_followed_too(self, scene: Scene) -> None:
        """A double: the message keeps its first id, and news of either reaches it."""
        record = await scene.accept()
        await scene.hand_over(await scene.claim_one(), "v-1")
        await scene.hear_status("v-2", _S.SENT, echo=record.message_id)
        await scene.hear_status("v-2", _S.READ)
        now = await scene.now(record)
        assert (now.status, now.provider_message_id) == (_S.READ, "v-1")
        assert (await scene.told(record))[-1].data["provider_message_id"] == "v-2"
