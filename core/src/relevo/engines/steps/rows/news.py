"""Rows of what comes in, and of what is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from relevo.engines.records import MediaRecord, MessageRecord, WebhookState
from relevo.engines.steps.rows.values import EchoRow, ItemRow
from relevo.events import StatusUpdate
from relevo.middleware import EventDraft
from relevo.webhooks import WebhookItem


class NewsRows(Protocol):
    """Providers' ids, statuses that came too early, webhooks and the log."""

    def message_by_ref(self, account: str, provider_message_id: str) -> MessageRecord | None:
        """Find a message by the provider's id."""
        ...

    def link(self, provider_message_id: str, record: MessageRecord) -> None:
        """Remember the provider's id of a message; what it meant before is forgotten."""
        ...

    def shelve(self, account: str, update: StatusUpdate, now: datetime) -> None:
        """Keep a status whose message is not known yet."""
        ...

    def unshelve(self, account: str, provider_message_id: str) -> Sequence[StatusUpdate]:
        """Take shelved statuses off the shelf, in order of arrival."""
        ...

    def echo(self, account: str) -> EchoRow | None:
        """Tell how an account's echoes came until now."""
        ...

    def save_echo(self, account: str, row: EchoRow) -> None:
        """Keep how an account's echoes come."""
        ...

    def webhook_account(self, webhook_id: int) -> str | None:
        """Tell whose webhook it is."""
        ...

    def close_webhook(self, webhook_id: int, state: WebhookState) -> None:
        """Note how far a webhook got."""
        ...

    def item(self, account: str, key: str) -> ItemRow | None:
        """Tell what became of an item when it came before."""
        ...

    def save_item(
        self, account: str, item: WebhookItem, row: ItemRow, webhook_id: int, now: datetime
    ) -> None:
        """Keep what became of an item; its raw object only while it is quarantined."""
        ...

    def media(self, media_id: UUID) -> MediaRecord | None:
        """Find a file."""
        ...

    def save_media(self, media: MediaRecord) -> None:
        """Keep a file, new or as it is now."""
        ...

    def tell(
        self, draft: EventDraft, account: str, about: MessageRecord | None, now: datetime
    ) -> None:
        """Append an event to the log."""
        ...
