"""Whose a webhook's items are: one POST may hold news of several accounts."""

from __future__ import annotations

import pytest

from relevo.contents import TextContent
from relevo.engines.records import (
    Direction,
    Effect,
    ItemFault,
    ItemState,
    MessageQuery,
    ParsedItem,
)
from relevo.events import DeliveryStatus, InboundMessage, StatusUpdate
from relevo.messages import Address
from relevo.testing.engine_rules.scene import CLINIC, SHOP, EngineSetup, Scene
from relevo.webhooks import WebhookItem

_FOREIGN = ItemFault("foreign_item", "This is another account's.")


def _hello(key: str, account: str | None = None) -> ParsedItem:
    hello = InboundMessage(Address("test", "ana"), TextContent(body=key))
    return ParsedItem(WebhookItem(key), (Effect(hello, "test:ana"),), account=account)


async def _written(scene: Scene) -> list[tuple[str, str]]:
    rows = (await scene.engine.messages(MessageQuery(direction=Direction.IN))).items
    return sorted(
        (row.account, row.content.body) for row in rows if isinstance(row.content, TextContent)
    )


@pytest.mark.anyio
class OwningRules(EngineSetup):
    """Items that came by another account's URL."""

    async def test_item_is_applied_to_its_owner(self, scene: Scene) -> None:
        """Beside items of the account whose URL it is; the same key is another item there."""
        states = await scene.webhook(_hello("a"), _hello("a", CLINIC), _hello("b", CLINIC))
        assert states == [ItemState.APPLIED] * 3
        assert await _written(scene) == [(CLINIC, "a"), (CLINIC, "b"), (SHOP, "a")]
        assert [event.data["account"] for event in await scene.log()] == [SHOP, CLINIC, CLINIC]

    async def test_item_is_applied_once_by_whatever_url_it_comes(self, scene: Scene) -> None:
        """The owner's own URL, or another's."""
        assert await scene.webhook(_hello("a", CLINIC)) == [ItemState.APPLIED]
        assert await scene.webhook(_hello("a"), account=CLINIC) == [ItemState.DUPLICATE]
        assert await scene.webhook(_hello("a", CLINIC)) == [ItemState.DUPLICATE]
        assert await _written(scene) == [(CLINIC, "a")]

    async def test_news_move_the_owners_message(self, scene: Scene) -> None:
        """A provider's id is one account's: the same id of another account is left alone."""
        ours, theirs = await scene.accept("ana"), await scene.accept("ana", account=CLINIC)
        for claim in await scene.claim():
            await scene.hand_over(claim, "v-1")
        read = StatusUpdate("v-1", DeliveryStatus.READ)
        item = ParsedItem(WebhookItem("s"), (Effect(read),), account=CLINIC)
        assert await scene.webhook(item) == [ItemState.APPLIED]
        assert await scene.status(theirs) is DeliveryStatus.READ
        assert await scene.status(ours) is DeliveryStatus.ACCEPTED

    async def test_foreign_item_that_found_its_owner_is_settled(self, scene: Scene) -> None:
        """It is no longer shown as set aside, nor worked through again."""
        foreign = ParsedItem(WebhookItem("a", {"raw": 1}), fault=_FOREIGN)
        assert await scene.webhook(foreign) == [ItemState.QUARANTINED]
        assert await scene.webhook(_hello("a", CLINIC)) == [ItemState.APPLIED]
        assert not (await scene.engine.quarantined()).items
        assert await scene.engine.reopen() == []

    async def test_bad_item_is_set_aside_with_its_owner(self, scene: Scene) -> None:
        """Where it will be looked for."""
        fault = ItemFault("parser_failed", "The parser raised KeyError.")
        bad = ParsedItem(WebhookItem("a", {"raw": 1}), fault=fault, account=CLINIC)
        assert await scene.webhook(bad) == [ItemState.QUARANTINED]
        page = await scene.engine.quarantined(account=CLINIC)
        assert [(item.account, item.key) for item in page.items] == [(CLINIC, "a")]
