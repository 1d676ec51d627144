"""What an idempotency key promises: one request, one message, however often it is made."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import anyio
import pytest

from relevo.engines.records import Accepted, MessageQuery
from relevo.errors import IdempotencyConflict, InvalidMessage
from relevo.events import DeliveryStatus
from relevo.messages import Address, Message
from relevo.testing.engine_rules.scene import CLINIC, SHOP
from relevo.testing.engine_rules.stage import HOUR_S, Stage, StageSetup, key_for

_S = DeliveryStatus


def _order(person: str = "ana", account: str = SHOP) -> Message:
    return Message(account=account, to=Address("test", person), text="your order")


@pytest.mark.anyio
class IdempotencyRules(StageSetup):
    """Requests that are made again."""

    async def test_same_key_and_body_is_one_message(self, stage: Stage) -> None:
        """The second request gets the first one's message, and nothing new is told."""
        first = await stage.ask(_order(), key_for())
        again = await stage.ask(_order(), key_for())
        assert (first.created, again.created) == (True, False)
        assert again.record == first.record
        assert len(await stage.log()) == 1
        assert await stage.everything_sent() == ["your order"]

    async def test_same_request_after_handover_gives_the_message_as_it_is_now(
        self, stage: Stage
    ) -> None:
        """Not as it was when it was accepted."""
        first = await stage.ask(_order(), key_for())
        await stage.hand_over(await stage.claim_one())
        again = await stage.ask(_order(), key_for())
        assert (again.created, again.record.status) == (False, _S.ACCEPTED)
        assert again.record == await stage.now(first.record)

    async def test_same_request_after_its_expires_at_gives_the_message_as_it_is_now(
        self, stage: Stage
    ) -> None:
        """A client that repeats a request late learns what became of it; a new one is refused."""
        brief = _order().model_copy(update={"expires_at": stage.at(60)})
        first = await stage.ask(brief, key_for())
        await stage.hand_over(await stage.claim_one())
        stage.clock.advance(60)
        again = await stage.ask(brief.model_copy(update={"message_id": uuid4()}), key_for())
        assert (again.created, again.record.status) == (False, _S.ACCEPTED)
        assert again.record.message_id == first.record.message_id
        with pytest.raises(InvalidMessage, match="expires_at is past"):
            await stage.ask(brief.model_copy(update={"message_id": uuid4()}), key_for("another"))

    async def test_other_body_with_a_used_key_is_refused(self, stage: Stage) -> None:
        """Nothing of it is kept."""
        first = await stage.ask(_order(), key_for())
        head = await stage.engine.head()
        with pytest.raises(IdempotencyConflict, match=str(first.record.message_id)):
            await stage.ask(_order("bea"), key_for(fingerprint="asked something else"))
        assert await stage.engine.head() == head
        assert len((await stage.engine.messages(MessageQuery())).items) == 1
        assert len((await stage.engine.conversations()).items) == 1
        assert await stage.everything_sent() == ["your order"]

    async def test_keys_are_each_accounts_own(self, stage: Stage) -> None:
        """The same key on another account is another request, also with another body."""
        first = await stage.ask(_order(), key_for())
        other = await stage.ask(_order(account=CLINIC), key_for(fingerprint="another"))
        assert other.created
        assert other.record.message_id != first.record.message_id

    async def test_two_keys_are_two_messages(self, stage: Stage) -> None:
        """The body alone makes no request the same."""
        assert (await stage.ask(_order(), key_for("one"))).created
        assert (await stage.ask(_order(), key_for("two"))).created

    async def test_key_is_remembered_for_a_day_after_closing(self, stage: Stage) -> None:
        """At 23 hours it is the same request, at 25 a new one; then the key is the new one's."""
        first = await stage.ask(_order(), key_for())
        stage.clock.advance(10 * HOUR_S)
        await stage.hand_over(await stage.claim_one())
        stage.clock.advance(23 * HOUR_S)
        assert not (await stage.ask(_order(), key_for())).created
        stage.clock.advance(2 * HOUR_S)
        second = await stage.ask(_order(), key_for(fingerprint="another body"))
        assert second.created
        assert second.record.message_id != first.record.message_id
        again = await stage.ask(_order(), key_for(fingerprint="another body"))
        assert again.record.message_id == second.record.message_id
        with pytest.raises(IdempotencyConflict):
            await stage.ask(_order(), key_for())

    async def test_key_is_remembered_as_long_as_its_message_is_open(self, stage: Stage) -> None:
        """However long that is: waiting, in doubt, or for its time."""
        waiting = await stage.ask(_order("ana"), key_for("waiting"))
        later = _order("cid").model_copy(update={"send_at": stage.clock() + timedelta(days=30)})
        scheduled = await stage.ask(later, key_for("scheduled"))
        await stage.doubt(await stage.claim_one())
        stage.clock.advance(20 * 24 * HOUR_S)
        for asked, key in ((waiting, "waiting"), (scheduled, "scheduled")):
            again = await stage.ask(_order(), key_for(key))
            assert (again.created, again.record.message_id) == (False, asked.record.message_id)

    async def test_replay_opens_the_key_again(self, stage: Stage) -> None:
        """The day begins when its message is closed for the last time."""
        first = await stage.ask(_order(), key_for())
        await stage.refuse(await stage.claim_one())
        stage.clock.advance(20 * HOUR_S)
        await stage.replay(first.record)
        await stage.refuse(await stage.claim_one())
        stage.clock.advance(20 * HOUR_S)
        assert not (await stage.ask(_order(), key_for())).created

    async def test_known_message_id_needs_no_key(self, stage: Stage) -> None:
        """Accepting an id again is known, whatever key comes with it."""
        message = _order()
        first = await stage.ask(message)
        again = await stage.ask(message, key_for())
        assert (again.created, again.record) == (False, first.record)

    async def test_same_request_made_at_once_is_one_message(self, stage: Stage) -> None:
        """However many make it at the same moment; exactly one created it."""
        answers: list[Accepted] = []

        async def ask() -> None:
            answers.append(await stage.ask(_order(), key_for()))

        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(ask)
        assert [answer.created for answer in answers].count(True) == 1
        assert len({answer.record.message_id for answer in answers}) == 1
        assert await stage.everything_sent() == ["your order"]
