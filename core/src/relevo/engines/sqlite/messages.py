"""Messages, their idempotency keys and providers' ids: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from typing import Final
from uuid import UUID

from relevo.contents import TextContent
from relevo.engines.records import IdempotencyKey, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.sqlite.columns import MESSAGE_COLUMNS, Row, read_message
from relevo.engines.sqlite.recent import Recent
from relevo.engines.steps.rows import KeyRow, Lane
from relevo.engines.values import (
    asked_of,
    micros,
    micros_or_none,
    read_json,
    write_arrival,
    write_content,
    write_error,
    write_json,
    write_warnings,
)
from relevo.messages import Message

MESSAGE: Final = f"SELECT {MESSAGE_COLUMNS} FROM message WHERE message_id = ?"
_NUMBERED: Final = f"SELECT {MESSAGE_COLUMNS} FROM message WHERE sequence = ?"
_ADD_MESSAGE: Final = """
INSERT INTO message (message_id, direction, account, provider, lane_key, conversation_id,
  person_scheme, person_value, content, status, created_at, updated_at, attempts,
  provider_message_id, reply_to, expires_at, send_at, closed_at, priority, on_unknown,
  max_attempts, handovers, replayed_attempts, extra, raw, warnings, arrival, trace)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_CHANGES: Final = """
status = ?, provider_message_id = ?, error = ?, attempts = ?, updated_at = ?, expires_at = ?,
closed_at = ?, handovers = ?, replayed_attempts = ?, life_began_at = ?
"""
# What an index or a partial index names is left alone where it stays as it is.
_SAVE_STATUS: Final = """
UPDATE message SET status = ?, error = ?, attempts = ?, updated_at = ? WHERE sequence = ?
"""
_SAVE_MESSAGE: Final = f"UPDATE message SET {_CHANGES} WHERE sequence = ?"
_SAVE_MESSAGE_AND_RAW: Final = f"UPDATE message SET {_CHANGES}, raw = ? WHERE sequence = ?"
_LANE_OF: Final = "SELECT account, lane_key FROM message WHERE sequence = ?"
_ASKED: Final = "SELECT extra, max_attempts FROM message WHERE sequence = ?"
_BY_KEY: Final = f"""
SELECT fingerprint, {MESSAGE_COLUMNS} FROM idempotency
JOIN message ON message.sequence = idempotency.sequence
WHERE idempotency.account = ? AND idempotency.key = ?
"""
_BY_REF: Final = """
SELECT sequence FROM provider_ref WHERE account = ? AND provider_message_id = ?
"""
_LINK: Final = """
INSERT INTO provider_ref (account, provider_message_id, sequence) VALUES (?, ?, ?)
ON CONFLICT (account, provider_message_id) DO UPDATE SET sequence = excluded.sequence
"""
_SAVE_KEY: Final = """
INSERT INTO idempotency (account, key, fingerprint, sequence) VALUES (?, ?, ?, ?)
ON CONFLICT (account, key) DO UPDATE SET
  fingerprint = excluded.fingerprint, sequence = excluded.sequence
"""


