"""What happens to messages: statuses and their order, news from providers, the event.

A message of ours moves in two stages. Until the provider takes it, only the
engine moves it, by `TRANSITIONS`. From `accepted` on, only news from the
provider moves it, and only up the lattice:

    accepted < sent < failed < delivered < read < played
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from pydantic.dataclasses import dataclass

from relevo.errors import Phase, SendError, Throttled
from relevo.messages import Address, AnyInboundContent, OtherContent, TextContent

_VALUE = ConfigDict(extra="forbid", hide_input_in_errors=True)


class DeliveryStatus(StrEnum):
    """Where a message is between the application and the person."""

    SCHEDULED = "scheduled"
    """Kept until its time comes."""
    QUEUED = "queued"
    """Durable here; waits for its turn."""
    SENDING = "sending"
    """An attempt is under way."""
    UNKNOWN = "unknown"
    """The request may have left and no answer came. Only the engine sets this."""
    CANCELLED = "cancelled"
    """Withdrawn before any handover."""
    EXPIRED = "expired"
    """Its time was over before any handover."""
    ACCEPTED = "accepted"
    """The provider took it. That is not delivery."""
    SENT = "sent"
    """The provider sent it on."""
    FAILED = "failed"
    """Refused, given up, or reported undeliverable."""
    DELIVERED = "delivered"
    """It reached the person's device."""
    READ = "read"
    """The person opened it."""
    PLAYED = "played"
    """The person played it (voice)."""

    @property
    def handed_over(self) -> bool:
        """Whether the provider surely has, or had, the message."""
        return self in _RANK and self is not DeliveryStatus.FAILED

    @property
    def on_its_way(self) -> bool:
        """Whether the engine still has something to do before the handover."""
        return self in {DeliveryStatus.SCHEDULED, DeliveryStatus.QUEUED, DeliveryStatus.SENDING}


_S = DeliveryStatus
LATTICE = (_S.ACCEPTED, _S.SENT, _S.FAILED, _S.DELIVERED, _S.READ, _S.PLAYED)
_RANK = MappingProxyType({status: rank for rank, status in enumerate(LATTICE)})

TRANSITIONS: MappingProxyType[DeliveryStatus, frozenset[DeliveryStatus]] = MappingProxyType(
    {
        _S.SCHEDULED: frozenset({_S.QUEUED, _S.CANCELLED, _S.EXPIRED}),
        _S.QUEUED: frozenset({_S.SENDING, _S.CANCELLED, _S.EXPIRED, _S.FAILED}),
        _S.SENDING: frozenset({_S.QUEUED, _S.ACCEPTED, _S.UNKNOWN, _S.FAILED, _S.EXPIRED}),
        _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.QUEUED, _S.FAILED}),
        _S.CANCELLED: frozenset(),
        _S.EXPIRED: frozenset(),
    }
)
"""What the engine may do before the handover. Statuses not named here belong to the lattice."""

OPEN = frozenset({_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.UNKNOWN})
"""Where a message is neither handed over nor given up."""

REPLAYABLE = frozenset({_S.FAILED, _S.EXPIRED})
"""From here a person may put a message back to `queued`, if no provider ever took it."""


def advance(current: DeliveryStatus, update: DeliveryStatus) -> DeliveryStatus:
    """Merge a provider's later news into a message's status, never backwards.

    News about a message we still think undecided (`queued`, `sending`,
    `unknown`, or one we stopped: `cancelled`, `expired`) proves that the
    provider has it, so it enters the lattice there.
    """
    if update not in _RANK:
        return current
    if current not in _RANK:
        return update
    return max(current, update, key=_RANK.__getitem__)


@dataclass(frozen=True, config=_VALUE)
class ErrorDetail:
    """Describe an error as events, rows and the API tell it.

    `code` is ours and stable; `provider_code` is the provider's word for it.
    """

    code: str
    message: str
    provider_code: str | None = None
    retryable: bool = False
    http_status: int | None = None
    retry_after_s: float | None = None
    phase: Phase | None = None
    raw: JsonValue = Field(default=None, repr=False)

    @classmethod
    def of(cls, error: SendError) -> ErrorDetail:
        """Describe a `SendError`."""
        return cls(
            code=error.code,
            message=error.message,
            provider_code=error.provider_code,
            retryable=error.retryable,
            http_status=error.http_status,
            retry_after_s=error.retry_after_s if isinstance(error, Throttled) else None,
            phase=error.phase,
            raw=error.raw,
        )


