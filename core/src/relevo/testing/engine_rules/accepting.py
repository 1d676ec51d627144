"""What accepting and cancelling promise."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import anyio
import pytest

from relevo.contents import TemplateContent
from relevo.engines.port import CancelOutcome
from relevo.engines.records import Direction, MessageQuery, MessageRecord
from relevo.errors import InvalidMessage, UnknownMessage
from relevo.events import DeliveryStatus, EventType
from relevo.messages import Address, Message
from relevo.testing.engine_rules.scene import PROVIDER, SHOP, EngineSetup, Scene

_S = DeliveryStatus


@pytest.mark.anyio
class AcceptRules(EngineSetup):
    """Accepting."""

    async def test_accepted_message_is_kept_and_told_as_queued(self, scene: Scene) -> None:
        """The record and its event are one commit."""
        record = await scene.accept("ana", "hello")
        assert record == await scene.now(record)
        assert (record.status, record.direction) == (_S.QUEUED, Direction.OUT)
        assert (record.account, record.provider) == (SHOP, PROVIDER)
        assert record.person == Address("test", "ana")
        assert record.created_at == record.updated_at == scene.clock()
        (event,) = await scene.log()
        assert (event.type, event.subject) == (EventType.OUTBOUND, str(record.message_id))
        assert event.data["status"] == "queued"
        assert event.data["to"] == "ana"
        assert event.data["content"]["body"] == "hello"

    async def test_accepting_an_id_again_changes_nothing(self, scene: Scene) -> None:
        """The record is given as it is; nothing is told or sent twice."""
        first = await scene.accept("ana", "hello")
        again = await scene.accept("ana", "another text", message_id=first.message_id)
        assert again == first
        assert len(await scene.log()) == 1
        assert await scene.everything_sent() == ["hello"]
        late = await scene.accept("ana", "hello", message_id=first.message_id)
        assert late.status is _S.ACCEPTED
        assert await scene.claim() == []

    async def test_message_without_account_is_refused(self, scene: Scene) -> None:
        """Nothing of it is kept."""
        message = Message(to=Address("test", "ana"), text="hello")
        with pytest.raises(InvalidMessage, match="names no account"):
            await scene.accept_message(message)
        assert await scene.log() == []
        assert (await scene.engine.messages(MessageQuery())).items == []

    async def test_message_whose_time_is_over_is_refused(self, scene: Scene) -> None:
        """At that moment already, and before; nothing of it is kept. A known one is as it is."""
        for late in (timedelta(), timedelta(days=1)):
            with pytest.raises(InvalidMessage, match="expires_at is past"):
                await scene.accept(expires_at=scene.clock() - late)
        assert await scene.log() == []
        assert (await scene.engine.messages(MessageQuery())).items == []
        brief = Message(
            account=SHOP,
            to=Address("test", "ana"),
            text="hello",
            expires_at=scene.clock() + timedelta(seconds=1),
        )
        record = await scene.accept_message(brief)
        scene.clock.advance(1)
        assert (await scene.accept_message(brief)).message_id == record.message_id

    async def test_message_reaches_its_attempt_whole(self, scene: Scene) -> None:
        """What the application asked is what a worker gets, in every part."""
        message = Message(
            account=SHOP,
            to=Address("test", "ana"),
            content=TemplateContent(
                name="order_ready",
                language="es_AR",
                parameters={"who": "Ana", "what": "café ☕"},
                components=({"type": "button", "index": 0},),
            ),
            reply_to="v-earlier",
            extra={"biz": {"deep": [1, None, "x"]}},
            expires_at=scene.clock() + timedelta(hours=1),
            max_attempts=3,
        )
        await scene.accept_message(message)
        claim = await scene.claim_one()
        assert claim.message == message
        assert claim.message.model_dump() == message.model_dump()
        assert claim.message.attempt == claim.attempt == 1

    async def test_many_at_once_are_all_kept(self, scene: Scene) -> None:
        """Each has its own sequence and its own event."""
        kept: list[MessageRecord] = []

        async def accept(number: int) -> None:
            kept.append(await scene.accept(f"person-{number % 7}", str(number)))

        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(accept, number)
        assert sorted(record.sequence for record in kept) == list(range(1, 51))
        subjects = [event.subject for event in await scene.log()]
        assert len(subjects) == len(kept)
        # Between people several writers may tell in another order than they number.
        for person in {record.person for record in kept}:
            theirs = [record for record in kept if record.person == person]
            in_order = sorted(theirs, key=lambda record: record.sequence)
            told = [
                subject for subject in subjects if subject in {str(r.message_id) for r in theirs}
            ]
            assert told == [str(record.message_id) for record in in_order]


@pytest.mark.anyio
class CancelRules(EngineSetup):
    """Cancelling."""

    async def test_waiting_message_is_cancelled(self, scene: Scene) -> None:
        """It is told and never handed over; its neighbours are."""
        first, second = await scene.accept(text="one"), await scene.accept(text="two")
        assert await scene.engine.cancel(first.message_id) is CancelOutcome.CANCELLED
        assert await scene.story(first) == ["queued", "cancelled"]
        assert await scene.everything_sent() == ["two"]
        assert await scene.status(second) is _S.ACCEPTED

    async def test_cancelling_twice_is_cancelled_and_told_once(self, scene: Scene) -> None:
        """Asking again is no error."""
        record = await scene.accept()
        for _ in range(2):
            assert await scene.engine.cancel(record.message_id) is CancelOutcome.CANCELLED
        assert await scene.story(record) == ["queued", "cancelled"]

    async def test_message_that_waits_for_its_retry_is_cancelled(self, scene: Scene) -> None:
        """It surely was not sent; the next of its lane need not wait for its retry."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        await scene.retry(await scene.claim_one(), in_s=60)
        assert await scene.engine.cancel(record.message_id) is CancelOutcome.CANCELLED
        assert await scene.everything_sent() == ["two"]

    async def test_cancel_of_one_behind_does_not_hurry_the_head(self, scene: Scene) -> None:
        """The head keeps its wait."""
        await scene.accept(text="one")
        behind = await scene.accept(text="two")
        await scene.retry(await scene.claim_one(), in_s=60)
        await scene.engine.cancel(behind.message_id)
        assert await scene.claim() == []
        scene.clock.advance(60)
        assert await scene.everything_sent() == ["one"]

    async def test_cancel_once_an_attempt_began_is_too_late(self, scene: Scene) -> None:
        """While sending, in doubt, and after acceptance; nothing changes."""
        sending, doubtful, accepted = [
            await scene.accept(person) for person in ("ana", "bea", "cid")
        ]
        _, second, third = await scene.claim()
        await scene.doubt(second)
        await scene.hand_over(third)
        head = await scene.engine.head()
        for record in (sending, doubtful, accepted):
            assert await scene.engine.cancel(record.message_id) is CancelOutcome.TOO_LATE
        assert await scene.engine.head() == head

    async def test_cancel_of_what_is_no_message_of_ours_is_refused(self, scene: Scene) -> None:
        """An unknown id, and a message that a person wrote."""
        await scene.hear_from("ana")
        (inbound,) = (await scene.engine.messages(MessageQuery())).items
        for message_id in (uuid4(), inbound.message_id):
            with pytest.raises(UnknownMessage, match=str(message_id)):
                await scene.engine.cancel(message_id)
