"""Between rows of SQLite and the values engines hand out."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from relevo.engines.records import Direction, MessageRecord
from relevo.engines.values import (
    asked_of,
    moment,
    moment_or_none,
    read_arrival,
    read_content,
    read_error,
    read_json,
    read_warnings,
)
from relevo.events import DeliveryStatus
from relevo.messages import (
    Address,
    Message,
    Priority,
    UnknownPolicy,
)

Row = tuple[Any, ...]


MESSAGE_COLUMNS: Final = (
    "message.sequence, message_id, direction, message.account, provider, conversation_id, "
    "person_scheme, person_value, content, status, created_at, updated_at, "
    "message.provider_message_id, reply_to, error, attempts, expires_at, send_at, closed_at, "
    "priority, on_unknown, handovers, replayed_attempts, raw, warnings, extra, arrival, "
    "trace, life_began_at"
)
_RECORD_WIDTH = len(MESSAGE_COLUMNS.split(","))
OUTGOING_COLUMNS: Final = f"{MESSAGE_COLUMNS}, max_attempts"


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
        content=read_content(row[8]),
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
        warnings=read_warnings(row[24]),
        extra=read_json(row[25]) or {},
        arrival=read_arrival(row[26]),
        trace=row[27],
        life_began_at=moment_or_none(row[28]),
    )


def read_outgoing(row: Row) -> tuple[MessageRecord, Message]:
    """Read a message and what its application asked to send from `OUTGOING_COLUMNS`."""
    record = read_message(row)
    (max_attempts,) = row[_RECORD_WIDTH:]
    return record, asked_of(record, record.extra, max_attempts)
