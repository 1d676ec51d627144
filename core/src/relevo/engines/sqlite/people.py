"""Who is who, and what people want to be sent: what the one writer does with it, and readers."""

from __future__ import annotations

import sqlite3
from typing import Final

from relevo.engines.outcomes import unknown_conversation
from relevo.engines.records import PersonRecord, PreferenceRecord
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.recent import Recent
from relevo.engines.sqlite.threads import (
    CONVERSATION,
    ThreadTables,
    read_conversation,
)
from relevo.engines.steps.rows import Lane
from relevo.engines.transitions import Preferences
from relevo.engines.values import micros, moment

_ANY_ALIAS: Final = "SELECT 1 FROM alias WHERE account >= '' LIMIT 1"
_ROOT: Final = "SELECT thread_key FROM alias WHERE account = ? AND lane_key = ?"
_LEAD: Final = """
INSERT INTO alias (account, lane_key, thread_key) VALUES (?, ?, ?)
ON CONFLICT (account, lane_key) DO UPDATE SET thread_key = excluded.thread_key
"""
_LEAD_ALL: Final = "UPDATE alias SET thread_key = ? WHERE account = ? AND thread_key = ?"
_REJOIN: Final = "UPDATE conversation SET joined_to = ? WHERE joined_to = ?"
_PREFERENCES: Final = """
SELECT category, allowed, changed_at FROM preference
WHERE account = ? AND thread_key = ? ORDER BY category
"""
_SAVE_PREFERENCE: Final = """
INSERT INTO preference (account, thread_key, category, allowed, changed_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, thread_key, category) DO UPDATE SET
  allowed = excluded.allowed, changed_at = excluded.changed_at
"""
_LANE: Final = """
SELECT c.account, coalesce(a.thread_key, c.lane_key) FROM conversation AS c
LEFT JOIN alias AS a ON a.account = c.account AND a.lane_key = c.lane_key
WHERE c.conversation_id = ?
"""
_WHOLE: Final = """
SELECT coalesce(joined_to, conversation_id) FROM conversation WHERE conversation_id = ?
"""
_PARTS: Final = "SELECT conversation_id FROM conversation WHERE joined_to = ?"


class PeopleTables(ThreadTables):
    """Threads, what leads to them, and preferences, within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._roots: Recent[Lane, Lane] = Recent()
        """Also of lanes that lead nowhere else: themselves."""
        self._nobody_has_two: bool | None = None

    def forget_people(self) -> None:
        """Look again who is who."""
        self.threads.forget()
        self._roots.forget()
        self._nobody_has_two = None

    def root_of(self, lane: Lane) -> Lane:
        """Tell which lane's thread belongs to this lane."""
        if self._nobody_has_two is None:
            self._nobody_has_two = self._connection.execute(_ANY_ALIAS).fetchone() is None
        if self._nobody_has_two:
            return lane
        root = self._roots.get(lane)
        if root is None:
            root = find_root(self._connection, lane)
            self._roots.keep(lane, root)
        return root

    def lead(self, lane: Lane, thread_key: str) -> None:
        """Let a lane, and all that were led to it, belong to another lane's thread."""
        self._connection.execute(_LEAD, (*lane, thread_key))
        self._connection.execute(_LEAD_ALL, (thread_key, lane.account, lane.lane_key))
        self._roots.forget()
        self._nobody_has_two = False

    def rejoin(self, conversation_id: str, joined_to: str) -> None:
        """Let threads that became a part of one become a part of another."""
        self._connection.execute(_REJOIN, (joined_to, conversation_id))

    def preferences(self, lane: Lane) -> Preferences:
        """Tell what a person wants to be sent."""
        return {one.category: one for one in _preferences(self._connection, self.root_of(lane))}

    def save_preference(self, lane: Lane, preference: PreferenceRecord) -> None:
        """Keep what a person wants."""
        said = (preference.category, int(preference.allowed), micros(preference.changed_at))
        self._connection.execute(_SAVE_PREFERENCE, (*self.root_of(lane), *said))


def find_root(reader: sqlite3.Connection, lane: Lane) -> Lane:
    """Tell which lane's thread belongs to a lane."""
    row: Row | None = reader.execute(_ROOT, lane).fetchone()
    return Lane(lane.account, row[0]) if row else lane


def find_person(reader: sqlite3.Connection, lane: Lane) -> PersonRecord:
    """Tell what is known about a person."""
    root = find_root(reader, lane)
    row: Row | None = reader.execute(CONVERSATION, root).fetchone()
    thread = read_conversation(row) if row else None
    return PersonRecord(lane.account, thread, _preferences(reader, root))


def find_conversation(reader: sqlite3.Connection, conversation_id: str) -> PersonRecord:
    """Give a thread, or the one it became a part of, and what its person wants."""
    row: Row | None = reader.execute(_LANE, (conversation_id,)).fetchone()
    if row is None:
        raise unknown_conversation(conversation_id)
    return find_person(reader, Lane(*row))


def find_parts(reader: sqlite3.Connection, conversation_id: str) -> list[str]:
    """Give the ids of all threads that are one with this one."""
    row: Row | None = reader.execute(_WHOLE, (conversation_id,)).fetchone()
    whole = row[0] if row else conversation_id
    return [whole, *(part for (part,) in reader.execute(_PARTS, (whole,)).fetchall())]


def _preferences(reader: sqlite3.Connection, root: Lane) -> tuple[PreferenceRecord, ...]:
    rows: list[Row] = reader.execute(_PREFERENCES, root).fetchall()
    return tuple(
        PreferenceRecord(category, allowed=bool(allowed), changed_at=moment(changed_at))
        for category, allowed, changed_at in rows
    )
