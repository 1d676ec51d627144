"""What can be read: messages, threads, the pulse."""

from __future__ import annotations

from uuid import uuid4

import pytest

from relevo.engines.records import Direction, MessageQuery, MessageRecord
from relevo.errors import EngineError, UnknownMessage
from relevo.events import DeliveryStatus
from relevo.messages import Address, Message
from relevo.testing.engine_rules.scene import PROVIDER, SHOP, EngineSetup, Scene
from relevo.webhooks import WebhookRequest

_S = DeliveryStatus


@pytest.mark.anyio
class ArchiveRules(EngineSetup):
    """Messages and the pulse."""

    async def test_unknown_id_is_refused(self, scene: Scene) -> None:
        """For a message and for its attempts."""
        message_id = uuid4()
        with pytest.raises(UnknownMessage, match=str(message_id)):
            await scene.engine.message(message_id)
        with pytest.raises(UnknownMessage, match=str(message_id)):
            await scene.engine.attempts(message_id)

    async def test_messages_are_paged_newest_first(self, scene: Scene) -> None:
        """Both directions; what comes meanwhile does not shift the pages."""
        for number in range(3):
            await scene.accept("ana", str(number))
            await scene.hear_from("bea", str(number))
        page = await scene.engine.messages(MessageQuery(limit=4))
        assert [record.sequence for record in page.items] == [6, 5, 4, 3]
        await scene.accept("ana", "new")
        assert page.next is not None
        last = await scene.engine.messages(MessageQuery(limit=4, before=int(page.next)))
        assert [record.sequence for record in last.items] == [2, 1]
        assert last.next is None

    async def test_full_last_page_has_no_next(self, scene: Scene) -> None:
        """A cursor means that there is more."""
        for _ in range(2):
            await scene.accept()
        assert (await scene.engine.messages(MessageQuery(limit=2))).next is None
        assert (await scene.engine.messages(MessageQuery(limit=1))).next == "2"
        assert (await scene.engine.messages(MessageQuery(before=1))).items == []
        assert len((await scene.engine.messages(MessageQuery(before=10**30))).items) == 2

    async def test_messages_can_be_filtered(self, scene: Scene) -> None:
        """By account, direction, status and thread."""
        ana = await scene.accept("ana")
        await scene.accept("bea", account="clinic")
        await scene.hear_from("ana")
        await scene.engine.cancel(ana.message_id)

        async def sequences(query: MessageQuery) -> list[int]:
            return [record.sequence for record in (await scene.engine.messages(query)).items]

        assert await sequences(MessageQuery(account=SHOP)) == [3, 1]
        assert await sequences(MessageQuery(direction=Direction.OUT)) == [2, 1]
        assert await sequences(MessageQuery(statuses=frozenset({_S.CANCELLED}))) == [1]
        assert await sequences(MessageQuery(conversation_id=ana.conversation_id)) == [3, 1]
        both = MessageQuery(account=SHOP, direction=Direction.IN)
        assert await sequences(both) == [3]

    async def test_pulse_counts_what_waits(self, scene: Scene) -> None:
        """And tells the log's life and head."""
        for person in ("ana", "bea", "cid", "dan"):
            await scene.accept(person)
        first, second = await scene.claim(limit=2)
        await scene.doubt(first)
        await scene.engine.keep_webhook(SHOP, WebhookRequest("POST", "/", b"{}"))
        pulse = await scene.engine.pulse()
        assert (pulse.queued, pulse.sending, pulse.unknown) == (2, 1, 1)
        assert pulse.pending_webhooks == 1
        assert (pulse.epoch, pulse.head) == (scene.engine.epoch, await scene.engine.head())
        await scene.hand_over(second)
        assert (await scene.engine.pulse()).sending == 0


@pytest.mark.anyio
class ConversationRules(EngineSetup):
    """Threads with a person."""

    async def test_messages_with_one_person_are_one_thread(self, scene: Scene) -> None:
        """Both directions; another person or account has its own."""
        record = await scene.accept("ana")
        scene.clock.advance(1)
        await scene.hear_from("ana", name="Ana")
        await scene.accept("ana")
        threads = {
            (await scene.accept("bea")).conversation_id,
            (await scene.accept("ana", account="clinic")).conversation_id,
            record.conversation_id,
        }
        assert len(threads) == 3
        (thread,) = [
            thread
            for thread in (await scene.engine.conversations()).items
            if thread.conversation_id == record.conversation_id
        ]
        assert (thread.messages, thread.person_name) == (3, "Ana")
        assert thread.last_inbound_at == thread.updated_at == scene.clock()
        newest = await scene.engine.messages(MessageQuery(conversation_id=thread.conversation_id))
        assert thread.last_message_id == newest.items[0].message_id

    async def test_person_is_named_as_they_last_wrote(self, scene: Scene) -> None:
        """Else as they were last written to."""

        async def send_to(value: str) -> MessageRecord:
            message = Message(account=SHOP, to=Address("test", value), text="hello")
            accepted = await scene.engine.accept(message, provider=PROVIDER, lane_key="test:ana")
            record = accepted.record
            assert record.person == Address("test", value)
            return record

        async def person() -> str:
            (thread,) = (await scene.engine.conversations()).items
            return thread.person.value

        await send_to("ANA")
        await send_to("Ana")
        assert await person() == "Ana"
        await scene.hear_from("ana")
        assert await person() == "ana"
        await send_to("ANA")
        assert await person() == "ana"

    async def test_threads_are_paged_newest_activity_first(self, scene: Scene) -> None:
        """Activity is a message of either direction."""
        for person in ("ana", "bea", "cid", "dan"):
            await scene.accept(person)
        await scene.accept("eva", account="clinic")
        await scene.hear_from("bea")
        page = await scene.engine.conversations(account=SHOP, limit=3)
        assert [thread.person.value for thread in page.items] == ["bea", "dan", "cid"]
        last = await scene.engine.conversations(account=SHOP, cursor=page.next, limit=3)
        assert [thread.person.value for thread in last.items] == ["ana"]
        assert last.next is None
        everyone = await scene.engine.conversations()
        assert [thread.account for thread in everyone.items][1] == "clinic"

    async def test_cursor_that_is_not_ours_is_refused(self, scene: Scene) -> None:
        """With words that say what to do."""
        for cursor in ("'; drop table", "", "-1", "9" * 5000):
            with pytest.raises(EngineError, match="begin again"):
                await scene.engine.conversations(cursor=cursor)
