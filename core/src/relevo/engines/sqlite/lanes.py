"""Lanes: the hot statements of claim and complete."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from relevo.engines.records import MessageRecord
from relevo.engines.sqlite.columns import OUTGOING_COLUMNS, Row, read_outgoing
from relevo.engines.sqlite.messages import MessageTables
from relevo.engines.sqlite.recent import Recent
from relevo.engines.steps.rows import Head, Lane, LaneState, Lease, Waiting
from relevo.engines.values import micros, micros_or_none, moment, moment_or_none
from relevo.messages import Priority
from relevo.terms import Pace

LANE_COLUMNS: Final = "due_at, token, worker, bulk, pace_began_at, pace_sent, throttles"
_JOIN_LANE: Final = f"""
INSERT INTO lane (account, lane_key, tail, due_at, bulk, pace_sent, throttles)
VALUES (?, ?, 1, ?, ?, 0, 0)
ON CONFLICT (account, lane_key) DO UPDATE SET
  tail = tail + 1, due_at = coalesce(due_at, excluded.due_at),
  bulk = CASE WHEN due_at IS NULL THEN excluded.bulk ELSE bulk END
RETURNING {LANE_COLUMNS}, tail
"""
_ADD_DELIVERY: Final = (
    "INSERT INTO delivery (account, lane_key, place, sequence) VALUES (?, ?, ?, ?)"
)
_DROP_DELIVERY: Final = "DELETE FROM delivery WHERE sequence = ?"
_HEAD: Final = """
SELECT sequence FROM delivery WHERE account = ? AND lane_key = ? ORDER BY place LIMIT 1
"""
_OUTGOING: Final = f"SELECT {OUTGOING_COLUMNS} FROM message WHERE sequence = ?"
LANE: Final = f"SELECT {LANE_COLUMNS} FROM lane WHERE account = ? AND lane_key = ?"
_SAVE_LANE: Final = """
UPDATE lane SET due_at = ?, token = ?, worker = ?, bulk = ?, pace_began_at = ?, pace_sent = ?,
  throttles = ?
WHERE account = ? AND lane_key = ?
"""
_ADD_LANE: Final = f"""
INSERT INTO lane ({LANE_COLUMNS}, account, lane_key, tail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
"""
_DUE: Final = """
SELECT account, lane_key FROM lane WHERE account = ? AND bulk = ? AND due_at <= ?
ORDER BY due_at, lane_key LIMIT ?
"""
_HELD: Final = "SELECT account, lane_key FROM lane WHERE token IS NOT NULL"


class LaneTables(MessageTables):
    """Lanes and the messages that wait in them, within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        MessageTables.__init__(self, connection)
        self.lanes_changed = False
        """Whether somebody may have work now; the writer asks after each commit."""
        self.lanes: Recent[Lane, LaneState] = Recent()
        self.heads: Recent[Lane, int] = Recent()
        """Sequences of the messages that stand first; 0 where nobody waits."""
        self.tails: Recent[Lane, int] = Recent()
        """Sequences of the messages that stand last."""

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now, as bulk as its head."""
        values = (*lane, micros(now), int(record.priority is Priority.BULK))
        row: Row = self._connection.execute(_JOIN_LANE, values).fetchone()
        place = row[-1]
        self._connection.execute(_ADD_DELIVERY, (*lane, place, record.sequence))
        self.lanes.keep(lane, read_lane(row))
        # Nobody was in the lane before its first place, as it begins again only when empty.
        if place == 1 or self.heads.get(lane) == 0:
            self.heads.keep(lane, record.sequence)
        self.tails.keep(lane, record.sequence)
        self.lanes_changed = True

    def leave_lane(self, lane: Lane, record: MessageRecord) -> bool:
        """Take a message out of its lane; false where it was not in it."""
        was_last = self.tails.get(lane) == record.sequence
        if was_last:
            self.tails.drop(lane)
        if self.heads.get(lane) == record.sequence:
            if was_last:
                self.heads.keep(lane, 0)
            else:
                self.heads.drop(lane)
        return self._connection.execute(_DROP_DELIVERY, (record.sequence,)).rowcount > 0

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        sequence = self._head(lane)
        return self._waiting(sequence) if sequence else None

    def _head(self, lane: Lane) -> int:
        known = self.heads.get(lane)
        if known is not None:
            return known
        row: Row | None = self._connection.execute(_HEAD, lane).fetchone()
        sequence = int(row[0]) if row else 0
        self.heads.keep(lane, sequence)
        return sequence

    def _waiting(self, sequence: int) -> Waiting:
        record, message = self.numbered.get(sequence), self.outgoing.get(sequence)
        if record is None or message is None:
            row: Row = self._connection.execute(_OUTGOING, (sequence,)).fetchone()
            record, message = read_outgoing(row)
            self.seen(record)
            self.outgoing.keep(sequence, message)
        return Waiting(record, message)

    def head_of(self, lane: Lane) -> Head | None:
        """Tell who stands first in a lane."""
        sequence = self._head(lane)
        if not sequence:
            return None
        record = self.numbered.get(sequence) or self._waiting(sequence).record
        return Head(sequence, record.priority is Priority.BULK)

    def lane(self, lane: Lane) -> LaneState | None:
        """Tell how a lane is."""
        known = self.lanes.get(lane)
        if known is not None:
            return known
        row: Row | None = self._connection.execute(LANE, lane).fetchone()
        if row is None:
            return None
        state = read_lane(row)
        self.lanes.keep(lane, state)
        return state

    def save_lane(self, lane: Lane, state: LaneState) -> None:
        """Keep how a lane is now."""
        token, worker = (state.lease.token, state.lease.worker) if state.lease else (None, None)
        began_at, sent = state.pace or (None, 0)
        values = (
            micros_or_none(state.due_at),
            token,
            worker,
            int(state.bulk),
            micros_or_none(began_at),
            sent,
            state.throttles,
            *lane,
        )
        if self._connection.execute(_SAVE_LANE, values).rowcount == 0:
            self._connection.execute(_ADD_LANE, values)
        self.lanes.keep(lane, state)
        self.lanes_changed = True

    def due_lanes(
        self, account: str, now: datetime, limit: int, *, bulk_first: bool
    ) -> Sequence[Lane]:
        """Give an account's lanes that are due: normal before bulk or the reverse."""
        found: list[Lane] = []
        for bulk in (bulk_first, not bulk_first):
            values = (account, int(bulk), micros(now), limit - len(found))
            if len(found) < limit:
                found.extend(Lane(*row) for row in self._connection.execute(_DUE, values))
        return found

    def held_lanes(self) -> Sequence[Lane]:
        """Give the lanes that somebody holds."""
        return [Lane(*row) for row in self._connection.execute(_HELD).fetchall()]


def read_lane(row: Row) -> LaneState:
    """Read a lane from `LANE_COLUMNS`."""
    return LaneState(
        due_at=moment_or_none(row[0]),
        lease=None if row[1] is None else Lease(row[1], row[2]),
        bulk=bool(row[3]),
        pace=None if row[4] is None else Pace(moment(row[4]), row[5]),
        throttles=row[6],
    )
