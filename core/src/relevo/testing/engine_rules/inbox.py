"""What the inbox promises: raw first, each item once, bad items alone."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from relevo.contents import OtherContent, TextContent
from relevo.engines.records import (
    Direction,
    Effect,
    EventQuery,
    InterpretedWebhook,
    ItemFault,
    ItemState,
    MessageQuery,
    ParsedItem,
    WebhookState,
)
from relevo.errors import EngineError
from relevo.events import AccountUpdate, DeliveryStatus, Event, EventType, InboundMessage
from relevo.messages import Address
from relevo.testing.engine_rules.scene import PROVIDER, SHOP, EngineSetup, Scene
from relevo.webhooks import WebhookItem, WebhookRequest

_APPLIED = ItemState.APPLIED
_DUPLICATE = ItemState.DUPLICATE
_QUARANTINED = ItemState.QUARANTINED
_FAULT = ItemFault("parser_failed", "The parser raised KeyError.", "KeyError\n  frames")


def _hello(text: str = "hi") -> InboundMessage:
    return InboundMessage(Address("test", "ana"), TextContent(body=text))


async def _apply_together(scene: Scene, *webhooks: list[ParsedItem]) -> list[list[ItemState]]:
    request = WebhookRequest("POST", "/", b"{}")
    ids = [await scene.engine.keep_webhook(SHOP, request) for _ in webhooks]
    together = await scene.engine.apply_items(
        [
            InterpretedWebhook(webhook_id, PROVIDER, items)
            for webhook_id, items in zip(ids, webhooks, strict=True)
        ]
    )
    return [[outcome.state for outcome in outcomes] for outcomes in together]


async def _quarantine(scene: Scene) -> list[Event]:
    return await scene.log(EventQuery(types=frozenset({EventType.WEBHOOK})))


@pytest.mark.anyio
class WebhookRules(EngineSetup):
    """Raw webhooks."""

    async def test_webhook_is_kept_as_it_came(self, scene: Scene) -> None:
        """Every byte, and pending until something is made of it."""
        request = WebhookRequest(
            "POST", "/webhooks/shop", b'\x00{"caf\xc3\xa9"\xff', {"X-Sig": "ü"}, {"a": "b"}
        )
        webhook_id = await scene.engine.keep_webhook(SHOP, request)
        (kept,) = await scene.engine.pending_webhooks(10)
        assert (kept.webhook_id, kept.account) == (webhook_id, SHOP)
        assert (kept.method, kept.path, kept.body) == ("POST", "/webhooks/shop", request.body)
        assert (kept.headers, kept.query) == ({"x-sig": "ü"}, {"a": "b"})
        assert (kept.arrived_at, kept.state) == (scene.clock(), WebhookState.PENDING)

    async def test_webhooks_are_pending_oldest_first_until_applied(self, scene: Scene) -> None:
        """An applied one is not given again."""
        request = WebhookRequest("POST", "/", b"{}")
        ids = [await scene.engine.keep_webhook(SHOP, request) for _ in range(3)]
        await scene.apply(ids[1], [])
        pending = await scene.engine.pending_webhooks(10)
        assert [webhook.webhook_id for webhook in pending] == [ids[0], ids[2]]
        assert await scene.engine.pending_webhooks(1) == [], "they are in somebody's hands"
        scene.clock.advance(30)
        assert len(await scene.engine.pending_webhooks(1)) == 1

    async def test_items_of_an_unknown_webhook_are_refused(self, scene: Scene) -> None:
        """They belong to no account."""
        with pytest.raises(EngineError, match="4711"):
            await scene.apply(4711, [scene.item(_hello())])
        assert await scene.log() == []

    async def test_webhooks_applied_together_keep_their_order(self, scene: Scene) -> None:
        """What a person wrote arrives as it came; an item that came before is one of them."""
        first, last = scene.item(_hello("1")), scene.item(_hello("4"))
        two = [scene.item(_hello("2")), first, scene.item(_hello("3"))]
        states = await _apply_together(scene, [first], two, [], [last])
        assert states == [[_APPLIED], [_APPLIED, _DUPLICATE, _APPLIED], [], [_APPLIED]]
        assert [event.data["content"]["body"] for event in await scene.log()] == list("1234")
        newest_first = (await scene.engine.messages(MessageQuery())).items
        assert [record.content for record in newest_first] == [
            TextContent(body=word) for word in "4321"
        ]
        assert await scene.engine.pending_webhooks(10) == []

    async def test_webhook_that_cannot_be_kept_is_refused_alone(self, scene: Scene) -> None:
        """Those applied beside it are kept, with a bad item set aside alone."""
        request = WebhookRequest("POST", "/", b"{}")
        before, after = [await scene.engine.keep_webhook(SHOP, request) for _ in range(2)]
        bad = scene.item(key="bad", fault=_FAULT)
        together = [
            InterpretedWebhook(before, PROVIDER, [scene.item(_hello("before")), bad]),
            InterpretedWebhook(4711, PROVIDER, [scene.item(_hello("nowhere"))]),
            InterpretedWebhook(after, PROVIDER, [scene.item(_hello("after"))]),
        ]
        with pytest.raises(EngineError, match="4711"):
            await scene.engine.apply_items(together)
        kinds = [event.type for event in await scene.log()]
        assert kinds == [EventType.INBOUND, EventType.WEBHOOK, EventType.INBOUND]
        assert await scene.engine.pending_webhooks(10) == []


@pytest.mark.anyio
class ItemRules(EngineSetup):
    """What items do, once."""

    async def test_inbound_message_is_kept_and_told(self, scene: Scene) -> None:
        """It reached us, so it is delivered; its thread knows of it."""
        when = datetime(2026, 1, 1, 11, 59, tzinfo=UTC)
        inbound = InboundMessage(
            Address("test", "ana"),
            TextContent(body="hi"),
            raw={"id": "in-1"},
            provider_message_id="in-1",
            reply_to="v-1",
            sender_name="Ana",
            occurred_at=when,
        )
        await scene.hear(inbound)
        (record,) = (await scene.engine.messages(MessageQuery())).items
        assert (record.direction, record.status) == (Direction.IN, DeliveryStatus.DELIVERED)
        assert (record.person, record.content) == (inbound.sender, TextContent(body="hi"))
        assert (record.provider_message_id, record.reply_to) == ("in-1", "v-1")
        assert record.raw == {"id": "in-1"}
        (event,) = await scene.log()
        assert (event.type, event.subject) == (EventType.INBOUND, str(record.message_id))
        assert (event.data["sender"], event.data["sender_name"]) == ("ana", "Ana")
        assert event.data["occurred_at"] == when.isoformat()
        assert event.data["content"]["body"] == "hi"
        (thread,) = (await scene.engine.conversations()).items
        assert thread.conversation_id == record.conversation_id
        assert (thread.person_name, thread.last_inbound_at) == ("Ana", when)

    async def test_content_we_have_no_words_for_is_kept_whole(self, scene: Scene) -> None:
        """The provider's word and object."""
        content = OtherContent(kind="sticker", payload={"sha": "x"})
        await scene.hear(InboundMessage(Address("test", "ana"), content))
        (record,) = (await scene.engine.messages(MessageQuery())).items
        assert record.content == content

    async def test_news_about_an_account_is_told(self, scene: Scene) -> None:
        """It concerns no message."""
        await scene.hear(AccountUpdate("quality", {"rating": "GREEN"}))
        (event,) = await scene.log()
        assert (event.type, event.subject) == (EventType.ACCOUNT, None)
        assert event.data["account"] == SHOP
        assert event.data["provider"] == PROVIDER
        assert event.data["kind"] == "quality"
        assert event.data["raw"] == {"rating": "GREEN"}

    async def test_item_is_applied_once_however_often_it_comes(self, scene: Scene) -> None:
        """Again in another webhook, and twice in one."""
        item = scene.item(_hello(), key="same")
        assert await scene.webhook(item) == [_APPLIED]
        assert await scene.webhook(item, item) == [_DUPLICATE, _DUPLICATE]
        fresh = scene.item(_hello())
        assert await scene.webhook(fresh, fresh) == [_APPLIED, _DUPLICATE]
        assert len(await scene.log()) == 2

    async def test_same_key_on_two_accounts_is_two_items(self, scene: Scene) -> None:
        """Keys are each account's own."""
        item = scene.item(_hello(), key="same")
        assert await scene.webhook(item, account="shop") == [_APPLIED]
        assert await scene.webhook(item, account="clinic") == [_APPLIED]

    async def test_vendor_oddities_harm_no_reader(self, scene: Scene) -> None:
        """Half a surrogate pair or NaN is legal JSON somewhere; the log stays readable."""
        raw: Any = {"half": "a\ud83d", "nan": math.nan}
        await scene.hear(AccountUpdate("odd", raw))
        item = ParsedItem(WebhookItem("bad", raw), fault=ItemFault("odd", "No \ud83d."))
        assert await scene.webhook(item) == [_QUARANTINED]
        first, second = await scene.log()
        assert first.data["raw"] == {"half": "a\ufffd", "nan": None}
        assert second.data["error"]["message"] == "No \ufffd."
        assert all(event.to_json() for event in (first, second))


