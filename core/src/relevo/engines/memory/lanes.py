"""Lanes in memory."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from relevo.engines.memory.due import DueKeys
from relevo.engines.memory.journal import Journal
from relevo.engines.records import MessageRecord
from relevo.engines.steps.rows import Head, Lane, LaneState
from relevo.messages import Priority

MEMORY_COUNTED = 10_000
"""The pulse counts no more lanes of one kind: they are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in its lane."""

    number: int
    bulk: bool


@dataclass(slots=True)
class LaneRow:
    """A lane: how it is, and who waits in it."""

    waiting: OrderedDict[int, Place] = field(default_factory=OrderedDict)
    """Sequences of messages, in order."""
    tail: int = 0
    state: LaneState = field(default_factory=LaneState)


class MemoryLanes:
    """Lanes and the messages that wait in them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.lanes: dict[Lane, LaneRow] = {}
        self._due: dict[tuple[str, bool], DueKeys[Lane]] = {}
        self.held: Counter[str] = Counter()
        """Lanes of each account that somebody holds."""

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now, as bulk as its head."""
        row = self._row(lane)
        bulk = record.priority is Priority.BULK
        row.tail += 1
        row.waiting[record.sequence] = Place(row.tail, bulk)
        self._journal.note(lambda: row.waiting.pop(record.sequence))
        if row.state.due_at is None:
            self.save_lane(lane, replace(row.state, due_at=now, bulk=bulk))

    def leave_lane(self, lane: Lane, record: MessageRecord) -> bool:
        """Take a message out of its lane; false where it was not in it."""
        row = self.lanes.get(lane)
        place = row.waiting.pop(record.sequence, None) if row else None
        if row is None or place is None:
            return False

        def undo() -> None:
            row.waiting[record.sequence] = place
            row.waiting = OrderedDict(sorted(row.waiting.items(), key=lambda one: one[1].number))

        self._journal.note(undo)
        return True

    def head_of(self, lane: Lane) -> Head | None:
        """Tell who stands first in a lane."""
        row = self.lanes.get(lane)
        if row is None or not row.waiting:
            return None
        sequence, place = next(iter(row.waiting.items()))
        return Head(sequence, place.bulk)

    def lane(self, lane: Lane) -> LaneState | None:
        """Tell how a lane is."""
        row = self.lanes.get(lane)
        return row.state if row else None

    def save_lane(self, lane: Lane, state: LaneState) -> None:
        """Keep how a lane is now."""
        before = self._row(lane).state
        self._keep(lane, state)
        self._journal.note(lambda: self._keep(lane, before))

    def due_lanes(
        self, account: str, now: datetime, limit: int, *, bulk_first: bool
    ) -> Sequence[Lane]:
        """Give an account's lanes that are due: normal before bulk or the reverse."""
        found: list[Lane] = []
        for bulk in (bulk_first, not bulk_first):
            lanes = self._due.get((account, bulk))
            if lanes is not None:
                found.extend(lanes.due(now, limit - len(found)))
        return found

    def held_lanes(self) -> Sequence[Lane]:
        """Give the lanes that somebody holds."""
        return [lane for lane, row in self.lanes.items() if row.state.lease is not None]

    def earliest_lane(self, account: str) -> datetime | None:
        """Tell when the next lane of an account is due or the next lease ends."""
        found = (self._due.get((account, bulk)) for bulk in (False, True))
        moments = [lanes.earliest() for lanes in found if lanes is not None]
        return min((moment for moment in moments if moment is not None), default=None)

    def accounts_with_lanes(self) -> set[str]:
        """Name the accounts in whose lanes anything waited."""
        return {account for account, _ in self._due}

    def count_due(self, account: str, now: datetime) -> int:
        """Count an account's lanes that are due; no further than is of use."""
        found = (self._due.get((account, bulk)) for bulk in (False, True))
        return sum(lanes.count(now, MEMORY_COUNTED) for lanes in found if lanes is not None)

    def due_since(self, account: str, now: datetime) -> datetime | None:
        """Tell since when the lane of an account is due that waits longest."""
        earliest = self.earliest_lane(account)
        return earliest if earliest is not None and earliest <= now else None

    def drop_lane(self, lane: Lane) -> None:
        """Forget a lane in which nobody waits."""
        self._journal.drop(self.lanes, lane)

    def _row(self, lane: Lane) -> LaneRow:
        if lane not in self.lanes:
            self._journal.put(self.lanes, lane, LaneRow())
        return self.lanes[lane]

    def _keep(self, lane: Lane, state: LaneState) -> None:
        row = self.lanes[lane]
        before, row.state = row.state, state
        self.held[lane.account] += (state.lease is not None) - (before.lease is not None)
        moved = state.due_at != before.due_at or state.bulk != before.bulk
        if state.due_at is not None and moved:
            key = (lane.account, state.bulk)
            if key not in self._due:
                self._due[key] = DueKeys(lambda one: self._due_of(one, bulk=key[1]))
            self._due[key].add(lane, state.due_at)

    def _due_of(self, lane: Lane, *, bulk: bool) -> datetime | None:
        row = self.lanes.get(lane)
        return row.state.due_at if row is not None and row.state.bulk is bulk else None
