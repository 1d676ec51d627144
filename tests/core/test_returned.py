"""What a provider returns by mistake: told with its name, and nobody else is harmed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, cast

import pytest
from pydantic import BaseModel

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine

pytestmark = pytest.mark.anyio

TO = "541130946950"
ITEM = relevo.WebhookItem("1", {"words": "canary"})
HEARD = relevo.InboundMessage(relevo.Address("tel", TO), "hola", {})


class Config(BaseModel):
    """Nothing to configure."""


class Untyped(relevo.Provider[Config]):
    """Return what the test says, whatever the signatures say."""

    name = "untyped"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT, relevo.Capability.INBOUND})
    verified: Any = None
    split: Callable[[], Any] = staticmethod(lambda: [ITEM])
    parsed: Callable[[], Any] = staticmethod(lambda: [HEARD])
    checked: Any = None
    lane: Any = TO
    receipt: Any = relevo.Receipt("p-1")

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        del message
        return cast("relevo.Receipt", self.receipt)

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        del request
        return cast("None", self.verified)

    def split_webhook(self, request: relevo.WebhookRequest) -> Sequence[relevo.WebhookItem]:
        del request
        return cast("Sequence[relevo.WebhookItem]", self.split())

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        del item
        return cast("Sequence[relevo.ProviderEvent]", self.parsed())

    def check_message(self, message: relevo.Message) -> None:
        del message
        return cast("None", self.checked)

    def lane_key(self, address: relevo.Address) -> str:
        del address
        return cast("str", self.lane)


@pytest.fixture
async def engine() -> AsyncIterator[MemoryEngine]:
    async with MemoryEngine() as engine:
        yield engine


def returning(engine: MemoryEngine, **mistakes: object) -> relevo.Receiver:
    """Receive for one account whose provider makes these mistakes."""
    kind = type("Untyped", (Untyped,), mistakes)
    return relevo.Receiver(engine, {"shop": Account("shop", kind("shop", Config(), None))})


def webhook() -> relevo.WebhookRequest:
    return relevo.WebhookRequest("POST", "/webhooks/shop", json.dumps(["canary"]).encode())


async def told_fault(engine: MemoryEngine, receiver: relevo.Receiver) -> str:
    """Work through one webhook that is set aside, and give the reason."""
    await receiver.receive("shop", webhook())
    assert await receiver.process_pending() == 1
    assert await receiver.process_pending() == 0
    (item,) = (await receiver.quarantined()).items
    (event,) = await engine.events(0)
    error = cast("dict[str, str]", event.data["error"])
    assert error["code"] == "parser_failed"
    assert item.webhook_id == 1
    assert "canary" not in error["message"]
    return error["message"]


def some_and_a_fault(first: object) -> Iterator[object]:
    """Give one, then fail."""
    yield first
    msg = "canary"
    raise LookupError(msg)


SPLIT: dict[str, tuple[Callable[[], object], str]] = {
    "nothing": (lambda: None, "split_webhook returned NoneType, not a list of WebhookItem."),
    "number": (lambda: 7, "split_webhook returned int, not a list of WebhookItem."),
    "text": (lambda: "canary", "split_webhook returned str, not a list of WebhookItem."),
    "dicts": (lambda: [ITEM, {"a": 1}], "split_webhook returned dict among its WebhookItem."),
    "dict": (lambda: {"canary": 1}, "split_webhook returned str among its WebhookItem."),
    "generator": (lambda: some_and_a_fault(ITEM), "The provider's parser raised LookupError."),
}


@pytest.mark.parametrize("kind", SPLIT)
async def test_webhook_split_into_no_items_is_set_aside_whole(
    engine: MemoryEngine, kind: str
) -> None:
    """It is one item with its reason, not a fault that comes again at every start."""
    split, words = SPLIT[kind]
    message = await told_fault(engine, returning(engine, split=staticmethod(split)))
    assert message.endswith(words)
    assert kind == "generator" or message.startswith("Account 'shop': provider 'untyped': ")


PARSED: dict[str, tuple[Callable[[], object], str]] = {
    "nothing": (lambda: None, "parse_item returned NoneType, not a list of events."),
    "event": (lambda: HEARD, "parse_item returned InboundMessage, not a list of events."),
    "dicts": (lambda: [HEARD, {"a": 1}], "parse_item returned dict among its events."),
    "receipt": (lambda: [relevo.Receipt("1")], "parse_item returned Receipt among its events."),
    "class": (lambda: [relevo.InboundMessage], "parse_item returned type among its events."),
    "generator": (lambda: some_and_a_fault(HEARD), "The provider's parser raised LookupError."),
}


@pytest.mark.parametrize("kind", PARSED)
async def test_item_parsed_into_no_events_is_set_aside(engine: MemoryEngine, kind: str) -> None:
    parsed, words = PARSED[kind]
    message = await told_fault(engine, returning(engine, parsed=staticmethod(parsed)))
    assert message.endswith(words)


async def test_generators_that_end_well_are_as_good_as_lists(engine: MemoryEngine) -> None:
    receiver = returning(
        engine, split=staticmethod(lambda: iter([ITEM])), parsed=staticmethod(lambda: iter([HEARD]))
    )
    await receiver.receive("shop", webhook())
    await receiver.process_pending()
    assert [event.type for event in await engine.events(0)] == [relevo.EventType.INBOUND]


@pytest.mark.parametrize("lane", [None, "", 7], ids=["nothing", "empty", "number"])
async def test_item_of_a_person_without_a_lane_is_set_aside(
    engine: MemoryEngine, lane: object
) -> None:
    receiver = returning(engine, lane=lane)
    await receiver.receive("shop", webhook())
    assert await receiver.process_pending() == 1
    (event,) = await engine.events(0)
    assert event.type is relevo.EventType.WEBHOOK
    assert "lane_key returned" in str(event.data["error"])


async def later() -> bool:
    """Verify when nobody waits for it any more."""
    return False


@pytest.mark.parametrize(
    ("verified", "seen"),
    [(False, "bool"), (True, "bool"), (0, "int"), (later, "coroutine")],
    ids=["false", "true", "zero", "async"],
)
async def test_webhook_is_refused_unless_its_check_returns_nothing(
    engine: MemoryEngine, caplog: pytest.LogCaptureFixture, verified: Any, seen: str
) -> None:
    """Fail closed: a check written as a question must not let everybody in."""
    given = property(lambda _: verified()) if seen == "coroutine" else verified
    receiver = returning(engine, verified=given)
    words = (
        f"Account 'shop': provider 'untyped': verify_webhook returned {seen}; "
        "raise WebhookRejected to refuse, return nothing to accept."
    )
    with pytest.raises(relevo.WebhookRejected) as refusal:
        await receiver.receive("shop", webhook())
    assert refusal.value.message == words
    assert words in caplog.text
    assert await engine.pending_webhooks(10) == []


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"lane": None}, "lane_key returned NoneType"),
        ({"lane": 7}, "lane_key returned int"),
        ({"lane": ""}, "lane_key returned an empty text"),
        ({"lane": "x" * 513}, "lane_key returned a text of 513 characters"),
        ({"checked": False}, "check_message returned bool"),
        ({"checked": "too long"}, "check_message returned str"),
    ],
    ids=["no lane", "number", "empty", "long", "false", "words"],
)
async def test_message_is_not_kept_where_its_provider_answers_nonsense(
    mistake: dict[str, object], words: str
) -> None:
    settings = relevo.Settings.model_validate({"accounts": {"shop": {"provider": "untyped"}}})
    kind = type("Untyped", (Untyped,), mistake)
    message = relevo.Message(to=TO, text="hola")
    async with relevo.open(settings, providers=[kind]) as dispatcher:
        for verb in (dispatcher.submit, dispatcher.plan):
            with pytest.raises(relevo.ProviderFault) as refusal:
                await verb(message)
            assert refusal.value.code == "provider_fault"
            assert refusal.value.message.startswith("Account 'shop': provider 'untyped': ")
            assert words in refusal.value.message
        assert await dispatcher.engine.head() == 0


async def test_neighbours_message_leaves_where_send_returns_no_receipt() -> None:
    """One account's mistake is held as unknown, sent once, and stops nobody."""
    tables = {"shop": {"provider": "untyped"}, "bank": {"provider": "good"}}
    bad = type("Untyped", (Untyped,), {"receipt": {"id": "p-1"}})
    good = type("Good", (Untyped,), {"name": "good"})
    settings = relevo.Settings.model_validate({"accounts": tables})
    async with relevo.open(settings, providers=[bad, good]) as dispatcher:
        with pytest.raises(relevo.OutcomeUnknown, match="send returned dict, not a Receipt"):
            await dispatcher.send(relevo.Message(to=TO, text="hola", account="shop"), wait_s=5)
        receipt = await dispatcher.send(
            relevo.Message(to=TO, text="hola", account="bank"), wait_s=5
        )
        assert receipt.provider_message_id == "p-1"


