"""What a store must be able to do within one transaction, for the steps to run on it.

The steps decide what happens and in which order; rows only find and keep.
Events are told last in each step, so their order is the order of the changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from relevo.engines.records import (
    AccountState,
    ConversationRecord,
    DoubtRecord,
    IdempotencyKey,
    ItemFault,
    ItemState,
    MediaRecord,
    MessageRecord,
    PreferenceRecord,
    WebhookState,
)
from relevo.engines.transitions import AttemptRow, Preferences
from relevo.events import StatusUpdate
from relevo.messages import Message
from relevo.middleware import EventDraft
from relevo.terms import Pace
from relevo.webhooks import WebhookItem


class Lane(NamedTuple):
    """Name one lane: an account and the canonical person."""

    account: str
    lane_key: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a lane, and the fence. `worker` is None once an engine took the lane back."""

    token: int
    worker: str | None


@dataclass(frozen=True, slots=True)
class LaneState:
    """How a lane is.

    Args:
        due_at: When it may be claimed, or when its lease ends; None: nothing waits in it.
        lease: Who holds it.
        bulk: Whether its head is bulk.
        pace: The run of messages to this person.
        throttles: How often in a row the provider said that this person gets too many.
    """

    due_at: datetime | None = None
    lease: Lease | None = None
    bulk: bool = False
    pace: Pace | None = None
    throttles: int = 0


class Head(NamedTuple):
    """Who stands first in a lane."""

    sequence: int
    bulk: bool


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What an idempotency key was used for."""

    fingerprint: str
    record: MessageRecord


@dataclass(frozen=True, slots=True)
class EchoRow:
    """When an account's provider first echoed, and the slowest echo of all."""

    first_at: datetime
    slowest: timedelta


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


class PeopleRows(Protocol):
    """Threads with people, what leads to them, and what people want to be sent."""

    def root_of(self, lane: Lane) -> Lane:
        """Tell which lane's thread belongs to this lane: its own, or that it was led to."""
        ...

    def lead(self, lane: Lane, thread_key: str) -> None:
        """Let a lane, and all that were led to it, belong to another lane's thread."""
        ...

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        ...

    def save_conversation(self, lane: Lane, record: ConversationRecord) -> None:
        """Keep a thread as it is now."""
        ...

    def rejoin(self, conversation_id: str, joined_to: str) -> None:
        """Let threads that became a part of one become a part of another."""
        ...

    def preferences(self, lane: Lane) -> Preferences:
        """Tell what a person wants to be sent."""
        ...

    def save_preference(self, lane: Lane, preference: PreferenceRecord) -> None:
        """Keep what a person wants."""
        ...


class LaneRows(Protocol):
    """Lanes and the messages that wait in them or for them, and what accounts share."""

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now, as bulk as its head."""
        ...

    def leave_lane(self, lane: Lane, record: MessageRecord) -> bool:
        """Take a message out of its lane; false where it was not in it."""
        ...

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        ...

    def head_of(self, lane: Lane) -> Head | None:
        """Tell who stands first in a lane."""
        ...

    def lane(self, lane: Lane) -> LaneState | None:
        """Tell how a lane is."""
        ...

    def save_lane(self, lane: Lane, state: LaneState) -> None:
        """Keep how a lane is now."""
        ...

    def due_lanes(
        self, account: str, now: datetime, limit: int, *, bulk_first: bool
    ) -> Sequence[Lane]:
        """Give an account's lanes that are due: normal before bulk or the reverse, longest first.

        On an engine with several workers nobody else gets them in this moment.
        """
        ...

    def held_lanes(self) -> Sequence[Lane]:
        """Give the lanes that somebody holds."""
        ...

    def account(self, account: str) -> AccountState:
        """Tell what stands between an account and its next message."""
        ...

    def save_account(self, account: str, state: AccountState) -> None:
        """Keep how an account is now."""
        ...

    def schedule(self, record: MessageRecord, due_at: datetime) -> None:
        """Let a message wait for its time, outside its lane."""
        ...

    def unschedule(self, record: MessageRecord) -> None:
        """Let it wait no longer."""
        ...

    def due_scheduled(self, account: str, now: datetime, limit: int) -> Sequence[MessageRecord]:
        """Give an account's messages whose time has come, earliest first."""
        ...

    def doubt(self, record: MessageRecord) -> DoubtRecord | None:
        """Find the open doubt about a message."""
        ...

    def save_doubt(self, record: MessageRecord, doubt: DoubtRecord) -> None:
        """Keep a doubt as it is now."""
        ...

    def drop_doubt(self, record: MessageRecord) -> None:
        """Forget the doubt about a message, if there is one."""
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


class Rows(MessageRows, PeopleRows, LaneRows, NewsRows, Protocol):
    """Everything, and the means to undo a part."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside if it raises."""
        ...

    def is_store_error(self, error: Exception) -> bool:
        """Whether the store itself failed, not what it was asked to keep."""
        ...
