"""Threads with people: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from typing import Final
from uuid import UUID

from relevo.engines.records import ConversationRecord
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.recent import Recent
from relevo.engines.steps.rows import Lane
from relevo.engines.values import micros, micros_or_none, moment, moment_or_none
from relevo.messages import Address

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
_UPDATE_CONVERSATION: Final = """
UPDATE conversation SET provider = ?, person_scheme = ?, person_value = ?, messages = ?,
  last_message_id = ?, updated_at = ?, last_inbound_at = ?, person_name = ?, last_sequence = ?
WHERE account = ? AND lane_key = ?
"""


class ThreadTables:
    """Find and keep threads within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.threads: Recent[Lane, ConversationRecord] = Recent()

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        known = self.threads.get(lane)
        if known is not None:
            return known
        row: Row | None = self._connection.execute(_CONVERSATION, lane).fetchone()
        if row is None:
            return None
        found = read_conversation(row)
        self.threads.keep(lane, found)
        return found

    def save_conversation(self, lane: Lane, record: ConversationRecord, sequence: int) -> None:
        """Keep a thread as it is now."""
        values = (
            record.provider,
            record.person.scheme,
            record.person.value,
            record.messages,
            str(record.last_message_id),
            micros(record.updated_at),
            micros_or_none(record.last_inbound_at),
            record.person_name,
            sequence,
        )
        if self.threads.get(lane) is not None:
            self._connection.execute(_UPDATE_CONVERSATION, (*values, *lane))
        else:
            new = (lane.lane_key, record.conversation_id, record.account)
            self._connection.execute(_SAVE_CONVERSATION, (*new, *values))
        self.threads.keep(lane, record)


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
