"""Lanes: the hot statements of claim and complete."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from relevo.engines.records import MessageRecord
from relevo.engines.sqlite.columns import (
    OUTGOING_COLUMNS,
    Row,
    micros,
    micros_or_none,
    read_outgoing,
)
from relevo.engines.steps.rows import DueLane, Lane, Lease, Waiting

_JOIN_LANE: Final = """
INSERT INTO lane (account, lane_key, tail, due_at) VALUES (?, ?, 1, ?)
ON CONFLICT (account, lane_key) DO UPDATE SET
  tail = tail + 1, due_at = coalesce(due_at, excluded.due_at)
RETURNING tail
"""
_ADD_DELIVERY: Final = (
    "INSERT INTO delivery (account, lane_key, place, sequence) VALUES (?, ?, ?, ?)"
)
_DROP_DELIVERY: Final = "DELETE FROM delivery WHERE sequence = ?"
_HEAD: Final = """
SELECT sequence FROM delivery WHERE account = ? AND lane_key = ? ORDER BY place LIMIT 1
"""
_FIRST: Final = f"""
SELECT {OUTGOING_COLUMNS} FROM delivery JOIN message ON message.sequence = delivery.sequence
WHERE delivery.account = ? AND delivery.lane_key = ? ORDER BY place LIMIT 1
"""
_LEASE: Final = "SELECT token, worker FROM lane WHERE account = ? AND lane_key = ?"
_SET_LANE: Final = """
UPDATE lane SET due_at = ?, token = ?, worker = ? WHERE account = ? AND lane_key = ?
"""
_DUE: Final = """
SELECT account, lane_key, token IS NOT NULL FROM lane WHERE due_at <= ?
ORDER BY due_at, account, lane_key LIMIT ?
"""
_HELD: Final = "SELECT account, lane_key FROM lane WHERE token IS NOT NULL"
EARLIEST_DUE: Final = "SELECT due_at FROM lane WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1"


class LaneTables:
    """Lanes and the messages that wait in them, within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.lanes_changed = False
        """Whether somebody may have work now; the writer asks after each commit."""

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now."""
        place: Row = self._connection.execute(_JOIN_LANE, (*lane, micros(now))).fetchone()
        self._connection.execute(_ADD_DELIVERY, (*lane, *place, record.sequence))
        self.lanes_changed = True

    def leave_lane(self, lane: Lane, record: MessageRecord) -> None:
        """Take a message out of its lane."""
        del lane
        self._connection.execute(_DROP_DELIVERY, (record.sequence,))

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        row: Row | None = self._connection.execute(_FIRST, lane).fetchone()
        return Waiting(*read_outgoing(row)) if row else None

    def head_of(self, lane: Lane) -> int | None:
        """Give the sequence of a lane's head."""
        row: Row | None = self._connection.execute(_HEAD, lane).fetchone()
        return int(row[0]) if row else None

    def lease_of(self, lane: Lane) -> Lease | None:
        """Tell who holds a lane."""
        row: Row | None = self._connection.execute(_LEASE, lane).fetchone()
        return None if row is None or row[0] is None else Lease(*row)

    def set_lane(self, lane: Lane, due_at: datetime | None, lease: Lease | None = None) -> None:
        """Say when the lane is due next and who holds it until then."""
        token, worker = (lease.token, lease.worker) if lease else (None, None)
        self._connection.execute(_SET_LANE, (micros_or_none(due_at), token, worker, *lane))
        self.lanes_changed = True

    def due_lanes(self, now: datetime, limit: int) -> Sequence[DueLane]:
        """Give lanes that are due, longest due first, then by name."""
        rows = self._connection.execute(_DUE, (micros(now), limit)).fetchall()
        return [DueLane(Lane(account, key), bool(held)) for account, key, held in rows]

    def held_lanes(self) -> Sequence[Lane]:
        """Give the lanes that somebody holds; reads every lane, at start only."""
        return [Lane(*row) for row in self._connection.execute(_HELD)]
