"""Webhook -> events. Pure.

A webhook is a JSON list. A row is either what a person wrote,
`{"id": "m1", "from": "541130946950", "text": "hola"}`, or news about a message
of ours, `{"id": "console-...", "status": "read"}`.
"""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from relevo import (
    Address,
    DeliveryStatus,
    InboundMessage,
    StatusUpdate,
    TextContent,
    WebhookItem,
    WebhookMalformed,
)

STATUSES = MappingProxyType(
    {
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "read": DeliveryStatus.READ,
        "failed": DeliveryStatus.FAILED,
    }
)
"""A word that is not here gives `status=None`: it is kept and moves nothing."""

_ROWS = TypeAdapter(list[JsonValue])


class _Inbound(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1)
    sender: str = Field(alias="from", min_length=1, max_length=256)
    text: str = Field(min_length=1)


class _Status(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1)
    status: str


_ROW: TypeAdapter[_Inbound | _Status] = TypeAdapter(_Inbound | _Status)


def split_rows(body: bytes) -> list[WebhookItem]:
    """Split a webhook; a row that makes no sense stays a row, so that it fails alone."""
    try:
        rows = _ROWS.validate_json(body)
    except ValidationError:
        msg = "A console webhook is a JSON list of rows; this body is none."
        raise WebhookMalformed(msg) from None
    return [WebhookItem(_key(row), row) for row in rows]


def parse_row(raw: JsonValue) -> InboundMessage | StatusUpdate:
    """Read one row."""
    try:
        row = _ROW.validate_python(raw)
        if isinstance(row, _Status):
            return StatusUpdate(row.id, STATUSES.get(row.status), raw)
        return InboundMessage(
            Address.parse(row.sender),
            TextContent(body=row.text),
            raw,
            provider_message_id=row.id,
        )
    except ValidationError:
        msg = "A console row has id, from and text, or id and status, all of them text."
        raise WebhookMalformed(msg) from None


def simulate_status(provider_message_id: str, word: str) -> StatusUpdate:
    """Make the news that a webhook would bring."""
    return StatusUpdate(
        provider_message_id, STATUSES.get(word), {"id": provider_message_id, "status": word}
    )


def _key(row: JsonValue) -> str:
    """The same row is the same news, whenever it comes and however it is spaced."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
