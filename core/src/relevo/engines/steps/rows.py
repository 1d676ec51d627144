"""What a store must be able to do within one transaction, for the steps to run on it.

The steps decide what happens and in which order; rows only find and keep.
Events are told last in each step, so their order is the order of the changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from relevo.engines.records import (
    ConversationRecord,
    ItemFault,
    ItemState,
    MessageRecord,
    WebhookState,
)
from relevo.engines.transitions import AttemptRow
from relevo.events import StatusUpdate
from relevo.messages import Message
from relevo.middleware import EventDraft
from relevo.webhooks import WebhookItem


class Lane(NamedTuple):
    """Name one lane: an account and the canonical person."""

    account: str
    lane_key: str


class DueLane(NamedTuple):
    """A lane whose time has come; a held one because its lease ended."""

    lane: Lane
    held: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a lane, and the fence."""

    token: int
    worker: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first message of a lane, and what its application asked to send."""

    record: MessageRecord
    message: Message


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What became of a webhook item when it came before."""

    state: ItemState
    fault: ItemFault | None = None


class MessageRows(Protocol):
    """Messages, attempts and threads."""

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
        """Count the attempts that used up a try."""
        ...

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        ...

    def save_conversation(self, lane: Lane, record: ConversationRecord, sequence: int) -> None:
        """Keep a thread as it is now; `sequence` is its newest message's."""
        ...


class LaneRows(Protocol):
    """Lanes, and the messages that wait in them."""

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now."""
        ...

    def leave_lane(self, lane: Lane, record: MessageRecord) -> None:
        """Take a message out of its lane."""
        ...

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        ...

    def head_of(self, lane: Lane) -> int | None:
        """Give the sequence of a lane's head."""
        ...

    def lease_of(self, lane: Lane) -> Lease | None:
        """Tell who holds a lane."""
        ...

    def set_lane(self, lane: Lane, due_at: datetime | None, lease: Lease | None = None) -> None:
        """Say when the lane is due next (None: it is empty) and who holds it until then."""
        ...

    def due_lanes(self, now: datetime, limit: int) -> Sequence[DueLane]:
        """Give lanes that are due, longest due first, then by name."""
        ...

    def held_lanes(self) -> Sequence[Lane]:
        """Give the lanes that somebody holds."""
        ...


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

    def tell(
        self, draft: EventDraft, account: str, about: MessageRecord | None, now: datetime
    ) -> None:
        """Append an event to the log."""
        ...


class Rows(MessageRows, LaneRows, NewsRows, Protocol):
    """Everything, and the means to undo a part."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside if it raises."""
        ...

    def is_store_error(self, error: Exception) -> bool:
        """Whether the store itself failed, not what it was asked to keep."""
        ...