class MessageTables:
    """Find and keep messages within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.messages: Recent[UUID, MessageRecord] = Recent()
        self.numbered: Recent[int, MessageRecord] = Recent()
        """The same messages by their sequences."""
        self.outgoing: Recent[int, Message] = Recent()
        """What applications asked to send, by sequence."""

    def message(self, message_id: UUID) -> MessageRecord | None:
        """Find a message."""
        record = self.messages.get(message_id)
        if record is not None:
            return record
        row: Row | None = self._connection.execute(MESSAGE, (str(message_id),)).fetchone()
        return self.seen(read_message(row)) if row else None

    def seen(self, record: MessageRecord) -> MessageRecord:
        """Remember a message as it is now."""
        self.messages.keep(record.message_id, record)
        self.numbered.keep(record.sequence, record)
        return record

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
                micros_or_none(record.send_at),
                micros_or_none(record.closed_at),
                record.priority.value,
                record.on_unknown.value if record.on_unknown else None,
                message.max_attempts if message else None,
                record.handovers,
                record.replayed_attempts,
                write_json(message.extra or None) if message else None,
                write_json(record.raw),
                write_warnings(record.warnings),
                write_arrival(record.arrival),
                record.trace,
            ),
        )
        record = replace(record, sequence=added.lastrowid or 0)
        if message is not None and _is_plain(message):
            # A copy: the application may go on to change its own. Only `extra` can be changed;
            # `model_copy(update=...)` would do the same in twice the time.
            asked = message.model_copy()
            vars(asked)["extra"] = {}
            self.outgoing.keep(record.sequence, asked)
            self.seen(record)
        return record

    def save_message(self, record: MessageRecord, before: MessageRecord) -> None:
        """Keep what can change of a message."""
        if _moved_only(record, before):
            status = (record.status.value, write_error(record.error), record.attempts)
            values = (*status, micros(record.updated_at), record.sequence)
            self._connection.execute(_SAVE_STATUS, values)
        else:
            self._save_whole(record, before)
        self.seen(record)

    def _save_whole(self, record: MessageRecord, before: MessageRecord) -> None:
        values = (
            record.status.value,
            record.provider_message_id,
            write_error(record.error),
            record.attempts,
            micros(record.updated_at),
            micros_or_none(record.expires_at),
            micros_or_none(record.closed_at),
            record.handovers,
            record.replayed_attempts,
            micros_or_none(record.life_began_at),
        )
        if record.raw is before.raw:
            self._connection.execute(_SAVE_MESSAGE, (*values, record.sequence))
        else:
            values_and_raw = (*values, write_json(record.raw), record.sequence)
            self._connection.execute(_SAVE_MESSAGE_AND_RAW, values_and_raw)
        if record.closed_at is not None or record.expires_at != before.expires_at:
            self.outgoing.drop(record.sequence)

    def lane_of(self, record: MessageRecord) -> Lane:
        """Tell the lane a message entered."""
        row: Row = self._connection.execute(_LANE_OF, (record.sequence,)).fetchone()
        return Lane(*row)

    def asked(self, record: MessageRecord) -> Message:
        """Give what the application asked to send."""
        message = self.outgoing.get(record.sequence)
        if message is None:
            row: Row = self._connection.execute(_ASKED, (record.sequence,)).fetchone()
            message = asked_of(record, read_json(row[0]) or {}, row[1])
            self.outgoing.keep(record.sequence, message)
        return message

    def message_by_ref(self, account: str, provider_message_id: str) -> MessageRecord | None:
        """Find a message by the provider's id."""
        ref: Row | None = self._connection.execute(
            _BY_REF, (account, provider_message_id)
        ).fetchone()
        if ref is None:
            return None
        record = self.numbered.get(ref[0])
        if record is None:
            row: Row = self._connection.execute(_NUMBERED, ref).fetchone()
            record = self.seen(read_message(row))
        return record

    def link(self, provider_message_id: str, record: MessageRecord) -> None:
        """Remember the provider's id of a message."""
        values = (record.account, provider_message_id, record.sequence)
        self._connection.execute(_LINK, values)

    def message_by_key(self, account: str, key: str) -> KeyRow | None:
        """Find what an idempotency key was used for."""
        row: Row | None = self._connection.execute(_BY_KEY, (account, key)).fetchone()
        return KeyRow(row[0], read_message(row[1:])) if row else None

    def save_key(self, record: MessageRecord, key: IdempotencyKey) -> None:
        """Remember what a key was used for."""
        values = (record.account, key.key, key.fingerprint, record.sequence)
        self._connection.execute(_SAVE_KEY, values)


def _moved_only(record: MessageRecord, before: MessageRecord) -> bool:
    return (
        record.closed_at is before.closed_at
        and record.provider_message_id is before.provider_message_id
        and record.handovers == before.handovers
        and record.raw is before.raw
        and record.expires_at is before.expires_at
        and record.replayed_attempts == before.replayed_attempts
    )


def _is_plain(message: Message) -> bool:
    """Whether reading the message again gives the same, and nobody can change it meanwhile."""
    content = message.content
    if message.extra or not isinstance(content, TextContent):
        return False
    try:
        content.body.encode()
    except UnicodeEncodeError:
        return False  # half a surrogate pair is kept as something else
    return True
