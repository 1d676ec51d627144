from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import NoReturn

import anyio
import pytest
from pydantic import BaseModel, SecretStr

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import Direction

pytestmark = pytest.mark.anyio

TOKEN = "canary-secret"


class Config(BaseModel):
    token: SecretStr


class Lines(relevo.Provider[Config]):
    """Take webhooks that are JSON lists of small objects."""

    name = "lines"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT, relevo.Capability.INBOUND})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        if request.headers.get("x-token") != self.config.token.get_secret_value():
            msg = "Header X-Token is missing or wrong."
            raise relevo.WebhookRejected(msg)

    def split_webhook(self, request: relevo.WebhookRequest) -> Sequence[relevo.WebhookItem]:
        rows = json.loads(request.body)
        return [relevo.WebhookItem(row["id"], row) for row in rows]

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        raw = item.raw
        assert isinstance(raw, dict)
        return [
            relevo.InboundMessage(relevo.Address("tel", str(raw["from"])), str(raw["text"]), raw)
        ]


@pytest.fixture
async def engine() -> AsyncIterator[MemoryEngine]:
    async with MemoryEngine() as engine:
        yield engine


@pytest.fixture
def receiver(engine: MemoryEngine) -> relevo.Receiver:
    provider = Lines("shop", Config(token=SecretStr(TOKEN)), None)
    return relevo.Receiver(engine, {"shop": Account("shop", provider)})


def webhook(body: object, token: str = TOKEN) -> relevo.WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return relevo.WebhookRequest("POST", "/webhooks/shop", raw, {"X-Token": token})


async def inbound(engine: MemoryEngine) -> list[str]:
    page = await engine.messages(relevo.MessageQuery(direction=Direction.IN))
    return [
        record.content.body
        for record in page.items
        if isinstance(record.content, relevo.TextContent)
    ]


async def test_verified_webhook_is_kept_before_anything_is_made_of_it(
    engine: MemoryEngine, receiver: relevo.Receiver
) -> None:
    reply = await receiver.receive("shop", webhook([{"id": "1", "from": "54911", "text": "hola"}]))
    assert reply.status == 200
    kept = await engine.webhook(1)
    assert json.loads(kept.body)[0]["text"] == "hola"
    assert await inbound(engine) == []
    assert await receiver.process_pending() == 1
    assert await inbound(engine) == ["hola"]
    assert await engine.pending_webhooks(10) == []


async def test_unverified_webhook_leaves_nothing(
    engine: MemoryEngine, receiver: relevo.Receiver
) -> None:
    with pytest.raises(relevo.WebhookRejected):
        await receiver.receive("shop", webhook([], token="wrong"))
    assert await engine.pending_webhooks(10) == []


async def test_unknown_account_is_named(receiver: relevo.Receiver) -> None:
    with pytest.raises(relevo.UnknownAccount, match="'nobody'"):
        await receiver.receive("nobody", webhook([]))


async def test_bad_item_is_set_aside_alone_with_its_reason(
    engine: MemoryEngine, receiver: relevo.Receiver
) -> None:
    rows = [
        {"id": "1", "from": "54911", "text": "before"},
        {"id": "2", "surprise": "541130946950"},
        {"id": "3", "from": "54911", "text": "after"},
    ]
    await receiver.receive("shop", webhook(rows))
    await receiver.process_pending()
    assert sorted(await inbound(engine)) == ["after", "before"]
    told = [e for e in await engine.events(0) if e.type is relevo.EventType.WEBHOOK]
    assert len(told) == 1
    assert told[0].data["error"]["code"] == "parser_failed"
    assert "KeyError" in told[0].data["error"]["message"]


async def test_same_item_in_another_batch_is_applied_once(
    engine: MemoryEngine, receiver: relevo.Receiver
) -> None:
    row = {"id": "1", "from": "54911", "text": "hola"}
    for batch in ([row], [row, {"id": "2", "from": "54911", "text": "more"}], [row, row]):
        await receiver.receive("shop", webhook(batch))
    await receiver.process_pending()
    assert sorted(await inbound(engine)) == ["hola", "more"]


async def refuse(webhooks: object) -> NoReturn:
    msg = f"The store is away: {webhooks}"
    raise relevo.EngineUnavailable(msg)


async def test_one_persons_messages_arrive_in_the_order_they_came(
    engine: MemoryEngine, receiver: relevo.Receiver
) -> None:
    """Over webhooks of one message and of many, taken and applied many at a time."""
    numbers = iter(range(1_000))
    for size in (1, 1, 600, 3, *[1] * 200):
        rows = [{"id": f"{n}", "from": "54911", "text": f"{n}"} for n in islice(numbers, size)]
        await receiver.receive("shop", webhook(rows))
    while await receiver.process_pending():
        pass
    told = [event.data["content"]["body"] for event in await engine.events(0, limit=1_000)]
    assert told == [str(n) for n in range(805)]


