"""Messages, as the API tells them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from relevo.client.answers.errors import ErrorRow
from relevo.client.answers.media import MediaRow
from relevo.client.answers.model import Answer, OrWord
from relevo.client.answers.people import WarningRow
from relevo.contents import AnyKind, OtherContent
from relevo.engines.port import CancelOutcome
from relevo.engines.records import Direction, Resolution
from relevo.errors import Phase
from relevo.events import DeliveryStatus
from relevo.messages import Priority, UnknownPolicy


def _or_other(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Take what a newer server has learned to carry as a content of another kind."""
    try:
        return read(value)
    except ValidationError:
        if not isinstance(value, dict) or "type" not in value:
            raise
    return OtherContent(kind=str(value["type"]), payload=value)


ShownContent = Annotated[AnyKind, WrapValidator(_or_other)]


class ReceiptRow(Answer):
    """The provider took the message. That is not delivery."""

    provider_message_id: str | None = None
    raw: Any = Field(default=None, repr=False)


class MessageRow(Answer):
    """One message of either direction, as it is now. `repr` hides people and their words."""

    id: str
    direction: Direction
    status: DeliveryStatus
    account: str
    provider: str
    to: str | None = Field(default=None, repr=False)
    sender: str | None = Field(default=None, repr=False)
    conversation_id: str
    content: ShownContent
    live: bool | None = None
    from_us: bool | None = None
    forwarded: bool | None = None
    occurred_at: AwareDatetime | None = None
    author: str | None = Field(default=None, repr=False)
    referral: JsonValue = Field(default=None, repr=False)
    provider_message_id: str | None
    reply_to: str | None = None
    extra: dict[str, Any] | None = Field(default=None, repr=False)
    error: ErrorRow | None = None
    warnings: list[WarningRow] | None = None
    attempt_count: int
    handovers: int
    priority: OrWord[Priority]
    on_unknown: OrWord[UnknownPolicy] | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    send_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    media: MediaRow | None = None
    receipt: ReceiptRow | None = None


class SettledRow(Answer):
    """How the doubt that a try left has ended, and a stable word for why."""

    resolution: Resolution
    why: str
    at: AwareDatetime


class AttemptRow(Answer):
    """One try to hand the message over."""

    number: int
    status: DeliveryStatus
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    phase: OrWord[Phase] | None = None
    provider_message_id: str | None = None
    echoed_at: AwareDatetime | None = None
    error: ErrorRow | None = None
    settled: SettledRow | None = None
    detail: dict[str, Any] | None = Field(default=None, repr=False)


class StatusRow(Answer):
    """Later news of the provider about the message; no `status`: a word nobody knows."""

    event_id: str
    status: str | None = None
    moved: bool
    heard_at: AwareDatetime
    occurred_at: str | None = None
    error: dict[str, Any] | None = Field(default=None, repr=False)


class StandingRow(Answer):
    """Why a message is where it is, what comes next, and when where that is known."""

    state: DeliveryStatus
    why: list[str]
    next: str
    next_at: AwareDatetime | None = None


class MessageDetail(MessageRow):
    """One message with everything that is known about it."""

    standing: StandingRow
    attempts: list[AttemptRow]
    statuses: list[StatusRow]
    raw: Any = Field(default=None, repr=False)


class MessagePage(Answer):
    """Messages of both directions, newest first."""

    items: list[MessageRow]
    next: str | None


class CancelRow(Answer):
    """What came of asking to cancel."""

    id: str
    outcome: OrWord[CancelOutcome]


class ReplayedRow(Answer):
    """Ids of what is sent again, in the order they were accepted; `more`: ask again."""

    items: list[str]
    more: bool
