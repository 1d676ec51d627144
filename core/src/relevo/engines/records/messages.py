"""Messages, their attempts and their threads, as an engine hands them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue

from relevo.errors import Phase
from relevo.events import DeliveryStatus, ErrorDetail
from relevo.messages import (
    Address,
    OtherContent,
    Priority,
    TemplateContent,
    TextContent,
    UnknownPolicy,
)


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
    send_at: datetime | None = None
    priority: Priority = Priority.NORMAL
    on_unknown: UnknownPolicy | None = None
    closed_at: datetime | None = None
    """When it was last handed over or given up; None while it is open."""
    handovers: int = 0
    """Attempts that the provider surely took: above 1 the person may have got it twice."""
    replayed_attempts: int = 0
    """Attempts made before it was last replayed; they no longer count."""
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
    echoed_at: datetime | None = None
    """When the provider first repeated our id of this attempt."""


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
class IdempotencyKey:
    """What makes two requests one: a key, and a hash of what was asked for with it."""

    key: str = field(repr=False)
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted message; `created` is false where the request was known already."""

    record: MessageRecord
    created: bool = True
