"""The inbox: raw webhooks and what was made of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from relevo.engines.records import (
    DiscardedItem,
    InterpretedWebhook,
    ItemOutcome,
    Page,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.webhooks import WebhookRequest

NO_PROVIDERS: Final[Mapping[str, str]] = MappingProxyType({})
"""No provider is known of any account."""


class Inbox(Protocol):
    """Durable raw webhooks and what was made of them."""

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Commit a verified webhook as it came; give its id."""
        ...

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Take the oldest webhooks that nothing was made of yet, each account in its turn.

        While some of an account are taken, nobody is given others of it, so that
        they are applied in the order they came; for half a minute, or until who
        took them is known to be gone.
        """
        ...

    async def hand_back(self, webhook_ids: Collection[int]) -> None:
        """Let others take webhooks that were taken and will not be applied here."""
        ...

    async def apply_items(self, webhooks: Sequence[InterpretedWebhook]) -> list[list[ItemOutcome]]:
        """Apply webhooks in their order: each item once per account and key; close them.

        A webhook is kept with all of its items or not at all, many of them in
        one transaction, and each item apart from its neighbours. A duplicate
        changes nothing. An item with a fault is quarantined with a
        `messaging.webhook` event; when it comes again without one it is applied.
        One that was discarded stays so, whatever it comes with.

        Raises:
            EngineError: Some could not be kept, and are pending still; the others are.
        """
        ...

    async def quarantined(
        self,
        *,
        account: str | None = None,
        visible: frozenset[str] | None = None,
        webhook_ids: Collection[int] = (),
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[QuarantinedItem]:
        """Give items that were set aside, newest first. The cursor is opaque.

        Only those of `visible` accounts are given; None: of all. Only those of these
        webhooks; none named: of all.
        """
        ...

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook. It is quarantined as long as any item of it is set aside.

        Raises:
            UnknownWebhook: None has this id, or it is no longer kept.
        """
        ...

    async def reopen(
        self,
        *,
        account: str | None = None,
        webhook_ids: Collection[int] = (),
        visible: frozenset[str] | None = None,
        discarded: bool = False,
        limit: int = 1_000,
    ) -> list[int]:
        """Let webhooks with items set aside be worked through again; give their ids.

        What was applied stays applied once. Without ids: all of the account, or of all.
        Only items of `visible` accounts count; None: of all. Items that were discarded
        stay so, unless `discarded`: then they are as if they had never come.
        """
        ...

    async def discard(
        self,
        *,
        account: str | None = None,
        webhook_ids: Collection[int] = (),
        key: str | None = None,
        visible: frozenset[str] | None = None,
        providers: Mapping[str, str] = NO_PROVIDERS,
        limit: int = 1_000,
    ) -> list[DiscardedItem]:
        """Give up items that were set aside, oldest webhook first; give and tell each.

        They are set aside no more, and nobody tries them again when they come again or
        their webhook is worked through. To a doubt they stay news that nobody read. Their
        raw webhooks stay as long as any. Without ids and key: all of the account, or of
        all. Only items of `visible` accounts; None: of all. `providers` names those of
        accounts, to be told.
        """
        ...

    async def beat(self, *, every_s: float) -> None:
        """Note that the receiver is up. A silence of more than twice `every_s` was an outage."""
        ...

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""
        ...
