"""Messages, attempts and threads: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from relevo.engines.records import AttemptRecord, ConversationRecord, MessageRecord
from relevo.engines.sqlite.columns import (
    MESSAGE_COLUMNS,
    Row,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    read_error,
    read_json,
    read_message,
    write_content,
    write_error,
    write_json,
)
from relevo.engines.steps.rows import Lane
from relevo.engines.transitions import AttemptRow
from relevo.errors import Phase
from relevo.events import DeliveryStatus
from relevo.messages import Address, Message

MESSAGE: Final = f"SELECT {MESSAGE_COLUMNS} FROM message WHERE message_id = ?"
_ADD_MESSAGE: Final = """
INSERT INTO message (message_id, direction, account, provider, lane_key, conversation_id,
  person_scheme, person_value, content, status, created_at, updated_at, attempts,
  provider_message_id, reply_to, expires_at, max_attempts, extra, raw)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SAVE_MESSAGE: Final = """
UPDATE message SET status = ?, provider_message_id = ?, error = ?, attempts = ?, updated_at = ?
WHERE sequence = ?
"""
_SAVE_MESSAGE_AND_RAW: Final = """
UPDATE message SET status = ?, provider_message_id = ?, error = ?, attempts = ?, updated_at = ?,
  raw = ?
WHERE sequence = ?
"""
_LANE_OF: Final = "SELECT account, lane_key FROM message WHERE sequence = ?"

ATTEMPT_COLUMNS: Final = (
    "number, started_at, finished_at, status, phase, provider_message_id, error, detail, "
    "uses_attempt, reported"
)
_ATTEMPT: Final = f"SELECT {ATTEMPT_COLUMNS} FROM attempt WHERE sequence = ? AND number = ?"
_SAVE_ATTEMPT: Final = f"""
INSERT INTO attempt (sequence, {ATTEMPT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (sequence, number) DO UPDATE SET
  finished_at = excluded.finished_at, status = excluded.status, phase = excluded.phase,
  provider_message_id = excluded.provider_message_id, error = excluded.error,
  detail = excluded.detail, uses_attempt = excluded.uses_attempt, reported = excluded.reported
"""
_COUNTED: Final = "SELECT count(*) FROM attempt WHERE sequence = ? AND uses_attempt"

CONVERSATION_COLUMNS: Final = (
    "conversation_id, account, provider, person_scheme, person_value, messages, "
    "last_message_id, updated_at, last_inbound_at, person_name, last_sequence"
)
_CONVERSATION: Final = (
    f"SELECT {CONVERSATION_COLUMNS} FROM conversation WHERE account = ? AND lane_key = ?"
)
_SAVE_CONVERSATION: Final = f"""
INSERT INTO conversation (lane_key, {CONVERSATION_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, lane_key) DO UPDATE SET
  provider = excluded.provider, person_scheme = excluded.person_scheme,
  person_value = excluded.person_value, messages = excluded.messages,
  last_message_id = excluded.last_message_id, updated_at = excluded.updated_at,
  last_inbound_at = excluded.last_inbound_at, person_name = excluded.person_name,
  last_sequence = excluded.last_sequence
"""


class MessageTables:
    """Find and keep messages within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _one(self, statement: str, *values: object) -> Row | None:
        row: Row | None = self._connection.execute(statement, values).fetchone()
        return row

    def message(self, message_id: UUID) -> MessageRecord | None:
        """Find a message."""
        row = self._one(MESSAGE, str(message_id))
        return read_message(row) if row else None

    def add_message(
        self, record: MessageRecord, lane: Lane, message: Message | None = None
    ) -> MessageRecord:
        """Keep a new message and give it its sequence."""
        added = self._connection.execute(
            _ADD_MESSAGE,
            (
                str(record.message_id),
                record.direction.value,
                record.account,
                record.provider,
                lane.lane_key,
                record.conversation_id,
                record.person.scheme,
                record.person.value,
                write_content(record.content),
                record.status.value,
                micros(record.created_at),
                micros(record.updated_at),
                record.attempts,
                record.provider_message_id,
                record.reply_to,
                micros_or_none(record.expires_at),
                message.max_attempts if message else None,
                write_json(message.extra or None) if message else None,
                write_json(record.raw),
            ),
        )
        return replace(record, sequence=added.lastrowid or 0)

    def save_message(self, record: MessageRecord, before: MessageRecord) -> None:
        """Keep what can change of a message."""
        values = (
            record.status.value,
            record.provider_message_id,
            write_error(record.error),
            record.attempts,
            micros(record.updated_at),
        )
        if record.raw is before.raw:
            self._connection.execute(_SAVE_MESSAGE, (*values, record.sequence))
        else:
            values_and_raw = (*values, write_json(record.raw), record.sequence)
            self._connection.execute(_SAVE_MESSAGE_AND_RAW, values_and_raw)

    def lane_of(self, record: MessageRecord) -> Lane:
        """Tell the lane a message entered."""
        row: Row = self._connection.execute(_LANE_OF, (record.sequence,)).fetchone()
        return Lane(*row)

    def attempt(self, record: MessageRecord, number: int) -> AttemptRow | None:
        """Find one attempt."""
        row = self._one(_ATTEMPT, record.sequence, number)
        return read_attempt(row) if row else None

    def save_attempt(self, record: MessageRecord, row: AttemptRow) -> None:
        """Keep an attempt as it is now."""
        attempt = row.record
        self._connection.execute(
            _SAVE_ATTEMPT,
            (
                record.sequence,
                attempt.number,
                micros(attempt.started_at),
                micros_or_none(attempt.finished_at),
                attempt.status.value,
                attempt.phase.value if attempt.phase else None,
                attempt.provider_message_id,
                write_error(attempt.error),
                write_json(attempt.detail),
                int(row.uses_attempt),
                int(row.reported),
            ),
        )

    def counted_attempts(self, record: MessageRecord) -> int:
        """Count the attempts that used up a try."""
        row = self._one(_COUNTED, record.sequence)
        return int(row[0]) if row else 0

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        row = self._one(_CONVERSATION, *lane)
        return read_conversation(row) if row else None

    def save_conversation(self, lane: Lane, record: ConversationRecord, sequence: int) -> None:
        """Keep a thread as it is now."""
        self._connection.execute(
            _SAVE_CONVERSATION,
            (
                lane.lane_key,
                record.conversation_id,
                record.account,
                record.provider,
                record.person.scheme,
                record.person.value,
                record.messages,
                str(record.last_message_id),
                micros(record.updated_at),
                micros_or_none(record.last_inbound_at),
                record.person_name,
                sequence,
            ),
        )


def read_attempt(row: Row) -> AttemptRow:
    """Read an attempt from `ATTEMPT_COLUMNS`."""
    finished_at: datetime | None = moment_or_none(row[2])
    record = AttemptRecord(
        number=row[0],
        started_at=moment(row[1]),
        finished_at=finished_at,
        status=DeliveryStatus(row[3]),
        phase=Phase(row[4]) if row[4] else None,
        provider_message_id=row[5],
        error=read_error(row[6]),
        detail=read_json(row[7]),
    )
    return AttemptRow(record, uses_attempt=bool(row[8]), reported=bool(row[9]))


def read_conversation(row: Row) -> ConversationRecord:
    """Read a thread from `CONVERSATION_COLUMNS`."""
    return ConversationRecord(
        conversation_id=row[0],
        account=row[1],
        provider=row[2],
        person=Address(row[3], row[4]),
        messages=row[5],
        last_message_id=UUID(row[6]),
        updated_at=moment(row[7]),
        last_inbound_at=moment_or_none(row[8]),
        person_name=row[9],
    )
