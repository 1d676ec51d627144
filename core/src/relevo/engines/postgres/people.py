"""Threads, what leads to them, and preferences, as the steps see them in a transaction.

A thread is kept under the lane it began with, and that lane's lock is the
thread's too: whoever reads or changes it for another lane holds both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from relevo.engines.memory.journal import Journal
from relevo.engines.outcomes import unknown_conversation
from relevo.engines.postgres.cells import Cells
from relevo.engines.postgres.columns import (
    Row,
    key_text,
    read_conversation,
    text_or_none,
)
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.needs import Kind
from relevo.engines.records import ConversationRecord, PersonRecord, PreferenceRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import Lane
from relevo.engines.transitions import Preferences
from relevo.engines.values import micros, micros_or_none, moment

_REMEMBERED: Final = 50_000
_ROOT: Final = "SELECT thread_key FROM alias WHERE account = $1 AND lane_key = $2"
_THREAD: Final = "SELECT * FROM conversation WHERE account = $1 AND lane_key = $2"
_PREFERENCES: Final = """
SELECT * FROM preference WHERE account = $1 AND thread_key = $2 ORDER BY category
"""
_LANE: Final = """
SELECT c.account, coalesce(a.thread_key, c.lane_key) AS lane_key FROM conversation AS c
LEFT JOIN alias AS a ON a.account = c.account AND a.lane_key = c.lane_key
WHERE c.conversation_id = $1
"""
_PARTS: Final = """
WITH whole AS (
  SELECT coalesce(joined_to, conversation_id) AS id FROM conversation WHERE conversation_id = $1
)
SELECT id FROM whole
UNION SELECT conversation_id FROM whole JOIN conversation ON joined_to = whole.id
"""


class Known:
    """Lanes of which this process saw that they were led to another's thread.

    Once two lanes are one person's they stay so; only the thread can change. So it
    tells what to lock, and what need not be learned again, but never what is so now.
    """

    def __init__(self) -> None:
        self._roots: dict[Lane, Lane] = {}

    def note(self, lane: Lane, root: Lane) -> None:
        """Remember where a lane leads."""
        if len(self._roots) >= _REMEMBERED:
            self._roots.clear()
        self._roots[lane] = root

    def roots(self, lanes: Iterable[Lane]) -> Iterator[Lane]:
        """Give where lanes lead, as far as that is known."""
        return (self._roots[lane] for lane in lanes if lane in self._roots)

    def news(self, account: str, key: str, aliases: Iterable[str]) -> tuple[str, ...]:
        """Give those keys of which it is not known that they are the same person's."""
        root = self._root(Lane(account, key))
        return tuple(one for one in aliases if self._root(Lane(account, one)) != root)

    def _root(self, lane: Lane) -> Lane:
        return self._roots.get(lane, lane)


class PeopleSet:
    """Threads, what leads to them, and preferences."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.threads: Cells[Lane, ConversationRecord] = Cells(journal, Kind.LANES)
        self.aliases: Cells[Lane, str] = Cells(journal, Kind.LANES)
        self.liked: Cells[Lane, Mapping[str, PreferenceRecord]] = Cells(journal, Kind.PREFERENCES)
        self.led: list[dict[str, Any]] = []
        """What to do with lanes that others led to a thread, here unseen."""
        self.rejoined: list[dict[str, Any]] = []

    def root_of(self, lane: Lane) -> Lane:
        """Tell which lane's thread belongs to this lane."""
        thread_key = self.aliases.get(lane)
        return lane if thread_key is None else Lane(lane.account, thread_key)

    def lead(self, lane: Lane, thread_key: str) -> None:
        """Let a lane, and all that were led to it, belong to another lane's thread."""
        seen = [one for one in self.aliases if one.account == lane.account]
        for one in seen:
            if one == lane or self.aliases.get(one) == lane.lane_key:
                self.aliases.put(one, thread_key)
        self.led.append({"account": lane.account, "thread_key": thread_key, "was": lane.lane_key})
        self.journal.note(self.led.pop)

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        return self.threads.get(self.root_of(lane))

    def save_conversation(self, lane: Lane, record: ConversationRecord) -> None:
        """Keep a thread as it is now."""
        self.threads.put(self.root_of(lane), record)

    def rejoin(self, conversation_id: str, joined_to: str) -> None:
        """Let threads that became a part of one become a part of another."""
        for lane in list(self.threads):
            thread = self.threads.get(lane)
            if thread is not None and thread.joined_to == conversation_id:
                self.threads.put(lane, replace(thread, joined_to=joined_to))
        self.rejoined.append({"was": conversation_id, "joined_to": joined_to})
        self.journal.note(self.rejoined.pop)

    def preferences(self, lane: Lane) -> Preferences:
        """Tell what a person wants to be sent."""
        return self.liked.get(self.root_of(lane)) or {}

    def save_preference(self, lane: Lane, preference: PreferenceRecord) -> None:
        """Keep what a person wants."""
        preference = replace(preference, category=key_text(preference.category))
        kept = {**self.preferences(lane), preference.category: preference}
        self.liked.put(self.root_of(lane), kept)


