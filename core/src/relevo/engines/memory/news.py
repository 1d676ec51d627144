"""Providers' ids, the shelf, webhooks and their items in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from relevo.engines.memory.journal import Journal
from relevo.engines.outages import Outage, Pulse
from relevo.engines.records import (
    ItemState,
    MediaRecord,
    MessageRecord,
    QuarantinedItem,
    UploadRecord,
    WebhookRecord,
    WebhookState,
)
from relevo.engines.steps.rows import EchoRow, ItemRow
from relevo.events import StatusUpdate
from relevo.webhooks import WebhookItem, WebhookRequest


@dataclass(frozen=True, slots=True)
class Shelved:
    """A status whose message is not known yet."""

    update: StatusUpdate
    shelved_at: datetime


@dataclass(frozen=True, slots=True)
class KeptItem:
    """What became of a webhook item, and when."""

    row: ItemRow
    updated_at: datetime


class MemoryNews:
    """What providers told us."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.refs: dict[tuple[str, str], int] = {}
        """Sequences of messages by account and the provider's id."""
        self.shelf: dict[tuple[str, str], tuple[Shelved, ...]] = {}
        self.echoes: dict[str, EchoRow] = {}
        self.webhooks: dict[int, WebhookRecord] = {}
        self.pending: dict[int, datetime | None] = {}
        """Until when each pending webhook is in somebody's hands."""
        self.last_arrived: dict[str, datetime] = {}
        self.items: dict[tuple[str, str], KeptItem] = {}
        self.set_aside: dict[tuple[str, str], QuarantinedItem] = {}
        self.discarded: dict[tuple[str, str], QuarantinedItem] = {}
        self.outages: list[Outage] = []
        self.pulse: Pulse | None = None
        self._webhook_ids = 0
        self.files: dict[UUID, MediaRecord] = {}
        self.file_of: dict[UUID, UUID] = {}
        """Files by the message they came with."""
        self.uploads: dict[tuple[UUID, str], UploadRecord] = {}

    def oldest_arrival(self) -> datetime | None:
        """Tell when the webhook came that is pending longest: ids grow as they come."""
        oldest = min(self.pending, default=None)
        return None if oldest is None else self.webhooks[oldest].arrived_at

    def link(self, provider_message_id: str, record: MessageRecord) -> None:
        """Remember the provider's id of a message."""
        self._journal.put(self.refs, (record.account, provider_message_id), record.sequence)

    def shelve(self, account: str, update: StatusUpdate, now: datetime) -> None:
        """Keep a status whose message is not known yet."""
        key = (account, update.provider_message_id)
        self._journal.put(self.shelf, key, (*self.shelf.get(key, ()), Shelved(update, now)))

    def unshelve(self, account: str, provider_message_id: str) -> Sequence[StatusUpdate]:
        """Take shelved statuses off the shelf, in order of arrival."""
        key = (account, provider_message_id)
        shelved = self.shelf.get(key, ())
        self._journal.drop(self.shelf, key)
        return [one.update for one in shelved]

    def take_off_shelf(self, account: str, update: StatusUpdate) -> None:
        """Take one status off the shelf."""
        key = (account, update.provider_message_id)
        rest = tuple(one for one in self.shelf[key] if one.update is not update)
        self._journal.put(self.shelf, key, rest)
        if not rest:
            self._journal.drop(self.shelf, key)

    def echo(self, account: str) -> EchoRow | None:
        """Tell how an account's echoes came until now."""
        return self.echoes.get(account)

    def save_echo(self, account: str, row: EchoRow) -> None:
        """Keep how an account's echoes come."""
        self._journal.put(self.echoes, account, row)

    def media(self, media_id: UUID) -> MediaRecord | None:
        """Find a file."""
        return self.files.get(media_id)

    def save_media(self, media: MediaRecord) -> None:
        """Keep a file as it is now."""
        self._journal.put(self.files, media.media_id, media)
        if media.message_id is not None:
            self._journal.put(self.file_of, media.message_id, media.media_id)

    def add_webhook(self, account: str, request: WebhookRequest, now: datetime) -> int:
        """Keep a webhook that nothing was made of yet."""
        self._webhook_ids += 1
        webhook = WebhookRecord(
            webhook_id=self._webhook_ids,
            account=account,
            method=request.method,
            path=request.path,
            body=request.body,
            headers=dict(request.headers),
            query=dict(request.query),
            arrived_at=now,
        )
        self._journal.put(self.webhooks, webhook.webhook_id, webhook)
        self._journal.put(self.pending, webhook.webhook_id, None)
        self._journal.put(self.last_arrived, account, now)
        return webhook.webhook_id

    def webhook_account(self, webhook_id: int) -> str | None:
        """Tell whose webhook it is."""
        webhook = self.webhooks.get(webhook_id)
        return webhook.account if webhook else None

    def hand_out(self, webhook_id: int, until: datetime | None) -> None:
        """Keep a pending webhook from other receivers until then, or no longer."""
        self._journal.put(self.pending, webhook_id, until)

    def close_webhook(self, webhook_id: int, state: WebhookState) -> None:
        """Note how far a webhook got."""
        webhook = replace(self.webhooks[webhook_id], state=state)
        self._journal.put(self.webhooks, webhook_id, webhook)
        self._journal.drop(self.pending, webhook_id)

    def reopen_webhook(self, webhook_id: int) -> None:
        """Let a webhook be worked through again."""
        self.close_webhook(webhook_id, WebhookState.PENDING)
        self._journal.put(self.pending, webhook_id, None)

    def item(self, account: str, key: str) -> ItemRow | None:
        """Tell what became of an item when it came before."""
        kept = self.items.get((account, key))
        return kept.row if kept else None

    def save_item(
        self, account: str, item: WebhookItem, row: ItemRow, webhook_id: int, now: datetime
    ) -> None:
        """Keep what became of an item; its raw object only while it is quarantined."""
        place = (account, item.key)
        self._journal.put(self.items, place, KeptItem(row, now))
        self._journal.drop(self.set_aside, place)
        if row.fault is not None:
            aside = QuarantinedItem(account, item.key, webhook_id, item.raw, row.fault, now)
            self._journal.put(self.set_aside, place, aside)

    def discard_items(self, items: Sequence[QuarantinedItem]) -> None:
        """Set items aside no more."""
        for item in items:
            place = (item.account, item.key)
            row = ItemRow(ItemState.DISCARDED, item.fault)
            self._journal.put(self.items, place, KeptItem(row, item.updated_at))
            self._journal.drop(self.set_aside, place)
            self._journal.put(self.discarded, place, replace(item, raw=None))

    def forget_item(self, account: str, key: str) -> None:
        """Let a discarded item be as if it had never come."""
        self._journal.drop(self.items, (account, key))
        self._journal.drop(self.discarded, (account, key))
