"""Rows as dicts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from relevo.engines.json_text import json_text, parse_json
from relevo.engines.memory.journal import Journal
from relevo.engines.memory.lanes import MemoryLanes
from relevo.engines.outcomes import make_event
from relevo.engines.records import ConversationRecord, MessageRecord, WebhookRecord, WebhookState
from relevo.engines.steps.rows import ItemRow, Lane, Waiting
from relevo.engines.transitions import AttemptRow
from relevo.events import DeliveryStatus, Event, StatusUpdate
from relevo.messages import Message
from relevo.middleware import EventDraft
from relevo.webhooks import WebhookItem


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation with the sequence of its newest message, the paging key."""

    record: ConversationRecord
    sequence: int


class MemoryRows(MemoryLanes):
    """Everything the memory engine keeps."""

    def __init__(self, epoch: str) -> None:
        self.journal = Journal()
        super().__init__(self.journal)
        self.epoch = epoch
        self.messages: dict[UUID, MessageRecord] = {}
        self.order: list[UUID] = []
        """Message ids by sequence."""
        self.counts: Counter[DeliveryStatus] = Counter()
        self.threads: dict[Lane, Thread] = {}
        self.webhooks: dict[int, WebhookRecord] = {}
        self.pending: dict[int, None] = {}
        self.events: list[Event] = []
        self.events_of: dict[str, list[Event]] = defaultdict(list)
        self._attempts: dict[tuple[int, int], AttemptRow] = {}
        self._outgoing: dict[UUID, Message] = {}
        self._lane_of: dict[UUID, Lane] = {}
        self._refs: dict[tuple[str, str], UUID] = {}
        self._shelf: dict[tuple[str, str], tuple[StatusUpdate, ...]] = {}
        self._items: dict[tuple[str, str], tuple[ItemRow, WebhookItem]] = {}

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside if it raises."""
        return self.journal.savepoint()

    def is_store_error(self, error: Exception) -> bool:
        """Tell that dicts do not fail."""
        del error
        return False

    def message(self, message_id: UUID) -> MessageRecord | None:
        """Find a message."""
        return self.messages.get(message_id)

    def add_message(
        self, record: MessageRecord, lane: Lane, message: Message | None = None
    ) -> MessageRecord:
        """Keep a new message and give it its sequence."""
        record = replace(record, sequence=len(self.order) + 1)
        self.order.append(record.message_id)
        self.journal.note(self.order.pop)
        self.journal.put(self.messages, record.message_id, record)
        self._count(record.status, 1)
        self.journal.put(self._lane_of, record.message_id, lane)
        if message is not None:
            self.journal.put(self._outgoing, record.message_id, message)
        return record

    def save_message(self, record: MessageRecord, before: MessageRecord) -> None:
        """Keep a message as it is now."""
        self.journal.put(self.messages, record.message_id, record)
        self._count(before.status, -1)
        self._count(record.status, 1)

    def _count(self, status: DeliveryStatus, more: int) -> None:
        self.journal.put(self.counts, status, self.counts[status] + more)

    def lane_of(self, record: MessageRecord) -> Lane:
        """Tell the lane a message entered."""
        return self._lane_of[record.message_id]

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        sequence = self.head_of(lane)
        if sequence is None:
            return None
        message_id = self.order[sequence - 1]
        return Waiting(self.messages[message_id], self._outgoing[message_id])

    def attempt(self, record: MessageRecord, number: int) -> AttemptRow | None:
        """Find one attempt."""
        return self._attempts.get((record.sequence, number))

    def attempts_of(self, record: MessageRecord) -> list[AttemptRow]:
        """Give a message's attempts, first to last."""
        numbers = range(1, record.attempts + 1)
        return [self._attempts[record.sequence, number] for number in numbers]

    def save_attempt(self, record: MessageRecord, row: AttemptRow) -> None:
        """Keep an attempt as it is now."""
        self.journal.put(self._attempts, (record.sequence, row.record.number), row)

    def counted_attempts(self, record: MessageRecord) -> int:
        """Count the attempts that used up a try."""
        return sum(row.uses_attempt for row in self.attempts_of(record))

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        thread = self.threads.get(lane)
        return thread.record if thread else None

    def save_conversation(self, lane: Lane, record: ConversationRecord, sequence: int) -> None:
        """Keep a thread as it is now."""
        self.journal.put(self.threads, lane, Thread(record, sequence))

    def message_by_ref(self, account: str, provider_message_id: str) -> MessageRecord | None:
        """Find a message by the provider's id."""
        message_id = self._refs.get((account, provider_message_id))
        return self.messages[message_id] if message_id else None

    def link(self, provider_message_id: str, record: MessageRecord) -> None:
        """Remember the provider's id of a message."""
        self.journal.put(self._refs, (record.account, provider_message_id), record.message_id)

    def shelve(self, account: str, update: StatusUpdate, now: datetime) -> None:
        """Keep a status whose message is not known yet."""
        del now
        key = (account, update.provider_message_id)
        self.journal.put(self._shelf, key, (*self._shelf.get(key, ()), update))

    def unshelve(self, account: str, provider_message_id: str) -> Sequence[StatusUpdate]:
        """Take shelved statuses off the shelf, in order of arrival."""
        key = (account, provider_message_id)
        updates = self._shelf.get(key, ())
        self.journal.drop(self._shelf, key)
        return updates

    def add_webhook(self, webhook: WebhookRecord) -> None:
        """Keep a webhook that nothing was made of yet."""
        self.journal.put(self.webhooks, webhook.webhook_id, webhook)
        self.journal.put(self.pending, webhook.webhook_id, None)

    def webhook_account(self, webhook_id: int) -> str | None:
        """Tell whose webhook it is."""
        webhook = self.webhooks.get(webhook_id)
        return webhook.account if webhook else None

    def close_webhook(self, webhook_id: int, state: WebhookState) -> None:
        """Note how far a webhook got."""
        webhook = replace(self.webhooks[webhook_id], state=state)
        self.journal.put(self.webhooks, webhook_id, webhook)
        self.journal.drop(self.pending, webhook_id)

    def item(self, account: str, key: str) -> ItemRow | None:
        """Tell what became of an item when it came before."""
        kept = self._items.get((account, key))
        return kept[0] if kept else None

    def save_item(
        self, account: str, item: WebhookItem, row: ItemRow, webhook_id: int, now: datetime
    ) -> None:
        """Keep what became of an item; its raw object only while it is quarantined."""
        del webhook_id, now
        raw = item.raw if row.fault else None
        self.journal.put(self._items, (account, item.key), (row, WebhookItem(item.key, raw)))

    def tell(
        self, draft: EventDraft, account: str, about: MessageRecord | None, now: datetime
    ) -> None:
        """Append an event to the log."""
        position = len(self.events) + 1
        event = make_event(
            self.epoch,
            position,
            draft.type,
            account=account,
            subject=str(about.message_id) if about else None,
            time=now,
            # Through JSON: a copy of its own, and the same as every store would keep.
            data=parse_json(json_text(draft.data)),
        )
        self.events.append(event)
        self.journal.note(self.events.pop)
        if event.subject is not None:
            told = self.events_of[event.subject]
            told.append(event)
            self.journal.note(told.pop)
