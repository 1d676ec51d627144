"""Threads with people: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from typing import Final
from uuid import UUID

from relevo.engines.records import ConversationRecord
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.recent import Recent
from relevo.engines.steps.rows import Lane
from relevo.engines.values import micros, micros_or_none, moment, moment_or_none
from relevo.messages import Address

_CHANGING: Final = (
    "provider", "person_scheme", "person_value", "messages", "last_message_id", "updated_at",
    "last_inbound_at", "person_name", "refused_at", "first_sequence", "joined_to",
    "last_sequence",
)  # fmt: skip
CONVERSATION_COLUMNS: Final = f"conversation_id, account, {', '.join(_CHANGING)}"
CONVERSATION: Final = (
    f"SELECT {CONVERSATION_COLUMNS} FROM conversation WHERE account = ? AND lane_key = ?"
)
_SAVE_CONVERSATION: Final = f"""
INSERT INTO conversation (lane_key, {CONVERSATION_COLUMNS})
VALUES (?, ?, ?{", ?" * len(_CHANGING)})
ON CONFLICT (account, lane_key) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in _CHANGING)}
"""
_UPDATE_CONVERSATION: Final = f"""
UPDATE conversation SET {", ".join(f"{name} = ?" for name in _CHANGING)}
WHERE account = ? AND lane_key = ?
"""


class ThreadTables:
    """Find and keep threads within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.threads: Recent[Lane, ConversationRecord] = Recent()

    @abstractmethod
    def root_of(self, lane: Lane) -> Lane:
        """Tell which lane's thread belongs to this lane."""

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        root = self.root_of(lane)
        known = self.threads.get(root)
        if known is not None:
            return known
        row: Row | None = self._connection.execute(CONVERSATION, root).fetchone()
        if row is None:
            return None
        found = read_conversation(row)
        self.threads.keep(root, found)
        return found

    def save_conversation(self, lane: Lane, record: ConversationRecord) -> None:
        """Keep a thread as it is now."""
        root = self.root_of(lane)
        values = (
            record.provider,
            record.person.scheme,
            record.person.value,
            record.messages,
            str(record.last_message_id),
            micros(record.updated_at),
            micros_or_none(record.last_inbound_at),
            record.person_name,
            micros_or_none(record.refused_at),
            record.first_sequence,
            record.joined_to,
            record.last_sequence,
        )
        if self.threads.get(root) is not None:
            self._connection.execute(_UPDATE_CONVERSATION, (*values, *root))
        else:
            new = (root.lane_key, record.conversation_id, record.account)
            self._connection.execute(_SAVE_CONVERSATION, (*new, *values))
        self.threads.keep(root, record)


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
        refused_at=moment_or_none(row[10]),
        first_sequence=row[11],
        joined_to=row[12],
        last_sequence=row[13],
    )
