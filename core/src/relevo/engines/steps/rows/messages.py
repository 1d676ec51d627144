"""Rows of messages and attempts."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from relevo.engines.records import IdempotencyKey, MessageRecord
from relevo.engines.steps.rows.values import KeyRow, Lane
from relevo.engines.transitions import AttemptRow
from relevo.messages import Message


class MessageRows(Protocol):
    """Messages and attempts."""

    def message(self, message_id: UUID) -> MessageRecord | None:
        """Find a message."""
        ...

    def add_message(
        self, record: MessageRecord, lane: Lane, message: Message | None = None
    ) -> MessageRecord:
        """Keep a new message and give it its sequence; `message` is what to hand over."""
        ...

    def save_message(self, record: MessageRecord, before: MessageRecord) -> None:
        """Keep what can change of a message; `before` is what was kept until now."""
        ...

    def lane_of(self, record: MessageRecord) -> Lane:
        """Tell the lane a message entered."""
        ...

    def attempt(self, record: MessageRecord, number: int) -> AttemptRow | None:
        """Find one attempt."""
        ...

    def save_attempt(self, record: MessageRecord, row: AttemptRow) -> None:
        """Keep an attempt as it is now."""
        ...

    def counted_attempts(self, record: MessageRecord) -> int:
        """Count the attempts after `record.replayed_attempts` that used up a try."""
        ...

    def asked(self, record: MessageRecord) -> Message:
        """Give what the application asked to send."""
        ...

    def message_by_key(self, account: str, key: str) -> KeyRow | None:
        """Find what an idempotency key was used for."""
        ...

    def save_key(self, record: MessageRecord, key: IdempotencyKey) -> None:
        """Remember what a key was used for; what it meant before is forgotten."""
        ...
