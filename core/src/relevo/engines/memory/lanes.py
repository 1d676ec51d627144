"""Lanes in memory, found by due time through a heap."""

from __future__ import annotations

import heapq
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from relevo.engines.memory.journal import Journal
from relevo.engines.records import MessageRecord
from relevo.engines.steps.rows import DueLane, Lane, Lease


@dataclass(slots=True)
class LaneRow:
    """A lane: who waits in it, when it is due, who holds it."""

    waiting: OrderedDict[int, int] = field(default_factory=OrderedDict)
    """Sequences of messages in order, each with its place."""
    tail: int = 0
    due_at: datetime | None = None
    lease: Lease | None = None


class MemoryLanes:
    """Lanes and the messages that wait in them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[Lane, LaneRow] = defaultdict(LaneRow)
        # Entries whose time is no longer their lane's are dropped when they come up.
        self._due: list[tuple[datetime, Lane]] = []

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now."""
        row = self._rows[lane]
        row.tail += 1
        row.waiting[record.sequence] = row.tail
        self._journal.note(lambda: row.waiting.pop(record.sequence))
        if row.due_at is None:
            self.set_lane(lane, now)

    def leave_lane(self, lane: Lane, record: MessageRecord) -> None:
        """Take a message out of its lane."""
        row = self._rows[lane]
        place = row.waiting.pop(record.sequence)

        def undo() -> None:
            row.waiting[record.sequence] = place
            row.waiting = OrderedDict(sorted(row.waiting.items(), key=lambda one: one[1]))

        self._journal.note(undo)

    def head_of(self, lane: Lane) -> int | None:
        """Give the sequence of a lane's head."""
        return next(iter(self._rows[lane].waiting), None)

    def lease_of(self, lane: Lane) -> Lease | None:
        """Tell who holds a lane."""
        return self._rows[lane].lease

    def set_lane(self, lane: Lane, due_at: datetime | None, lease: Lease | None = None) -> None:
        """Say when the lane is due next and who holds it until then."""
        before = self._rows[lane]
        due_before, lease_before = before.due_at, before.lease
        self._schedule(lane, due_at, lease)
        self._journal.note(lambda: self._schedule(lane, due_before, lease_before))

    def due_lanes(self, now: datetime, limit: int) -> Sequence[DueLane]:
        """Give lanes that are due, longest due first, then by name."""
        due: dict[Lane, datetime] = {}
        while len(due) < limit and (first := self._first_due()) is not None and first[0] <= now:
            heapq.heappop(self._due)
            due[first[1]] = first[0]
        for lane, due_at in due.items():
            heapq.heappush(self._due, (due_at, lane))
        return [DueLane(lane, self._rows[lane].lease is not None) for lane in due]

    def earliest_due(self) -> datetime | None:
        """Tell when the next lane is due or the next lease ends."""
        first = self._first_due()
        return first[0] if first else None

    def held_lanes(self) -> Sequence[Lane]:
        """Give the lanes that somebody holds."""
        return [lane for lane, row in self._rows.items() if row.lease is not None]

    def _schedule(self, lane: Lane, due_at: datetime | None, lease: Lease | None) -> None:
        row = self._rows[lane]
        if due_at is not None and due_at != row.due_at:
            heapq.heappush(self._due, (due_at, lane))
        row.due_at, row.lease = due_at, lease

    def _first_due(self) -> tuple[datetime, Lane] | None:
        while self._due and self._rows[self._due[0][1]].due_at != self._due[0][0]:
            heapq.heappop(self._due)
        return self._due[0] if self._due else None
