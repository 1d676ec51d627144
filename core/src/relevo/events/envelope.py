"""The event: anything that happened, as users are told."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_OPTIONAL = ("subject", "traceparent")


class EventType(StrEnum):
    """What an event is about."""

    OUTBOUND = "messaging.outbound"
    """A message of ours changed on our side."""
    STATUS = "messaging.status"
    """The provider told later news about it."""
    INBOUND = "messaging.inbound"
    """A person wrote."""
    ACCOUNT = "messaging.account"
    """An account's health, quality or templates changed, or news about a person came."""
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
    traceparent: Annotated[
        str | None, Field(description="The trace of what was asked for, where there is one.")
    ] = None
    data: dict[str, Any]

    def to_json(self) -> str:
        """Write the envelope as one line of JSON, without empty optional attributes."""
        empty = {name for name in _OPTIONAL if getattr(self, name) is None}
        return self.model_dump_json(exclude=empty or None)

    def __repr__(self) -> str:
        return f"Event({self.id!r}, {self.type.value!r}, subject={self.subject!r})"

    __str__ = __repr__


def utc_now() -> datetime:
    """Tell the time with its zone."""
    return datetime.now(UTC)
