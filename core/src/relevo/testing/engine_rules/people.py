"""Several addresses of one person: one thread, one window, lanes of their own."""

from __future__ import annotations

from datetime import timedelta

import anyio
import pytest

from relevo.contents import ReactionContent, TextContent
from relevo.engines.records import (
    ConversationRecord,
    Effect,
    EventQuery,
    MessageQuery,
    ParsedItem,
)
from relevo.errors import UnknownConversation
from relevo.events import (
    DeliveryStatus,
    EventType,
    InboundMessage,
    PersonUpdate,
    ProviderEvent,
    Receipt,
    StatusUpdate,
)
from relevo.messages import Address
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import CLINIC, SHOP, OpenEngine, Scene
from relevo.testing.engine_rules.stage import Stage, StageSetup

_S = DeliveryStatus


def _key(person: str) -> str:
    return Address("test", person).uri()


async def tell(
    scene: Scene,
    news: ProviderEvent,
    person: str | None,
    *others: str,
    account: str = SHOP,
) -> None:
    """Hear news that name a person, and other addresses of theirs."""
    item = scene.item().item
    keys = tuple(map(_key, others))
    effect = Effect(news, _key(person) if person else None, aliases=keys)
    await scene.webhook(ParsedItem(item, (effect,)), account=account)


async def teach(scene: Scene, person: str, *others: str, account: str = SHOP) -> None:
    """Hear that addresses are one person's."""
    news = PersonUpdate(Address("test", person), "alias")
    await tell(scene, news, person, *others, account=account)


async def thread_of(scene: Scene, person: str, account: str = SHOP) -> ConversationRecord:
    """Give the thread with a person."""
    found = (await scene.engine.person(account, _key(person))).conversation
    assert found is not None
    return found


