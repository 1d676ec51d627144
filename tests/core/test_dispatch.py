"""The embedded dispatcher from end to end, with the memory engine, on both loops."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

import relevo
from relevo.events import utc_now

pytestmark = pytest.mark.anyio

Act = Callable[[relevo.Message], Awaitable[relevo.Receipt]]
TO = "541130946950"


class Config(BaseModel):
    """Nothing to configure."""


def provider_that(act: Act, *more: relevo.Capability) -> type[relevo.Provider[Config]]:
    class Scripted(relevo.Provider[Config]):
        name = "scripted"
        config_type = Config
        capabilities = frozenset({relevo.Capability.TEXT, *more})

        async def send(self, message: relevo.Message) -> relevo.Receipt:
            return await act(message)

    return Scripted


async def take(message: relevo.Message) -> relevo.Receipt:
    return relevo.Receipt(f"p-{message.message_id}", {"ok": True})


@asynccontextmanager
async def dispatcher_that(act: Act, **worker: object) -> AsyncIterator[relevo.Dispatcher]:
    settings = relevo.Settings.model_validate(
        {"accounts": {"shop": {"provider": "scripted"}}, "worker": worker}
    )
    async with relevo.open(settings, providers=[provider_that(act)]) as dispatcher:
        yield dispatcher


async def test_send_gives_the_receipt_of_the_handover() -> None:
    async with dispatcher_that(take) as dispatcher:
        message = relevo.Message(to=TO, text="hola")
        receipt = await dispatcher.send(message)
        assert receipt == relevo.Receipt(f"p-{message.message_id}", {"ok": True})
        record = await dispatcher.message(message.message_id)
        assert record.status is relevo.DeliveryStatus.ACCEPTED
        assert record.account == "shop"


async def test_submit_returns_before_the_handover_and_events_tell_the_rest() -> None:
    gate = anyio.Event()

    async def wait(message: relevo.Message) -> relevo.Receipt:
        await gate.wait()
        return await take(message)

    async with dispatcher_that(wait) as dispatcher:
        message_id = await dispatcher.submit(relevo.Message(to=TO, text="hola"))
        seen = []
        with anyio.fail_after(30):
            async for event in dispatcher.events(0):
                assert event.subject == str(message_id)
                seen.append(event.data["status"])
                if seen[-1] == "sending":
                    gate.set()
                if seen[-1] == "accepted":
                    break
        assert seen == ["queued", "sending", "accepted"]


async def test_send_raises_the_final_refusal_with_the_providers_words() -> None:
    async def refuse(message: relevo.Message) -> relevo.Receipt:
        del message
        msg = "no such person"
        raise relevo.Rejected(msg, provider_code="131026", http_status=400, raw={"e": 1})

    async with dispatcher_that(refuse) as dispatcher:
        with pytest.raises(relevo.Rejected, match="no such person") as caught:
            await dispatcher.send(relevo.Message(to=TO, text="hola"))
        assert caught.value.provider_code == "131026"
        assert caught.value.http_status == 400
        assert caught.value.raw == {"e": 1}


async def test_send_tells_that_the_outcome_is_unknown_and_never_repeats_it() -> None:
    calls = 0

    async def vanish(message: relevo.Message) -> relevo.Receipt:
        nonlocal calls
        del message
        calls += 1
        msg = "cut"
        raise relevo.OutcomeUnknown(msg)

    async with dispatcher_that(vanish) as dispatcher:
        message = relevo.Message(to=TO, text="hola")
        with pytest.raises(relevo.OutcomeUnknown):
            await dispatcher.send(message)
        record = await dispatcher.message(message.message_id)
        assert record.status is relevo.DeliveryStatus.UNKNOWN
    assert calls == 1


async def test_message_surely_not_sent_is_tried_again() -> None:
    attempts: list[int] = []

    async def third_time(message: relevo.Message) -> relevo.Receipt:
        attempts.append(message.attempt)
        if len(attempts) < 3:
            msg = "down"
            raise relevo.Unavailable(msg)
        return await take(message)

    async with dispatcher_that(third_time, retry_base_s=0.01) as dispatcher:
        await dispatcher.send(relevo.Message(to=TO, text="hola"), wait_s=10)
    assert attempts == [1, 2, 3]


async def test_waiting_ends_with_still_pending_and_the_message_goes_on() -> None:
    gate = anyio.Event()

    async def wait(message: relevo.Message) -> relevo.Receipt:
        await gate.wait()
        return await take(message)

    async with dispatcher_that(wait) as dispatcher:
        message = relevo.Message(to=TO, text="hola")
        with pytest.raises(relevo.StillPending) as caught:
            await dispatcher.send(message, wait_s=0.05)
        assert caught.value.message_id == str(message.message_id)
        gate.set()
        with anyio.fail_after(30):
            async for event in dispatcher.events(0):
                if event.data["status"] == "accepted":
                    break


async def test_waiting_for_a_submitted_message_gives_its_receipt() -> None:
    async with dispatcher_that(take) as dispatcher:
        message_id = await dispatcher.submit(relevo.Message(to=TO, text="hola"))
        receipt = await dispatcher.wait(message_id)
        assert receipt.provider_message_id == f"p-{message_id}"
        assert await dispatcher.wait(message_id, wait_s=0) == receipt


async def test_one_person_gets_messages_in_order_and_others_do_not_wait() -> None:
    gate = anyio.Event()
    handed: list[str] = []

    async def note(message: relevo.Message) -> relevo.Receipt:
        if message.text == "slow 1":
            await gate.wait()
        handed.append(message.text)
        if message.text == "other":
            gate.set()
        return await take(message)

    async with dispatcher_that(note) as dispatcher:
        for text in ("slow 1", "slow 2", "slow 3"):
            await dispatcher.submit(relevo.Message(to=TO, text=text))
        await dispatcher.send(relevo.Message(to="34600111222", text="other"), wait_s=5)
        last = relevo.Message(to="+54 11 3094-6950", text="slow 4")
        await dispatcher.send(last, wait_s=5)
    assert handed == ["other", "slow 1", "slow 2", "slow 3", "slow 4"]


async def test_expired_message_is_never_handed_over() -> None:
    async with dispatcher_that(take) as dispatcher:
        await dispatcher.pause("shop", "not yet")
        soon = utc_now() + timedelta(seconds=0.2)
        message = relevo.Message(to=TO, text="hola", expires_at=soon)
        await dispatcher.submit(message)
        await anyio.sleep(0.25)
        await dispatcher.resume("shop")
        with pytest.raises(relevo.Unavailable, match="expired before any handover"):
            await dispatcher.wait(message.message_id, wait_s=5)
        assert (await dispatcher.message(message.message_id)).attempts == 0


@pytest.mark.parametrize("verb", ["submit", "send"])
async def test_message_that_could_never_leave_is_refused(verb: str) -> None:
    """Its time is past, or over before it may be sent; nothing is kept."""
    now = utc_now()
    async with dispatcher_that(take) as dispatcher:
        for expires_at, send_at in (
            (now - timedelta(seconds=1), None),
            (now + timedelta(hours=1), now + timedelta(hours=2)),
        ):
            message = relevo.Message(to=TO, text="hola", expires_at=expires_at, send_at=send_at)
            with pytest.raises(relevo.InvalidMessage, match="expires_at is"):
                await getattr(dispatcher, verb)(message)
            with pytest.raises(relevo.UnknownMessage):
                await dispatcher.message(message.message_id)


async def test_request_again_after_its_expires_at_gives_the_message_as_it_is_now() -> None:
    soon = utc_now() + timedelta(seconds=0.3)
    async with dispatcher_that(take) as dispatcher:
        first = relevo.Message(to=TO, text="hola", expires_at=soon)
        kept = await dispatcher.accept(first, idempotency_key="order-7")
        await dispatcher.wait(first.message_id, wait_s=5)
        await anyio.sleep((soon - utc_now()).total_seconds() + 0.01)
        repeat = relevo.Message(to=TO, text="hola", expires_at=soon)
        again = await dispatcher.accept(repeat, idempotency_key="order-7")
        assert (again.created, again.record.message_id) == (False, kept.record.message_id)
        with pytest.raises(relevo.InvalidMessage):
            await dispatcher.accept(repeat, idempotency_key="order-8")


async def test_cancel_is_too_late_once_an_attempt_began() -> None:
    began, gate = anyio.Event(), anyio.Event()

    async def wait(message: relevo.Message) -> relevo.Receipt:
        began.set()
        await gate.wait()
        return await take(message)

    async with dispatcher_that(wait) as dispatcher:
        first = await dispatcher.submit(relevo.Message(to=TO, text="1"))
        second = await dispatcher.submit(relevo.Message(to=TO, text="2"))
        await began.wait()
        assert await dispatcher.cancel(first) is relevo.CancelOutcome.TOO_LATE
        assert await dispatcher.cancel(second) is relevo.CancelOutcome.CANCELLED
        gate.set()
        record = await dispatcher.message(second)
        assert record.status is relevo.DeliveryStatus.CANCELLED


@pytest.mark.parametrize(
    ("message", "error", "words"),
    [
        (relevo.Message(to=TO, text="a", account="nope"), relevo.UnknownAccount, "shop"),
        (relevo.Message(to="hello", text="a"), relevo.InvalidAddress, "5 to 15"),
        (relevo.Message(to="1234", text="a"), relevo.InvalidAddress, "5 to 15"),
        (
            relevo.Message(to=TO, content=relevo.TemplateContent(name="a", language="es")),
            relevo.UnsupportedContent,
            "cannot carry template",
        ),
        (relevo.Message(to=TO, text="a", reply_to="x"), relevo.UnsupportedContent, "reply"),
    ],
    ids=["account", "no digits", "too short", "template", "reply"],
)
async def test_what_cannot_be_sent_is_refused_before_it_is_kept(
    message: relevo.Message, error: type[Exception], words: str
) -> None:
    async with dispatcher_that(take) as dispatcher:
        with pytest.raises(error, match=words):
            await dispatcher.submit(message)
        assert await dispatcher.engine.head() == 0


async def test_closing_cuts_nothing_off_that_can_still_finish() -> None:
    """Leaving the block stops claiming and waits for the attempts under way."""
    began = anyio.Event()
    finished = []

    async def slow(message: relevo.Message) -> relevo.Receipt:
        began.set()
        await anyio.sleep(0.05)
        finished.append(message.text)
        return await take(message)

    async with dispatcher_that(slow) as dispatcher:
        await dispatcher.submit(relevo.Message(to=TO, text="hola"))
        await began.wait()
    assert finished == ["hola"]


async def test_many_senders_are_each_woken_by_their_own_message() -> None:
    async with dispatcher_that(take) as dispatcher:
        receipts: list[str | None] = []

        async def send(number: int) -> None:
            message = relevo.Message(to=f"5411{number:06}", text=str(number))
            receipt = await dispatcher.send(message, wait_s=10)
            assert receipt.provider_message_id == f"p-{message.message_id}"
            receipts.append(receipt.provider_message_id)

        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(send, number)
    assert len(set(receipts)) == 100


async def test_waiting_outlives_a_store_that_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one reader of the log for all who wait must not end with the store's first fault."""
    async with dispatcher_that(take) as dispatcher:
        events, faults = dispatcher.engine.events, [relevo.EngineUnavailable("away")]

        async def away_once(*args: Any, **options: Any) -> list[relevo.Event]:
            if faults:
                raise faults.pop()
            return await events(*args, **options)

        monkeypatch.setattr("relevo.dispatch.dispatcher.POLL_S", 0.01)
        monkeypatch.setattr(dispatcher.engine, "events", away_once)
        for _ in range(2):
            await dispatcher.send(relevo.Message(to=TO, text="hola"), wait_s=10)
        assert faults == []


async def test_news_the_answer_already_carries_are_applied() -> None:
    async def take_and_tell(message: relevo.Message) -> relevo.Receipt:
        provider_id = str(message.message_id)
        return relevo.Receipt(
            provider_id,
            updates=(relevo.StatusUpdate(provider_id, relevo.DeliveryStatus.DELIVERED),),
        )

    async with dispatcher_that(take_and_tell) as dispatcher:
        message = relevo.Message(to=TO, text="hola")
        await dispatcher.send(message)
        record = await dispatcher.message(message.message_id)
        assert record.status is relevo.DeliveryStatus.DELIVERED