@dataclass(frozen=True, config=_VALUE)
class StatusUpdate:
    """Tell later news about one message of ours.

    Args:
        provider_message_id: The provider's id of the message.
        status: Where it is now; None for a word we do not know, which moves nothing.
        raw: The provider's own object.
        message_id: Our id, where the provider echoes it.
        attempt: The attempt's number, where the provider echoes it.
        error: Why it failed.
        occurred_at: When, by the provider's clock.
        recipient: The person as the provider names them; it may differ from what was asked.
    """

    provider_message_id: str
    status: DeliveryStatus | None
    raw: JsonValue = Field(default=None, repr=False)
    message_id: UUID | None = None
    attempt: int | None = None
    error: ErrorDetail | None = None
    occurred_at: AwareDatetime | None = None
    recipient: Address | None = None


@dataclass(frozen=True, config=_VALUE)
class InboundMessage:
    """Tell that a person wrote to us.

    `content` may be given as plain text. `raw` is the provider's own object.
    """

    sender: Address
    content: AnyInboundContent
    raw: JsonValue = Field(default=None, repr=False)
    provider_message_id: str | None = None
    reply_to: str | None = None
    sender_name: str | None = Field(default=None, repr=False)
    occurred_at: AwareDatetime | None = None

    if TYPE_CHECKING:
        # What pydantic accepts at run time, told to type checkers.
        def __init__(
            self,
            sender: Address,
            content: TextContent | OtherContent | str,
            raw: JsonValue = None,
            provider_message_id: str | None = None,
            reply_to: str | None = None,
            sender_name: str | None = None,
            occurred_at: datetime | None = None,
        ) -> None: ...


@dataclass(frozen=True, config=_VALUE)
class AccountUpdate:
    """Tell news about an account: health, quality, templates. `kind` is the provider's word."""

    kind: str
    raw: JsonValue = Field(default=None, repr=False)
    occurred_at: AwareDatetime | None = None


ProviderEvent = InboundMessage | StatusUpdate | AccountUpdate
"""What a webhook item can mean."""


@dataclass(frozen=True, config=_VALUE)
class Receipt:
    """Acceptance, not delivery: the provider took the message.

    Args:
        provider_message_id: The provider's id, or None where its answer could not be read.
        raw: The provider's answer, untouched.
        recipient: The person as the provider names them, where it differs from `to`.
        updates: News that the answer already carries, as some providers do.
    """

    provider_message_id: str | None
    raw: JsonValue = Field(default=None, repr=False)
    recipient: Address | None = None
    updates: tuple[StatusUpdate, ...] = ()


class EventType(StrEnum):
    """What an event is about."""

    OUTBOUND = "messaging.outbound"
    """A message of ours changed on our side."""
    STATUS = "messaging.status"
    """The provider told later news about it."""
    INBOUND = "messaging.inbound"
    """A person wrote."""
    ACCOUNT = "messaging.account"
    """An account's health, quality or templates changed."""
    WEBHOOK = "messaging.webhook"
    """An item of a webhook was set aside."""
    GAP = "messaging.gap"
    """Events up to here are no longer kept."""


class Event(BaseModel):
    """Anything that happened, as users are told: a CloudEvents 1.0 envelope.

    `id` is `<epoch>.<position>`; positions have no gaps within an epoch.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    media_type: ClassVar[str] = "application/cloudevents+json"

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: EventType
    time: AwareDatetime
    subject: Annotated[str | None, Field(description="The message_id, where there is one.")] = None
    datacontenttype: Literal["application/json"] = "application/json"
    position: int
    data: dict[str, Any]

    def to_json(self) -> str:
        """Write the envelope as one line of JSON, without empty optional attributes."""
        return self.model_dump_json(exclude={"subject"} if self.subject is None else None)

    def __repr__(self) -> str:
        return f"Event({self.id!r}, {self.type.value!r}, subject={self.subject!r})"

    __str__ = __repr__


def utc_now() -> datetime:
    """Tell the time with its zone."""
    return datetime.now(UTC)