@pytest.mark.anyio
class QuarantineRules(EngineSetup):
    """Bad items."""

    async def test_faulty_item_is_set_aside_alone(self, scene: Scene) -> None:
        """Its neighbours are applied; it is told with its fault, without its content."""
        states = await scene.webhook(
            scene.item(_hello("one")),
            scene.item(key="bad", fault=_FAULT),
            scene.item(_hello("two")),
        )
        assert states == [_APPLIED, _QUARANTINED, _APPLIED]
        (event,) = await _quarantine(scene)
        assert (event.subject, event.data["account"]) == (None, SHOP)
        assert (event.data["key"], event.data["state"]) == ("bad", "quarantined")
        assert event.data["error"] == {"code": _FAULT.code, "message": _FAULT.message}
        assert await scene.engine.pending_webhooks(10) == []

    async def test_same_fault_again_is_not_told_again(self, scene: Scene) -> None:
        """Another fault of the same item is."""
        other = ItemFault("webhook_malformed", "No id.")
        for fault in (_FAULT, _FAULT, other):
            assert await scene.webhook(scene.item(key="bad", fault=fault)) == [_QUARANTINED]
        codes = [event.data["error"]["code"] for event in await _quarantine(scene)]
        assert codes == [_FAULT.code, other.code]

    async def test_item_set_aside_is_applied_when_it_comes_without_a_fault(
        self, scene: Scene
    ) -> None:
        """A fixed parser replays it; once."""
        await scene.webhook(scene.item(key="bad", fault=_FAULT))
        assert await scene.webhook(scene.item(_hello(), key="bad")) == [_APPLIED]
        assert await scene.webhook(scene.item(_hello(), key="bad")) == [_DUPLICATE]
        assert await scene.webhook(scene.item(key="bad", fault=_FAULT)) == [_DUPLICATE]

    async def test_item_that_cannot_be_applied_is_undone_and_set_aside_alone(
        self, scene: Scene
    ) -> None:
        """Nothing of it stays, not even a gap in the log."""
        nonsense = cast("InboundMessage", object())
        broken = ParsedItem(WebhookItem("bad"), (Effect(_hello("lost"), "ana"), Effect(nonsense)))
        states = await scene.webhook(scene.item(_hello("one")), broken, scene.item(_hello("two")))
        assert states == [_APPLIED, _QUARANTINED, _APPLIED]
        log = await scene.log()
        assert [event.position for event in log] == [1, 2, 3]
        kinds = [event.type for event in log]
        assert kinds == [EventType.INBOUND, EventType.WEBHOOK, EventType.INBOUND]
        assert log[1].data["error"]["code"] == "apply_failed"
        assert "TypeError" in log[1].data["error"]["message"]
        (thread,) = (await scene.engine.conversations()).items
        assert thread.messages == 2
        fixed = ParsedItem(WebhookItem("bad"), (Effect(_hello("found"), "ana"),))
        assert await scene.webhook(fixed) == [_APPLIED]