async def test_lane_that_fails_after_the_handover_changes_nothing_about_it() -> None:
    """The answer names the person otherwise; that this cannot be read is only logged."""

    class Fickle(Untyped):
        receipt = relevo.Receipt("p-1", recipient=relevo.Address("acme", "7"))

        def lane_key(self, address: relevo.Address) -> str:
            known = {"tel": TO}
            return known[address.scheme]

    settings = relevo.Settings.model_validate({"accounts": {"shop": {"provider": "untyped"}}})
    async with relevo.open(settings, providers=[Fickle]) as dispatcher:
        receipt = await dispatcher.send(relevo.Message(to=TO, text="hola"), wait_s=5)
        assert receipt.provider_message_id == "p-1"


async def test_category_that_cannot_be_told_ends_its_own_message_only() -> None:
    """It worked when the message was accepted and fails when it is to leave, or right after."""

    class Forgetful(Untyped):
        asked = 0

        async def send(self, message: relevo.Message) -> relevo.Receipt:
            msg = f"They stopped it: {type(message.content).__name__}."
            raise relevo.OptedOut(msg)

        def preference_of(self, message: relevo.Message) -> str | None:
            Forgetful.asked += 1
            if message.text == "fails" and Forgetful.asked > 1:
                raise KeyError(message.text)
            return None if message.text == "fails" or Forgetful.asked < 5 else str(1 / 0)

    settings = relevo.Settings.model_validate({"accounts": {"shop": {"provider": "untyped"}}})
    async with relevo.open(settings, providers=[Forgetful]) as dispatcher:
        before = "failed with KeyError before anything was sent"
        with pytest.raises(relevo.ProviderFailed, match=before):
            await dispatcher.send(relevo.Message(to=TO, text="fails"), wait_s=5)
        with pytest.raises(relevo.OptedOut, match="They stopped it"):
            await dispatcher.send(relevo.Message(to=TO, text="refused"), wait_s=5)
    assert Forgetful.asked == 5