async def test_flood_of_one_account_delays_no_other(engine: MemoryEngine) -> None:
    """The other's webhook is among the next that are worked through."""
    provider = Lines("shop", Config(token=SecretStr(TOKEN)), None)
    accounts = {name: Account(name, provider) for name in ("shop", "clinic")}
    receiver = relevo.Receiver(engine, accounts)
    for number in range(300):
        row = {"id": str(number), "from": "54911", "text": "flood"}
        await receiver.receive("shop", webhook([row]))
    await receiver.receive("clinic", webhook([{"id": "1", "from": "54911", "text": "alone"}]))
    assert await receiver.process_pending() < 300
    assert "alone" in await inbound(engine)


async def test_webhooks_that_could_not_be_applied_wait_for_nobody(
    engine: MemoryEngine, receiver: relevo.Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are handed back at once, so that the next turn, or another receiver, has them."""
    await receiver.receive("shop", webhook([{"id": "1", "from": "54911", "text": "hola"}]))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "apply_items", refuse)
        with pytest.raises(relevo.EngineUnavailable):
            await receiver.process_pending()
    assert await receiver.process_pending() == 1
    assert await inbound(engine) == ["hola"]


async def test_receiver_that_is_stopped_hands_back_what_it_has(
    engine: MemoryEngine, receiver: relevo.Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of its work; nobody waits half a minute for it."""
    working = anyio.Event()

    async def hang(webhooks: object) -> NoReturn:
        working.set()
        await anyio.sleep_forever()
        raise AssertionError(webhooks)

    monkeypatch.setattr(engine, "apply_items", hang)
    await receiver.receive("shop", webhook([{"id": "1", "from": "54911", "text": "hola"}]))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receiver.run)
        await working.wait()
        tasks.cancel_scope.cancel()
    assert len(await engine.pending_webhooks(10)) == 1


async def test_hand_back_that_failed_is_made_up_for(
    engine: MemoryEngine, receiver: relevo.Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that is away can neither apply nor take back; both happen when it is there again."""
    await receiver.receive("shop", webhook([{"id": "1", "from": "54911", "text": "hola"}]))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "apply_items", refuse)
        patch.setattr(engine, "hand_back", refuse)
        with pytest.raises(relevo.EngineUnavailable):
            await receiver.process_pending()
        with pytest.raises(relevo.EngineUnavailable):
            await receiver.process_pending()
    assert await receiver.process_pending() == 1
    assert await inbound(engine) == ["hola"]


async def test_webhook_that_cannot_be_split_is_kept_whole(
    engine: MemoryEngine, receiver: relevo.Receiver
) -> None:
    await receiver.receive("shop", webhook(b"\xff{not json"))
    await receiver.receive("shop", webhook([{"id": "1", "from": "54911", "text": "hola"}]))
    await receiver.process_pending()
    assert await inbound(engine) == ["hola"]
    assert [e.type for e in await engine.events(0)].count(relevo.EventType.WEBHOOK) == 1


async def test_writer_with_an_odd_address_is_still_heard(
    engine: MemoryEngine, receiver: relevo.Receiver
) -> None:
    await receiver.receive("shop", webhook([{"id": "1", "from": "SHORTCODE", "text": "hola"}]))
    await receiver.process_pending()
    assert await inbound(engine) == ["hola"]


async def test_provider_without_webhooks_refuses_honestly(engine: MemoryEngine) -> None:
    class Mute(Lines):
        verify_webhook = relevo.Provider.verify_webhook

    provider = Mute("shop", Config(token=SecretStr(TOKEN)), None)
    receiver = relevo.Receiver(engine, {"shop": Account("shop", provider)})
    with pytest.raises(relevo.NotSupported, match="has no webhooks"):
        await receiver.receive("shop", webhook([]))
    with pytest.raises(relevo.NotSupported, match="has no webhook handshake"):
        receiver.challenge("shop", webhook([]))


class Told(Lines):
    """Tell what it is given, word for word."""

    name = "told"

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        assert isinstance(item.raw, dict)
        return [
            relevo.InboundMessage(
                relevo.Address("test", "a\x00b"),
                "hola",
                sender_name="half a smile: \ud83d",
                provider_message_id="id-\udc00",
                reply_to="\x00",
                aliases=(relevo.Address("test", "ok"), relevo.Address("test", "c\x00d")),
            ),
            relevo.PersonUpdate(relevo.Address("test", "e\x00f"), "alias\ud83d"),
        ]


async def test_words_no_store_can_keep_are_mended_and_the_message_arrives() -> None:
    """A half character in somebody's name is no reason to set their message aside."""
    provider = Told("shop", Config(token=SecretStr(TOKEN)), None)
    async with MemoryEngine() as engine:
        receiver = relevo.Receiver(engine, {"shop": Account("shop", provider)})
        await receiver.receive("shop", webhook([{"id": "1"}]))
        assert await receiver.process_pending() == 1
        (message,) = (await engine.messages(relevo.MessageQuery())).items
        assert message.direction is Direction.IN
        assert message.provider_message_id == "id-\ufffd"
        assert "\x00" not in message.person.value + (message.reply_to or "")
        wrote, learned = (event.data for event in await engine.events(0))
        assert wrote["aliases"] == ["test:ok", "test:c\ufffdd"]
        assert (learned["to"], learned["kind"]) == ("e\ufffdf", "alias\ufffd")
