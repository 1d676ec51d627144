"""What the one file need not keep any longer, found by readers and removed in short turns."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from relevo.engines.outages import Outage, Pulse
from relevo.engines.retention import PURGED_CONTENT
from relevo.engines.sqlite.facts import (
    EMPTIED_TO,
    FLOOR,
    keep_fact,
    keep_pulse,
    read_fact,
    read_floor,
    read_pulse,
)
from relevo.engines.sqlite.walks import Key
from relevo.engines.values import micros, write_content

Reader = sqlite3.Connection

_OLDEST_EVENTS: Final = """
SELECT position, time FROM event WHERE position > ? ORDER BY position LIMIT ?
"""
_PURGE_EVENTS: Final = "DELETE FROM event WHERE position > ? AND position <= ?"
_OLD_CONTENTS: Final = """
SELECT closed_at, sequence FROM message
WHERE (closed_at, sequence) > (?, ?) AND closed_at <= ? ORDER BY closed_at, sequence LIMIT ?
"""
_EMPTY_MESSAGE: Final = """
UPDATE message SET content = ?, extra = NULL, raw = NULL WHERE closed_at = ? AND sequence = ?
"""
_EMPTY_ATTEMPTS: Final = "UPDATE attempt SET detail = '{}' WHERE sequence = ?"
_ADD_OUTAGE: Final = "INSERT INTO outage (began_at, ended_at) VALUES (?, ?)"
_PURGE_OUTAGES: Final = """
DELETE FROM outage WHERE outage_id IN (
  SELECT outage_id FROM outage WHERE ended_at <= ? ORDER BY ended_at LIMIT ?)
"""
_OVERDUE: Final = """
SELECT message_id FROM message INDEXED BY message_by_expiry
WHERE status IN ('queued', 'scheduled') AND expires_at IS NOT NULL AND expires_at <= ?
ORDER BY expires_at, sequence LIMIT ?
"""


def find_old_events(reader: Reader, until: datetime, limit: int) -> tuple[int, int]:
    """Give the positions after which, and up to which, events are old."""
    floor = last = read_floor(reader)
    for position, time in reader.execute(_OLDEST_EVENTS, (floor, limit)).fetchall():
        if time > micros(until):
            break
        last = position
    return floor, last


def find_old_contents(reader: Reader, until: datetime, limit: int) -> list[Key]:
    """Give when messages were closed, and their sequences, from where the last round ended."""
    emptied_to = read_fact(reader, EMPTIED_TO) or "0.0"
    begin = map(int, emptied_to.split("."))
    return reader.execute(_OLD_CONTENTS, (*begin, micros(until), limit)).fetchall()


def find_overdue(reader: Reader, now: datetime, limit: int) -> list[UUID]:
    """Give waiting messages whose time is over, longest first."""
    rows = reader.execute(_OVERDUE, (micros(now), limit)).fetchall()
    return [UUID(one) for (one,) in rows]


class UpkeepTables:
    """What is noted about the store itself, and what it forgets."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def purge_events(self, floor: int, last: int) -> int:
        """Forget events above the floor, and raise it."""
        gone = self._connection.execute(_PURGE_EVENTS, (floor, last)).rowcount
        keep_fact(self._connection, FLOOR, str(last))
        return gone

    def empty(self, old: Sequence[Key]) -> int:
        """Forget what messages said that are closed still, and what providers answered."""
        purged = write_content(PURGED_CONTENT)
        changed = self._connection.executemany(_EMPTY_MESSAGE, [(purged, *one) for one in old])
        self._connection.executemany(_EMPTY_ATTEMPTS, [(sequence,) for _, sequence in old])
        closed_at, sequence = old[-1]
        keep_fact(self._connection, EMPTIED_TO, f"{closed_at}.{sequence}")
        return changed.rowcount

    def remove(self, statement: str, keys: Sequence[Key], *more: Any) -> int:
        """Remove rows by their keys."""
        return self._connection.executemany(statement, [(*key, *more) for key in keys]).rowcount

    def purge_outages(self, until: datetime, limit: int) -> int:
        """Forget outages."""
        return self._connection.execute(_PURGE_OUTAGES, (micros(until), limit)).rowcount

    def beat(self, pulse: Pulse, *, first: bool) -> None:
        """Note that the receiver is up; what came before the first beat was an outage."""
        last = read_pulse(self._connection)
        if last is not None and last.seen_at < pulse.seen_at:
            away = Outage(last.seen_at, pulse.seen_at)
            if first or last.outage_until(pulse.seen_at):
                self._connection.execute(_ADD_OUTAGE, tuple(map(micros, away)))
        keep_pulse(self._connection, pulse)

    def keep_fact(self, name: str, value: str) -> None:
        """Keep one fact about the store."""
        keep_fact(self._connection, name, value)