def write_threads(rows: PeopleSet) -> list[dict[str, Any]]:
    """Write the threads that were changed."""
    return [
        {
            "account": lane.account,
            "lane_key": lane.lane_key,
            "conversation_id": thread.conversation_id,
            "provider": thread.provider,
            "person_scheme": thread.person.scheme,
            "person_value": text_or_none(thread.person.value),
            "person_name": text_or_none(thread.person_name),
            "messages": thread.messages,
            "last_message_id": thread.last_message_id,
            "first_sequence": thread.first_sequence,
            "last_sequence": thread.last_sequence,
            "last_inbound_at": micros_or_none(thread.last_inbound_at),
            "refused_at": micros_or_none(thread.refused_at),
            "updated_at": micros(thread.updated_at),
            "joined_to": thread.joined_to,
        }
        for lane, thread in rows.threads.changes()
    ]


def write_aliases(rows: PeopleSet) -> list[dict[str, Any]]:
    """Write the lanes that were led to another's thread."""
    return [
        {"account": lane.account, "lane_key": lane.lane_key, "thread_key": thread_key}
        for lane, thread_key in rows.aliases.changes()
    ]


def write_preferences(rows: PeopleSet) -> list[dict[str, Any]]:
    """Write the preferences that were changed."""
    return [
        {
            "account": root.account,
            "thread_key": root.lane_key,
            "category": one.category,
            "allowed": one.allowed,
            "changed_at": micros(one.changed_at),
        }
        for root, liked in rows.liked.changes()
        for one in liked.values()
        if (rows.liked.before(root) or {}).get(one.category) != one
    ]


def read_preference(row: Row) -> PreferenceRecord:
    """Read one preference."""
    return PreferenceRecord(row["category"], row["allowed"], moment(row["changed_at"]))


async def find_person(connection: Connection, lane: Lane) -> PersonRecord:
    """Tell what is known about a person."""
    led = await connection.fetch(_ROOT, *lane)
    root = Lane(lane.account, led[0]["thread_key"]) if led else lane
    threads = await connection.fetch(_THREAD, *root)
    preferences = await connection.fetch(_PREFERENCES, *root)
    return PersonRecord(
        lane.account,
        read_conversation(threads[0]) if threads else None,
        tuple(map(read_preference, preferences)),
    )


async def find_conversation(connection: Connection, conversation_id: str) -> PersonRecord:
    """Give a thread, or the one it became a part of, and what its person wants."""
    rows = await connection.fetch(_LANE, text_or_none(conversation_id))
    if not rows:
        raise unknown_conversation(conversation_id)
    return await find_person(connection, Lane(rows[0]["account"], rows[0]["lane_key"]))


async def find_parts(connection: Connection, conversation_id: str) -> list[str]:
    """Give the ids of all threads that are one with this one."""
    asked = text_or_none(conversation_id)
    return [row["id"] for row in await connection.fetch(_PARTS, asked)] or [conversation_id]