@pytest.mark.anyio
class AliasRules(StageSetup):
    """Addresses that turn out to be one person's."""

    async def test_learned_address_joins_the_thread(self, scene: Scene) -> None:
        """What goes to it, and what comes from it, belongs to the thread there was."""
        first = await scene.accept("ana")
        await teach(scene, "ana", "ana-2")
        second = await scene.accept("ana-2")
        await scene.hear_from("ana-2")
        (thread,) = (await scene.engine.conversations()).items
        assert second.conversation_id == first.conversation_id == thread.conversation_id
        assert (thread.messages, thread.last_inbound_at) == (3, scene.clock())
        assert await thread_of(scene, "ana-2") == await thread_of(scene, "ana") == thread

    async def test_address_may_be_learned_before_any_message(self, scene: Scene) -> None:
        """Whichever of the two is written to first."""
        await teach(scene, "ana", "ana-2")
        one = await scene.accept("ana-2")
        assert (await scene.accept("ana")).conversation_id == one.conversation_id

    async def test_accounts_learn_apart(self, scene: Scene) -> None:
        """The same addresses on another account stay two people."""
        await teach(scene, "ana", "ana-2")
        one = await scene.accept("ana", account=CLINIC)
        other = await scene.accept("ana-2", account=CLINIC)
        assert one.conversation_id != other.conversation_id

    async def test_lanes_stay_apart(self, scene: Scene) -> None:
        """The order is kept per address: neither waits for the other."""
        await scene.accept("ana", "one")
        await scene.accept("ana-2", "two")
        await teach(scene, "ana", "ana-2")
        await scene.accept("ana", "three")
        assert {claim.message.text for claim in await scene.claim()} == {"one", "two"}

    async def test_younger_thread_is_joined_to_the_older(self, scene: Scene) -> None:
        """The list shows one, with the messages, times and words of both."""
        older = await scene.accept("ana")
        scene.clock.advance(60)
        await scene.hear_from("ana-2", name="Ana")
        wrote_at = scene.clock()
        scene.clock.advance(60)
        await teach(scene, "ana-2", "ana")
        (thread,) = (await scene.engine.conversations()).items
        assert thread.conversation_id == older.conversation_id
        assert (thread.messages, thread.person_name) == (2, "Ana")
        assert (thread.last_inbound_at, thread.updated_at) == (wrote_at, wrote_at)
        assert thread.person.value == "ana-2"
        newest = (await scene.engine.messages(MessageQuery(limit=1))).items[0]
        assert thread.last_message_id == newest.message_id

    async def test_joined_thread_answers_with_the_older_one(self, scene: Scene) -> None:
        """Its messages, events and pages are those of both."""
        older = await scene.accept("ana", "one")
        younger = await scene.accept("ana-2", "two")
        await scene.accept("bea")
        await teach(scene, "ana", "ana-2")
        last = await scene.accept("ana-2", "three")
        parts = {older.conversation_id, younger.conversation_id}
        for asked in parts:
            assert await scene.engine.conversation_parts(asked) == parts
            found = await scene.engine.conversation(asked)
            assert found.conversation is not None
            assert found.conversation.conversation_id == older.conversation_id
            page = await scene.engine.messages(MessageQuery(conversation_id=asked, limit=2))
            assert [one.message_id for one in page.items] == [last.message_id, younger.message_id]
            before = int(page.next or 0)
            rest = await scene.engine.messages(MessageQuery(conversation_id=asked, before=before))
            assert [one.message_id for one in rest.items] == [older.message_id]
            told = await scene.log(EventQuery(conversation_ids=frozenset({asked})))
            assert {event.subject for event in told if event.subject} == {
                str(one.message_id) for one in (older, younger, last)
            }
            assert [event.data["kind"] for event in told if not event.subject] == [
                "conversation_joined"
            ]

    async def test_conversation_nobody_knows_is_refused(self, scene: Scene) -> None:
        """And asking for its messages gives none."""
        with pytest.raises(UnknownConversation):
            await scene.engine.conversation("nobody's")
        assert await scene.engine.conversation_parts("nobody's") == {"nobody's"}
        await scene.accept()
        query = MessageQuery(conversation_id="nobody's")
        assert (await scene.engine.messages(query)).items == []

    async def test_chains_lead_to_the_oldest(self, scene: Scene) -> None:
        """In whatever order it is learned."""
        threads = [await scene.accept(person) for person in ("a", "b", "c", "d")]
        await teach(scene, "c", "d")
        await teach(scene, "b", "c")
        await teach(scene, "e", "d")
        await teach(scene, "a", "e")
        (thread,) = (await scene.engine.conversations()).items
        assert (thread.conversation_id, thread.messages) == (threads[0].conversation_id, 4)
        for person in "abcde":
            assert await thread_of(scene, person) == thread
        for one in threads:
            found = await scene.engine.conversation(one.conversation_id)
            assert found.conversation == thread
            query = MessageQuery(conversation_id=one.conversation_id)
            assert len((await scene.engine.messages(query)).items) == 4

    async def test_several_are_learned_at_once(self, scene: Scene) -> None:
        """In one webhook, each from another item."""
        for person in ("a", "b", "c"):
            await scene.accept(person)
        items = [
            ParsedItem(
                scene.item().item,
                (Effect(PersonUpdate(Address("test", one), "alias"), _key(one), None, keys),),
            )
            for one, keys in (("c", (_key("b"),)), ("b", (_key("a"),)), ("a", (_key("c"),)))
        ]
        await scene.webhook(*items)
        (thread,) = (await scene.engine.conversations()).items
        assert thread.messages == 3
        assert await thread_of(scene, "c") == await thread_of(scene, "b") == thread

    async def test_learning_again_changes_nothing(self, scene: Scene) -> None:
        """And is told once."""
        await scene.accept("ana")
        await scene.accept("ana-2")
        for others in (("ana-2",), ("ana-2", "ana"), ()):
            await teach(scene, "ana", *others)
        await teach(scene, "ana-2", "ana")
        assert (await thread_of(scene, "ana")).messages == 2
        news = await scene.log(EventQuery(types=frozenset({EventType.ACCOUNT})))
        joined = [one.data for one in news if one.data["kind"] == "conversation_joined"]
        assert len(joined) == 1
        whole = await thread_of(scene, "ana")
        assert joined[0]["conversation_id"] == whole.conversation_id != joined[0]["joined_id"]

    async def test_inbound_message_teaches(self, scene: Scene) -> None:
        """A person with two addresses in one message."""
        sent = await scene.accept("ana")
        inbound = InboundMessage(Address("test", "ana-2"), TextContent(body="hi"))
        await tell(scene, inbound, "ana-2", "ana")
        thread = await thread_of(scene, "ana")
        assert (thread.conversation_id, thread.messages) == (sent.conversation_id, 2)

    async def test_answer_of_the_provider_teaches(self, scene: Scene) -> None:
        """Asked for one number, it answers with another: what is heard from that joins."""
        sent = await scene.accept("541130946950")
        claim = await scene.claim_one()
        await scene.complete(
            claim, _S.ACCEPTED, receipt=Receipt("v-1"), aliases=(_key("5491130946950"),)
        )
        await scene.hear_from("5491130946950")
        (thread,) = (await scene.engine.conversations()).items
        assert (thread.conversation_id, thread.messages) == (sent.conversation_id, 2)

    async def test_status_teaches(self, scene: Scene) -> None:
        """It names whom the message went to; what was heard from them before joins."""
        await scene.hear_from("ana-2")
        record = await scene.accept("ana")
        await scene.hand_over(await scene.claim_one(), "v-1")
        await tell(scene, StatusUpdate("v-1", _S.SENT), "ana-2", "ana-3")
        assert await scene.status(record) is _S.SENT
        (thread,) = (await scene.engine.conversations()).items
        assert thread.messages == 2
        assert await thread_of(scene, "ana-3") == thread

    async def test_status_of_nobodys_message_teaches_what_it_names(self, scene: Scene) -> None:
        """It is shelved all the same."""
        await tell(scene, StatusUpdate("v-1", _S.SENT), "ana", "ana-2")
        one = await scene.accept("ana")
        assert (await scene.accept("ana-2")).conversation_id == one.conversation_id


