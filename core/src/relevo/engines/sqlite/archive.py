"""What can be read: messages, threads, webhooks, the log. Each is one short look."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from relevo.engines.json_text import parse_json
from relevo.engines.outcomes import make_event, unknown_message
from relevo.engines.paging import page_of
from relevo.engines.records import (
    AttemptRecord,
    ConversationRecord,
    EventQuery,
    MessageQuery,
    MessageRecord,
    Page,
    WebhookRecord,
    WebhookState,
)
from relevo.engines.sqlite.columns import (
    MESSAGE_COLUMNS,
    Row,
    moment,
    moment_or_none,
    read_json,
    read_message,
)
from relevo.engines.sqlite.lanes import EARLIEST_DUE
from relevo.engines.sqlite.messages import (
    ATTEMPT_COLUMNS,
    CONVERSATION_COLUMNS,
    MESSAGE,
    read_attempt,
    read_conversation,
)
from relevo.events import DeliveryStatus, Event, EventType

Reader = sqlite3.Connection

_ATTEMPTS: Final = f"SELECT {ATTEMPT_COLUMNS} FROM attempt WHERE sequence = ? ORDER BY number"
_PENDING: Final = """
SELECT webhook_id, account, method, path, body, headers, query, arrived_at, state FROM webhook
WHERE state = 'pending' ORDER BY webhook_id LIMIT ?
"""
_ANY_PENDING: Final = "SELECT 1 FROM webhook WHERE state = 'pending' LIMIT 1"
_COUNT_PENDING: Final = "SELECT count(*) FROM webhook WHERE state = 'pending'"
_COUNT_STATUS: Final = "SELECT count(*) FROM message WHERE status = ?"
_LAST_COLUMN: Final = -1
_LARGEST: Final = 2**63 - 1


def find_message(reader: Reader, message_id: UUID) -> MessageRecord:
    """Give one message."""
    row: Row | None = reader.execute(MESSAGE, (str(message_id),)).fetchone()
    if row is None:
        raise unknown_message(message_id)
    return read_message(row)


def find_attempts(reader: Reader, message_id: UUID) -> list[AttemptRecord]:
    """Give a message's attempts, first to last."""
    record = find_message(reader, message_id)
    rows = reader.execute(_ATTEMPTS, (record.sequence,)).fetchall()
    return [read_attempt(row).record for row in rows]


def find_messages(reader: Reader, query: MessageQuery) -> Page[MessageRecord]:
    """Give messages, newest first."""
    wanted: dict[str, Any] = {
        "account = ?": query.account,
        "direction = ?": query.direction,
        "status = ?": query.status,
        "conversation_id = ?": query.conversation_id,
        "sequence < ?": query.before,
    }
    where, values = _where(wanted)
    statement = f"SELECT {MESSAGE_COLUMNS} FROM message {where} ORDER BY sequence DESC LIMIT ?"
    rows = reader.execute(statement, (*values, query.limit + 1)).fetchall()
    return page_of(rows, query.limit, row=read_message, cursor=lambda row: int(row[0]))


def find_conversations(
    reader: Reader, account: str | None, below: int | None, limit: int
) -> Page[ConversationRecord]:
    """Give threads, newest activity first."""
    where, values = _where({"account = ?": account, "last_sequence < ?": below})
    statement = (
        f"SELECT {CONVERSATION_COLUMNS} FROM conversation {where} "
        "ORDER BY last_sequence DESC LIMIT ?"
    )
    rows = reader.execute(statement, (*values, limit + 1)).fetchall()
    return page_of(rows, limit, row=read_conversation, cursor=lambda row: int(row[_LAST_COLUMN]))


def find_events(
    reader: Reader, epoch: str, after: int, limit: int, query: EventQuery
) -> list[Event]:
    """Give events above a position, in order."""
    wanted: dict[str, Any] = {
        "position > ?": after,
        "message_id = ?": str(query.message_id) if query.message_id else None,
        "conversation_id = ?": query.conversation_id,
        f"type IN ({_places(query.types)})": sorted(query.types) or None,
        f"account IN ({_places(query.accounts)})": sorted(query.accounts) or None,
    }
    where, values = _where(wanted)
    statement = (
        "SELECT position, type, account, message_id, time, data FROM event "
        f"{where} ORDER BY position LIMIT ?"
    )
    rows = reader.execute(statement, (*values, limit)).fetchall()
    return [_read_event(epoch, row) for row in rows]


def find_pending(reader: Reader, limit: int) -> list[WebhookRecord]:
    """Give the oldest webhooks that nothing was made of yet."""
    return [_read_webhook(row) for row in reader.execute(_PENDING, (limit,)).fetchall()]


def any_pending(reader: Reader) -> bool:
    """Tell whether a webhook waits."""
    return reader.execute(_ANY_PENDING).fetchone() is not None


def find_earliest_due(reader: Reader) -> datetime | None:
    """Tell when the next lane is due or the next lease ends."""
    row: Row | None = reader.execute(EARLIEST_DUE).fetchone()
    return moment_or_none(row[0]) if row else None


def count_waiting(reader: Reader) -> dict[str, int]:
    """Count what waits, for the pulse."""
    statuses = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
    counts = {
        status.value: int(reader.execute(_COUNT_STATUS, (status.value,)).fetchone()[0])
        for status in statuses
    }
    return counts | {"pending_webhooks": int(reader.execute(_COUNT_PENDING).fetchone()[0])}


def _where(wanted: dict[str, Any]) -> tuple[str, list[Any]]:
    """Join the conditions that are asked for; a list fills several places."""
    asked = {text: value for text, value in wanted.items() if value is not None}
    values: list[Any] = []
    for value in asked.values():
        values.extend(value if isinstance(value, list) else [_storable(value)])
    return (f"WHERE {' AND '.join(asked)}" if asked else ""), values


def _storable(value: Any) -> Any:
    """Keep a number within what SQLite can compare; nothing lies beyond."""
    return max(-_LARGEST, min(value, _LARGEST)) if isinstance(value, int) else value


def _places(values: frozenset[Any]) -> str:
    return ", ".join("?" * len(values))


def _read_event(epoch: str, row: Row) -> Event:
    position, kind, account, message_id, time, data = row
    return make_event(
        epoch,
        position,
        EventType(kind),
        account=account,
        subject=message_id,
        time=moment(time),
        data=parse_json(data),
    )


def _read_webhook(row: Row) -> WebhookRecord:
    return WebhookRecord(
        webhook_id=row[0],
        account=row[1],
        method=row[2],
        path=row[3],
        body=row[4],
        headers=read_json(row[5]),
        query=read_json(row[6]),
        arrived_at=moment(row[7]),
        state=WebhookState(row[8]),
    )
