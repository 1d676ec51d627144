"""Messages, their attempts and their threads, as an engine hands them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue

from relevo.contents import AnyKind
from relevo.engines.records.doubts import Resolution, Settled
from relevo.errors import Phase
from relevo.events import DeliveryStatus, ErrorDetail
from relevo.messages import Address, Priority, UnknownPolicy

SETTLED = "settled"
"""Where an attempt's `detail` keeps how its doubt has ended."""


class Direction(StrEnum):
    """Which way a message went."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class SendWarning:
    """Why a message that was accepted will probably be refused, and what to do instead.

    `code` is that of the error it would have been: `window_closed` or `opted_out`.
    """

    code: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an inbound message came.

    Args:
        live: A person wrote it just now. False for history, and for what the business wrote.
        from_us: The business wrote it, on another device of its own.
        forwarded: The person passed on what somebody else wrote.
        occurred_at: When it was written, by the provider's clock.
        author: Who of a group wrote it, where the person is the group.
        referral: The provider's object for where the person came from.
    """

    live: bool = True
    from_us: bool = False
    forwarded: bool = False
    occurred_at: datetime | None = None
    author: Address | None = field(default=None, repr=False)
    referral: JsonValue = field(default=None, repr=False)


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
    content: AnyKind
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
    life_began_at: datetime | None = None
    """When a replay last began its life again; None: it has its first."""
    raw: JsonValue = field(default=None, repr=False)
    """The provider's answer (`Receipt.raw`), or the inbound message's own object."""
    extra: dict[str, JsonValue] = field(default_factory=dict, repr=False)
    """What the application gave beside the content (`Message.extra`)."""
    warnings: tuple[SendWarning, ...] = ()
    """What spoke against it when it was accepted."""
    arrival: Arrival | None = None
    """How an inbound message came; None for one of ours."""
    trace: str | None = None
    """The trace it was asked for in (a W3C `traceparent`)."""


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try to hand a message over. `status` is what it made of the message.

    `error` is how the try itself ended, and stays: whether a doubt that it left is
    over, `settled` tells.
    """

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

    @property
    def reported(self) -> dict[str, JsonValue]:
        """What its worker wrote down of it: timing and the like."""
        return {name: value for name, value in self.detail.items() if name != SETTLED}

    @property
    def settled(self) -> Settled | None:
        """How the doubt it left has ended; None where it left none, or the doubt goes on."""
        told = self.detail.get(SETTLED)
        if not isinstance(told, dict):
            return None
        at = datetime.fromisoformat(str(told["at"]))
        return Settled(Resolution(str(told["resolution"])), str(told["why"]), at)


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """A thread with one person on one account, newest activity in `updated_at`.

    Args:
        last_inbound_at: When the person last wrote: what opens a vendor's window.
        refused_at: When the provider refused something because the window was closed: the
            first time since the person last wrote.
        first_sequence: Its first message's.
        last_sequence: Its newest message's, the paging key.
        joined_to: The older thread it became a part of, once both were known to be one person.
    """

    conversation_id: str
    account: str
    provider: str
    person: Address
    messages: int
    last_message_id: UUID
    updated_at: datetime
    last_inbound_at: datetime | None = None
    person_name: str | None = field(default=None, repr=False)
    refused_at: datetime | None = None
    first_sequence: int = 0
    last_sequence: int = 0
    joined_to: str | None = None


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
