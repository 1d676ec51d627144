"""Events as the API tells them, each type with its own `data`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from relevo_server.answers.event_data import (
    AccountData,
    GapData,
    InboundData,
    OutboundData,
    StatusData,
    WebhookData,
)
from relevo_server.answers.wire import Row


class _Envelope(Row):
    specversion: Literal["1.0"]
    id: Annotated[str, Field(description="`<epoch>.<position>`: the place to read on from.")]
    source: Annotated[str, Field(description="`/relevo/accounts/<account>`.")]
    time: datetime
    subject: Annotated[str | None, Field(description="The message_id, where there is one.")] = None
    datacontenttype: Literal["application/json"]
    position: int
    traceparent: Annotated[
        str | None, Field(description="The trace of what was asked for, where there is one.")
    ] = None


class OutboundEvent(_Envelope):
    """A message of ours changed on our side."""

    type: Literal["messaging.outbound"]
    data: OutboundData


class StatusEvent(_Envelope):
    """The provider told later news about a message."""

    type: Literal["messaging.status"]
    data: StatusData


class InboundEvent(_Envelope):
    """A person wrote."""

    type: Literal["messaging.inbound"]
    data: InboundData


class AccountEvent(_Envelope):
    """News about an account, or about a person of it."""

    type: Literal["messaging.account"]
    data: AccountData


class WebhookEvent(_Envelope):
    """An item of a webhook was set aside, or given up."""

    type: Literal["messaging.webhook"]
    data: WebhookData


class GapEvent(_Envelope):
    """What you know and what follows do not join."""

    type: Literal["messaging.gap"]
    data: GapData


EventRow = OutboundEvent | StatusEvent | InboundEvent | AccountEvent | WebhookEvent | GapEvent


class EventPage(Row):
    """Events in the order of the log."""

    items: list[EventRow]
    next: Annotated[
        str, Field(description="Where to read on: all before was given or filtered out.")
    ]
