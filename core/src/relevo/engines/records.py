"""What an engine keeps, as it hands it out: plain values, no behaviour of a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import JsonValue

from relevo.errors import Phase
from relevo.events import (
    DeliveryStatus,
    ErrorDetail,
    EventType,
    ProviderEvent,
    Receipt,
)
from relevo.messages import Address, Message, OtherContent, TemplateContent, TextContent
from relevo.middleware import EventDraft
from relevo.webhooks import WebhookItem

RowT = TypeVar("RowT")


class Direction(StrEnum):
    """Which way a message went."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One message as it is now, of either direction.

    `person` is `to` of an outbound and `sender` of an inbound message. An
    inbound message is `delivered`: it reached us. `sequence` is the order of
    acceptance, the paging key.
    """

    sequence: int
    message_id: UUID
    direction: Direction
    account: str
    provider: str
    conversation_id: str
    person: Address
    content: TextContent | TemplateContent | OtherContent
    status: DeliveryStatus
    created_at: datetime
    updated_at: datetime
    provider_message_id: str | None = None
    reply_to: str | None = None
    error: ErrorDetail | None = None
    attempts: int = 0
    expires_at: datetime | None = None
    raw: JsonValue = field(default=None, repr=False)
    """The provider's answer (`Receipt.raw`), or the inbound message's own object."""


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try to hand a message over. `status` is what it made of the message."""

    number: int
    started_at: datetime
    finished_at: datetime | None = None
    status: DeliveryStatus = DeliveryStatus.SENDING
    phase: Phase | None = None
    provider_message_id: str | None = None
    error: ErrorDetail | None = None
    detail: dict[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """A thread with one person on one account, newest activity in `updated_at`."""

    conversation_id: str
    account: str
    provider: str
    person: Address
    messages: int
    last_message_id: UUID
    updated_at: datetime
    last_inbound_at: datetime | None = None
    person_name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to make one attempt, until the lease ends.

    `token` fences: it never repeats, and a completion with a stale one leaves
    the lane alone.
    """

    message: Message
    account: str
    lane_key: str
    attempt: int
    counted_attempts: int
    """Earlier attempts that used up one of the message's tries."""
    token: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Completion:
    """What became of an attempt.

    `status` is `accepted` (with `receipt`), `queued` (again at `retry_at`),
    `unknown`, `failed` or `expired`. The engine keeps what it knows better: a
    message whose statuses already arrived stays where they put it.
    """

    claim: Claim
    status: DeliveryStatus
    phase: Phase | None = None
    receipt: Receipt | None = None
    error: ErrorDetail | None = None
    retry_at: datetime | None = None
    uses_attempt: bool = True
    detail: dict[str, JsonValue] = field(default_factory=dict)
    events: tuple[EventDraft, ...] = ()


class WebhookState(StrEnum):
    """How far a raw webhook got."""

    PENDING = "pending"
    DONE = "done"
    QUARANTINED = "quarantined"
    """It could not even be split."""


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """A verified webhook as it came, kept before anything is made of it."""

    webhook_id: int
    account: str
    method: str
    path: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    query: dict[str, str] = field(repr=False)
    arrived_at: datetime
    state: WebhookState = WebhookState.PENDING


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a webhook item means, with the lane of the person it concerns."""

    event: ProviderEvent
    lane_key: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedItem:
    """What parsing made of one item: effects, or the reason it is set aside."""

    item: WebhookItem
    effects: tuple[Effect, ...] = ()
    fault: ItemFault | None = None


@dataclass(frozen=True, slots=True)
class ItemFault:
    """Why an item was set aside: a stable code, a sentence, and where it happened."""

    code: str
    message: str
    traceback: str = ""


class ItemState(StrEnum):
    """What became of a webhook item."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """Filter and page messages, newest first. `before` is a sequence to start below."""

    account: str | None = None
    direction: Direction | None = None
    status: DeliveryStatus | None = None
    conversation_id: str | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filter the event log. An empty set means no filter."""

    types: frozenset[EventType] = frozenset()
    accounts: frozenset[str] = frozenset()
    message_id: UUID | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """One page of rows, and the cursor of the next, if there is one."""

    items: list[RowT]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class EnginePulse:
    """How the engine is: the log's head and what waits."""

    engine: str
    epoch: str
    head: int
    queued: int
    sending: int
    unknown: int
    pending_webhooks: int
    extra: dict[str, Any] = field(default_factory=dict)
