"""Between rows of SQLite and the values engines hand out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Discriminator, TypeAdapter

from relevo.engines.json_text import json_text, parse_json
from relevo.engines.outcomes import error_json
from relevo.engines.records import Direction, MessageRecord
from relevo.events import DeliveryStatus, ErrorDetail
from relevo.messages import (
    Address,
    Message,
    OtherContent,
    Priority,
    TemplateContent,
    TextContent,
    UnknownPolicy,
)

Row = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ERROR = TypeAdapter(ErrorDetail)
_CONTENT: TypeAdapter[TextContent | TemplateContent | OtherContent] = TypeAdapter(
    Annotated[TextContent | TemplateContent | OtherContent, Discriminator("type")]
)

MESSAGE_COLUMNS: Final = (
    "message.sequence, message_id, direction, message.account, provider, conversation_id, "
    "person_scheme, person_value, content, status, created_at, updated_at, "
    "message.provider_message_id, reply_to, error, attempts, expires_at, send_at, closed_at, "
    "priority, on_unknown, handovers, replayed_attempts, raw"
)
_RECORD_WIDTH = len(MESSAGE_COLUMNS.split(","))
OUTGOING_COLUMNS: Final = f"{MESSAGE_COLUMNS}, extra, max_attempts"


def micros(moment: datetime) -> int:
    """Write a moment."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Read a moment."""
    return _EPOCH + timedelta(microseconds=value)


def micros_or_none(moment: datetime | None) -> int | None:
    """Write a moment that may be missing."""
    return None if moment is None else micros(moment)


def moment_or_none(value: int | None) -> datetime | None:
    """Read a moment that may be missing."""
    return None if value is None else moment(value)


def write_json(value: object) -> str | None:
    """Write a JSON value; null is no value."""
    return None if value is None else json_text(value)


def read_json(text: str | None) -> Any:
    """Read a JSON value; no value is null."""
    return None if text is None else parse_json(text)


def write_error(error: ErrorDetail | None) -> str | None:
    """Write an error."""
    return None if error is None else json_text(error_json(error))


def read_error(text: str | None) -> ErrorDetail | None:
    """Read an error."""
    return None if text is None else _ERROR.validate_python(parse_json(text))


def write_content(content: TextContent | TemplateContent | OtherContent) -> str:
    """Write what a message says."""
    return json_text(content.model_dump(mode="json"))


def read_message(row: Row) -> MessageRecord:
    """Read a message from `MESSAGE_COLUMNS`."""
    return MessageRecord(
        sequence=row[0],
        message_id=UUID(row[1]),
        direction=Direction(row[2]),
        account=row[3],
        provider=row[4],
        conversation_id=row[5],
        person=Address(row[6], row[7]),
        content=_CONTENT.validate_json(row[8]),
        status=DeliveryStatus(row[9]),
        created_at=moment(row[10]),
        updated_at=moment(row[11]),
        provider_message_id=row[12],
        reply_to=row[13],
        error=read_error(row[14]),
        attempts=row[15],
        expires_at=moment_or_none(row[16]),
        send_at=moment_or_none(row[17]),
        closed_at=moment_or_none(row[18]),
        priority=Priority(row[19]),
        on_unknown=UnknownPolicy(row[20]) if row[20] else None,
        handovers=row[21],
        replayed_attempts=row[22],
        raw=read_json(row[23]),
    )


def read_outgoing(row: Row) -> tuple[MessageRecord, Message]:
    """Read a message and what its application asked to send from `OUTGOING_COLUMNS`."""
    record = read_message(row)
    extra, max_attempts = row[_RECORD_WIDTH:]
    return record, asked_of(record, read_json(extra) or {}, max_attempts)


def asked_of(record: MessageRecord, extra: dict[str, Any], max_attempts: int | None) -> Message:
    """Give what the application asked to send."""
    content = record.content
    if isinstance(content, OtherContent):
        msg = f"Message {record.message_id} carries what only people can send."
        raise TypeError(msg)
    # Every part was checked when the message came in; checking again would cost each claim.
    return Message.model_construct(
        message_id=record.message_id,
        account=record.account,
        to=record.person,
        content=content,
        reply_to=record.reply_to,
        extra=extra,
        expires_at=record.expires_at,
        max_attempts=max_attempts,
        send_at=record.send_at,
        priority=record.priority,
        on_unknown=record.on_unknown,
    )
