"""Messages and attempts in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from relevo.engines.memory.due import DueKeys
from relevo.engines.memory.journal import Journal
from relevo.engines.records import IdempotencyKey, MessageRecord
from relevo.engines.steps.rows import KeyRow, Lane
from relevo.engines.transitions import WAITING, AttemptRow, dead, failing
from relevo.events import DeliveryStatus
from relevo.messages import Message


@dataclass(frozen=True, slots=True)
class Key:
    """What an idempotency key was used for."""

    fingerprint: str
    message_id: UUID


class MemoryMessages:
    """Messages by their id, and what belongs to them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.messages: dict[UUID, MessageRecord] = {}
        self.order: list[UUID] = []
        """Message ids by sequence."""
        self.counts: Counter[DeliveryStatus] = Counter()
        self.dead: dict[UUID, None] = {}
        self.doubled: dict[UUID, None] = {}
        self.failing: dict[UUID, None] = {}
        self.outgoing: dict[UUID, Message] = {}
        self.keys: dict[tuple[str, str], Key] = {}
        self._attempts: dict[tuple[int, int], AttemptRow] = {}
        self._lane_of: dict[UUID, Lane] = {}
        self._ends: DueKeys[int] = DueKeys(self._ends_at)

    def message(self, message_id: UUID) -> MessageRecord | None:
        """Find a message."""
        return self.messages.get(message_id)

    def numbered(self, sequence: int) -> MessageRecord:
        """Give the message with a sequence that was given out."""
        return self.messages[self.order[sequence - 1]]

    def add_message(
        self, record: MessageRecord, lane: Lane, message: Message | None = None
    ) -> MessageRecord:
        """Keep a new message and give it its sequence."""
        record = replace(record, sequence=len(self.order) + 1)
        self.order.append(record.message_id)
        self._journal.note(self.order.pop)
        self._journal.put(self.messages, record.message_id, record)
        self._count(record.status, 1)
        self._note_end(record)
        self._journal.put(self._lane_of, record.message_id, lane)
        if message is not None:
            self._journal.put(self.outgoing, record.message_id, message)
        return record

    def save_message(self, record: MessageRecord, before: MessageRecord) -> None:
        """Keep a message as it is now."""
        self._journal.put(self.messages, record.message_id, record)
        if record.status is not before.status:
            self._count(before.status, -1)
            self._count(record.status, 1)
            self._note_end(record)
        for listed, table in (
            (dead(record), self.dead),
            (record.handovers > 1, self.doubled),
            (failing(record), self.failing),
        ):
            if listed:
                self._journal.put(table, record.message_id, None)
            else:
                self._journal.drop(table, record.message_id)

    def overdue(self, now: datetime, limit: int) -> list[UUID]:
        """Give waiting messages whose time is over, longest first."""
        return [self.order[sequence - 1] for sequence in self._ends.due(now, limit)]

    def _note_end(self, record: MessageRecord) -> None:
        if record.status in WAITING and record.expires_at is not None:
            self._ends.add(record.sequence, record.expires_at)

    def _ends_at(self, sequence: int) -> datetime | None:
        if sequence > len(self.order):
            return None
        record = self.messages[self.order[sequence - 1]]
        return record.expires_at if record.status in WAITING else None

    def _count(self, status: DeliveryStatus, more: int) -> None:
        self._journal.put(self.counts, status, self.counts[status] + more)

    def lane_of(self, record: MessageRecord) -> Lane:
        """Tell the lane a message entered."""
        return self._lane_of[record.message_id]

    def asked(self, record: MessageRecord) -> Message:
        """Give what the application asked to send; its time may have been renewed since."""
        message = self.outgoing[record.message_id]
        if message.expires_at == record.expires_at:
            return message
        return message.model_copy(update={"expires_at": record.expires_at})

    def attempt(self, record: MessageRecord, number: int) -> AttemptRow | None:
        """Find one attempt."""
        return self._attempts.get((record.sequence, number))

    def attempts_of(self, record: MessageRecord) -> list[AttemptRow]:
        """Give a message's attempts, first to last."""
        numbers = range(1, record.attempts + 1)
        return [self._attempts[record.sequence, number] for number in numbers]

    def first_try(self, record: MessageRecord) -> AttemptRow:
        """Give the first attempt since a message was accepted or put back by hand."""
        return self._attempts[record.sequence, record.replayed_attempts + 1]

    def save_attempt(self, record: MessageRecord, row: AttemptRow) -> None:
        """Keep an attempt as it is now."""
        self._journal.put(self._attempts, (record.sequence, row.record.number), row)

    def counted_attempts(self, record: MessageRecord) -> int:
        """Count the attempts since the last replay that used up a try."""
        return sum(
            row.uses_attempt
            for row in self.attempts_of(record)
            if row.record.number > record.replayed_attempts
        )

    def message_by_key(self, account: str, key: str) -> KeyRow | None:
        """Find what an idempotency key was used for."""
        used = self.keys.get((account, key))
        return KeyRow(used.fingerprint, self.messages[used.message_id]) if used else None

    def save_key(self, record: MessageRecord, key: IdempotencyKey) -> None:
        """Remember what a key was used for."""
        row = Key(key.fingerprint, record.message_id)
        self._journal.put(self.keys, (record.account, key.key), row)
