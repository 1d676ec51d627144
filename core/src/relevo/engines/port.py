"""The engine port: the only door between Relevo and a store.

Every call is one transaction: all of it is kept, or nothing. What a call
returns has happened, as durably as the engine promises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from relevo.engines.records import (
    AttemptRecord,
    Claim,
    Completion,
    ConversationRecord,
    EnginePulse,
    EventQuery,
    ItemState,
    MessageQuery,
    MessageRecord,
    Page,
    ParsedItem,
    WebhookRecord,
)
from relevo.events import Event
from relevo.messages import Message
from relevo.webhooks import WebhookRequest

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC; tests turn it by hand."""


class CancelOutcome(StrEnum):
    """What came of asking to cancel."""

    CANCELLED = "cancelled"
    TOO_LATE = "too_late"


class Outbox(Protocol):
    """Durable to-send state: accept, claim, complete."""

    async def accept(self, message: Message, *, provider: str, lane_key: str) -> MessageRecord:
        """Keep a message at its lane's tail, with its `queued` event. `message.account` is set.

        Accepting a `message_id` again gives the record as it is and changes nothing.

        Raises:
            EngineBusy: Too many writes wait; nothing was kept.
            EngineUnavailable: The store cannot be written.
        """
        ...

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits in its lane, also for its retry; else it is `too_late`.

        Raises:
            UnknownMessage: No outbound message has this id.
        """
        ...

    async def claim(self, worker: str, *, limit: int, lease_s: float) -> list[Claim]:
        """Take the heads of up to `limit` due lanes, each with a lease and a `sending` attempt.

        One lane has at most one holder. Heads whose time is over become
        `expired` on the way and are not returned. An attempt whose lease ended
        without completion becomes `unknown`.
        Fewer claims than `limit`, or none, do not mean that no lane is due.
        """
        ...

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Commit outcomes: attempt, message, its events, and when the lane is due next."""
        ...

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when a lane may be due, or after the time."""
        ...


class Inbox(Protocol):
    """Durable raw webhooks and what was made of them."""

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Commit a verified webhook as it came; give its id."""
        ...

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Give the oldest webhooks that nothing was made of yet."""
        ...

    async def apply_items(
        self, webhook_id: int, provider: str, results: Sequence[ParsedItem]
    ) -> list[ItemState]:
        """Apply each item once per account and key, apart from its neighbours; close the webhook.

        A duplicate changes nothing. An item with a fault is quarantined with a
        `messaging.webhook` event; when it comes again without one it is applied.
        """
        ...

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""
        ...


class EventLog(Protocol):
    """The durable, ordered, gap-free log of everything that happened."""

    @property
    def epoch(self) -> str:
        """The log's life: positions of different epochs do not compare."""
        ...

    async def head(self) -> int:
        """Give the newest position; 0 for an empty log."""
        ...

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order."""
        ...

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        ...


class Archive(Protocol):
    """What can be read about messages."""

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give one message.

        Raises:
            UnknownMessage: No message has this id.
        """
        ...

    async def attempts(self, message_id: UUID) -> list[AttemptRecord]:
        """Give a message's attempts, first to last.

        Raises:
            UnknownMessage: No message has this id.
        """
        ...

    async def messages(self, query: MessageQuery) -> Page[MessageRecord]:
        """Give messages of both directions, newest first; the cursor is a sequence."""
        ...

    async def conversations(
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[ConversationRecord]:
        """Give threads, newest activity first. The cursor is opaque."""
        ...


class Engine(Outbox, Inbox, EventLog, Archive, Protocol):
    """The store, outbox, inbox and event log together."""

    async def pulse(self) -> EnginePulse:
        """Tell how the engine is.

        Raises:
            EngineUnavailable: It cannot be read or written.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
