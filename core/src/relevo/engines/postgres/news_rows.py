"""Providers' ids, the shelf, webhooks and the log, as the steps see them in a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from relevo.engines.json_text import json_text, plain_text
from relevo.engines.memory.journal import Journal
from relevo.engines.outcomes import conversation_of
from relevo.engines.postgres.cells import Cells
from relevo.engines.postgres.columns import key_text
from relevo.engines.postgres.lane_rows import LaneSet
from relevo.engines.postgres.needs import Kind, NotLoaded
from relevo.engines.records import MediaRecord, MessageRecord, WebhookState
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import EchoRow, ItemRow
from relevo.engines.values import micros, write_json
from relevo.events import StatusUpdate
from relevo.middleware import EventDraft
from relevo.webhooks import WebhookItem

UPDATE = TypeAdapter(StatusUpdate)

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RefRow:
    """A provider's id: of which message, and what waits on the shelf until that is known.

    Args:
        sequence: The message; None while only statuses speak of it.
        shelved: What waits, as it is kept.
        shelved_here: What this transaction put on the shelf.
        cleared: What was kept there shall be kept no longer.
    """

    sequence: int | None = None
    shelved: tuple[StatusUpdate, ...] = ()
    shelved_here: tuple[tuple[StatusUpdate, datetime], ...] = ()
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """Whose webhook it is, and how far it got."""

    account: str
    state: WebhookState


@dataclass(frozen=True, slots=True)
class ItemCell:
    """What became of a webhook item, and the columns to keep of it."""

    row: ItemRow
    updated_at: int
    columns: dict[str, Any] | None = None


class NewsSet(LaneSet):
    """What providers told us and what we tell."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.refs: Cells[Ref, RefRow] = Cells(journal, Kind.REFS)
        self.echoes: Cells[str, EchoRow] = Cells(journal, Kind.ECHOES)
        self.webhooks: Cells[int, WebhookRow] = Cells(journal, Kind.WEBHOOKS)
        self.items: Cells[tuple[str, str], ItemCell] = Cells(journal, Kind.ITEMS)
        self.files: Cells[UUID, MediaRecord] = Cells(journal, Kind.MEDIA)
        self.events: list[dict[str, Any]] = []

    def message_by_ref(self, account: str, provider_message_id: str) -> MessageRecord | None:
        """Find a message by the provider's id."""
        row = self.refs.get((account, key_text(provider_message_id)))
        if row is None or row.sequence is None:
            return None
        record = self.message_at(row.sequence)
        if self.lane_of(record) not in self.lanes:
            raise NotLoaded.one(Kind.MESSAGES, record.message_id)
        return record

    def link(self, provider_message_id: str, record: MessageRecord) -> None:
        """Remember the provider's id of a message."""
        ref = (record.account, key_text(provider_message_id))
        row = self.refs.get(ref) or RefRow()
        self.refs.put(ref, replace(row, sequence=record.sequence))

    def shelve(self, account: str, update: StatusUpdate, now: datetime) -> None:
        """Keep a status whose message is not known yet."""
        ref = (account, key_text(update.provider_message_id))
        row = self.refs.get(ref) or RefRow()
        self.refs.put(ref, replace(row, shelved_here=(*row.shelved_here, (update, now))))

    def unshelve(self, account: str, provider_message_id: str) -> Sequence[StatusUpdate]:
        """Take shelved statuses off the shelf, in order of arrival."""
        ref = (account, key_text(provider_message_id))
        row = self.refs.get(ref)
        if row is None or not (row.shelved or row.shelved_here):
            return ()
        self.refs.put(
            ref, replace(row, shelved=(), shelved_here=(), cleared=row.cleared or bool(row.shelved))
        )
        return (*row.shelved, *(update for update, _ in row.shelved_here))

    def echo(self, account: str) -> EchoRow | None:
        """Tell how an account's echoes came until now."""
        return self.echoes.get(account)

    def save_echo(self, account: str, row: EchoRow) -> None:
        """Keep how an account's echoes come."""
        self.echoes.put(account, row)

    def webhook_account(self, webhook_id: int) -> str | None:
        """Tell whose webhook it is."""
        row = self.webhooks.get(webhook_id)
        return row.account if row else None

    def close_webhook(self, webhook_id: int, state: WebhookState) -> None:
        """Note how far a webhook got."""
        row = self.webhooks.get(webhook_id)
        if row is not None:
            self.webhooks.put(webhook_id, replace(row, state=state))

    def item(self, account: str, key: str) -> ItemRow | None:
        """Tell what became of an item when it came before."""
        cell = self.items.get((account, key_text(key)))
        return cell.row if cell else None

    def save_item(
        self, account: str, item: WebhookItem, row: ItemRow, webhook_id: int, now: datetime
    ) -> None:
        """Keep what became of an item; its raw object only while it is quarantined."""
        fault = row.fault
        key = key_text(item.key)
        columns: dict[str, Any] = {
            "account": account,
            "key": key,
            "webhook_id": webhook_id,
            "state": row.state.value,
            "raw": write_json(item.raw) if fault else None,
            "fault_code": plain_text(fault.code) if fault else None,
            "fault_message": plain_text(fault.message) if fault else None,
            "traceback": plain_text(fault.traceback) if fault else None,
            "updated_at": micros(now),
        }
        self.items.put((account, key), ItemCell(row, columns["updated_at"], columns))

    def media(self, media_id: UUID) -> MediaRecord | None:
        """Find a file."""
        return self.files.get(media_id)

    def save_media(self, media: MediaRecord) -> None:
        """Keep a file, new or as it is now."""
        self.files.put(media.media_id, media)

    def tell(
        self, draft: EventDraft, account: str, about: MessageRecord | None, now: datetime
    ) -> None:
        """Append an event to the log."""
        self.events.append(
            {
                "type": draft.type.value,
                "account": account,
                "message_id": about.message_id if about else None,
                "conversation_id": conversation_of(draft.data, about),
                "time": micros(now),
                "data": json_text(draft.data),
            }
        )
        self.journal.note(self.events.pop)