@pytest.mark.anyio
class LastInboundRules(StageSetup):
    """When a person last wrote: what opens a window."""

    async def _hear(self, scene: Scene, content: object = None, **more: object) -> None:
        content = content or TextContent(body="hi")
        inbound = InboundMessage(Address("test", "ana"), content, **more)  # type: ignore[arg-type]  # any of its parts
        await scene.hear(inbound)

    async def test_only_what_a_person_writes_live_counts(self, scene: Scene) -> None:
        """History, echoes of ours and reactions are messages of the thread, and open nothing."""
        await self._hear(scene, live=False)
        await self._hear(scene, from_us=True)
        await self._hear(scene, ReactionContent(target="v-1", emoji="+"))
        thread = await thread_of(scene, "ana")
        assert (thread.messages, thread.last_inbound_at) == (3, None)
        await self._hear(scene)
        assert (await thread_of(scene, "ana")).last_inbound_at == scene.clock()

    async def test_late_webhook_counts_from_when_the_person_wrote(self, scene: Scene) -> None:
        """Never from the future, and never back."""
        early, late = scene.clock() - timedelta(hours=3), scene.clock() - timedelta(hours=1)
        for at, counts in ((late, late), (early, late), (scene.clock() + timedelta(1), None)):
            await self._hear(scene, occurred_at=at)
            assert (await thread_of(scene, "ana")).last_inbound_at == (counts or scene.clock())


@pytest.mark.anyio
class SharedPeopleRules(StageSetup):
    """Two machines that learn of the same people at once."""

    async def test_machines_learn_and_write_at_once(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Whatever the order, it ends as one thread that counts every message."""
        people = [f"p{number}" for number in range(6)]
        async with open_engine(clock) as one, open_engine(clock) as other:
            machines = (Stage(one, clock), Stage(other, clock))
            for number, person in enumerate(people):
                await machines[number % 2].accept(person)
            with anyio.fail_after(30):
                async with anyio.create_task_group() as tasks:
                    for number, person in enumerate(people):
                        before, after = machines[number % 2], machines[1 - number % 2]
                        tasks.start_soon(teach, before, person, people[number - 1])
                        tasks.start_soon(before.accept, person)
                        tasks.start_soon(after.hear_from, person)
                        tasks.start_soon(teach, after, people[number - 1], person)
            (thread,) = (await one.conversations()).items
            assert thread.messages == 3 * len(people)
            for stage in machines:
                for person in people:
                    assert await thread_of(stage, person) == thread
            query = MessageQuery(conversation_id=thread.conversation_id)
            assert len((await other.messages(query)).items) == 3 * len(people)
