"""Messages, attempts and keys, as the steps see them within one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from relevo.engines.memory.journal import Journal
from relevo.engines.postgres.cells import Cells
from relevo.engines.postgres.columns import key_text, read_asked
from relevo.engines.postgres.needs import Kind, NotLoaded
from relevo.engines.postgres.people import PeopleSet
from relevo.engines.records import IdempotencyKey, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import KeyRow, Lane
from relevo.engines.transitions import AttemptRow
from relevo.messages import Message


@dataclass(frozen=True, slots=True)
class Asked:
    """What never changes of a message: its lane, and what was asked for beyond its record."""

    lane: Lane
    extra: str | None = None
    max_attempts: int | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What an idempotency key was used for."""

    fingerprint: str
    sequence: int
    message_id: UUID


class MessageSet(PeopleSet):
    """Messages, attempts and keys."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.messages: Cells[UUID, MessageRecord] = Cells(journal, Kind.MESSAGES)
        self.by_sequence: dict[int, UUID] = {}
        self.asked_of: dict[int, Asked] = {}
        self.attempts: Cells[tuple[int, int], AttemptRow] = Cells(journal, Kind.ATTEMPTS)
        self.earlier: dict[int, int] = {}
        """How many attempts before the latest one count."""
        self.keys: Cells[tuple[str, str], Key] = Cells(journal, Kind.KEYS)
        self.fresh: Iterator[int] = iter(())
        """Sequences that nobody else will use."""

    def message(self, message_id: UUID) -> MessageRecord | None:
        """Find a message."""
        return self.messages.get(message_id)

    def message_at(self, sequence: int) -> MessageRecord:
        """Find a message that is there by its sequence."""
        message_id = self.by_sequence.get(sequence)
        record = self.messages.get(message_id) if message_id is not None else None
        if record is None:
            raise NotLoaded.one(Kind.SEQUENCES, sequence)
        return record

    def add_message(
        self, record: MessageRecord, lane: Lane, message: Message | None = None
    ) -> MessageRecord:
        """Keep a new message and give it its sequence."""
        sequence = next(self.fresh, None)
        if sequence is None:
            raise NotLoaded.one(Kind.NEW_MESSAGES, 1)
        record = replace(record, sequence=sequence)
        self.messages.put(record.message_id, record)
        self.journal.put(self.by_sequence, sequence, record.message_id)
        self.journal.put(self.asked_of, sequence, Asked(lane, message=message))
        return record

    def save_message(self, record: MessageRecord, before: MessageRecord) -> None:
        """Keep what can change of a message."""
        del before
        self.messages.put(record.message_id, record)

    def lane_of(self, record: MessageRecord) -> Lane:
        """Tell the lane a message entered."""
        return self.asked_of[record.sequence].lane

    def asked(self, record: MessageRecord) -> Message:
        """Give what the application asked to send."""
        asked = self.asked_of[record.sequence]
        return asked.message or read_asked(record, asked.extra, asked.max_attempts)

    def attempt(self, record: MessageRecord, number: int) -> AttemptRow | None:
        """Find one attempt."""
        if not 0 < number <= record.attempts:
            return None
        return self.attempts.get((record.sequence, number))

    def save_attempt(self, record: MessageRecord, row: AttemptRow) -> None:
        """Keep an attempt as it is now."""
        self.attempts.put((record.sequence, row.record.number), row)

    def counted_attempts(self, record: MessageRecord) -> int:
        """Count the attempts since the last replay that used up a try."""
        if record.attempts <= record.replayed_attempts:
            return 0
        latest = self.attempts.get((record.sequence, record.attempts))
        return self.earlier.get(record.sequence, 0) + bool(latest and latest.uses_attempt)

    def message_by_key(self, account: str, key: str) -> KeyRow | None:
        """Find what an idempotency key was used for."""
        used = self.keys.get((account, key_text(key)))
        if used is None:
            return None
        record = self.messages.get(used.message_id)
        return KeyRow(used.fingerprint, record) if record else None

    def save_key(self, record: MessageRecord, key: IdempotencyKey) -> None:
        """Remember what a key was used for."""
        used = Key(key.fingerprint, record.sequence, record.message_id)
        self.keys.put((record.account, key_text(key.key)), used)
