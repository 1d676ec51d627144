"""Lanes and who waits in them or for them, as the steps see them within one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from relevo.engines.memory.journal import Journal
from relevo.engines.postgres.cells import Cells
from relevo.engines.postgres.message_rows import MessageSet
from relevo.engines.postgres.needs import HEADS_DEEP, HEADS_SEEN, Kind, NotLoaded
from relevo.engines.records import AccountState, DoubtRecord, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import Head, Lane, LaneState, Waiting
from relevo.events import DeliveryStatus
from relevo.messages import Priority

_REST = LaneState()


class Place(NamedTuple):
    """Where a message waits in its lane; `message_id` where the lane was read with it there."""

    place: int
    sequence: int
    bulk: bool
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A locked lane: how it is, its counter, and the first of those who wait in it.

    Args:
        state: How it is.
        tail: The last place that was given out.
        heads: Who waits, first to last, as far as it was read.
        complete: Nobody else waits.
    """

    state: LaneState
    tail: int
    heads: tuple[Place, ...] = ()
    complete: bool = True


class LaneSet(MessageSet):
    """Lanes, places, schedules, doubts, and what accounts share."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.lanes: Cells[Lane, LaneRow] = Cells(journal, Kind.LANES)
        self.places: Cells[int, tuple[Lane, int]] = Cells(journal, Kind.SEQUENCES)
        self.scheduled: Cells[int, tuple[str, datetime]] = Cells(journal, Kind.SEQUENCES)
        self.doubts: Cells[int, tuple[str, DoubtRecord]] = Cells(journal, Kind.SEQUENCES)
        self.accounts: Cells[str, AccountState] = Cells(journal, Kind.ACCOUNTS)
        self.locked_accounts: set[str] = set()
        self.claimable: dict[str, list[Lane]] = {}
        """Lanes of each account that a claim may take: locked, and skipped by others."""

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now, as bulk as its head."""
        row = self._row(lane)
        place = Place(row.tail + 1, record.sequence, record.priority is Priority.BULK)
        if row.state.due_at is None:
            row = replace(row, state=replace(row.state, due_at=now, bulk=place.bulk))
        heads = (*row.heads, place) if row.complete else row.heads
        self.lanes.put(lane, replace(row, tail=place.place, heads=heads))
        self.places.put(record.sequence, (lane, place.place))

    def leave_lane(self, lane: Lane, record: MessageRecord) -> bool:
        """Take a message out of its lane; false where it was not in it."""
        if self.places.get(record.sequence) is None:
            return False
        row = self._row(lane)
        self.places.put(record.sequence, None)
        heads = tuple(head for head in row.heads if head.sequence != record.sequence)
        self.lanes.put(lane, replace(row, heads=heads))
        return True

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        head = self.head_of(lane)
        if head is None:
            return None
        record = self.message_at(head.sequence)
        return Waiting(record, self.asked(record))

    def head_of(self, lane: Lane) -> Head | None:
        """Tell who stands first in a lane."""
        row = self._row(lane)
        if row.heads:
            return Head(row.heads[0].sequence, row.heads[0].bulk)
        if not row.complete:
            seen = self.lanes.before(lane)
            few = seen is None or len(seen.heads) < HEADS_SEEN
            raise NotLoaded.one(Kind.LANES, (lane, HEADS_SEEN if few else HEADS_DEEP))
        return None

    def lane(self, lane: Lane) -> LaneState | None:
        """Tell how a lane is."""
        return self._row(lane).state

    def save_lane(self, lane: Lane, state: LaneState) -> None:
        """Keep how a lane is now."""
        self.lanes.put(lane, replace(self._row(lane), state=state))

    def due_lanes(
        self, account: str, now: datetime, limit: int, *, bulk_first: bool
    ) -> Sequence[Lane]:
        """Give an account's lanes that are due, of those this transaction holds."""
        due = [
            (state.bulk is not bulk_first, state.due_at, lane)
            for lane in self.claimable.get(account, ())
            if (state := self._row(lane).state).due_at is not None and state.due_at <= now
        ]
        return [lane for *_, lane in sorted(due)[:limit]]

    def held_lanes(self) -> Sequence[Lane]:
        """Give no lane: other machines may be at work, and leases end by themselves."""
        return ()

    def account(self, account: str) -> AccountState:
        """Tell what stands between an account and its next message."""
        return self.accounts.get(account) or AccountState()

    def save_account(self, account: str, state: AccountState) -> None:
        """Keep how an account is now."""
        if account not in self.locked_accounts:
            raise NotLoaded.one(Kind.LOCKED_ACCOUNTS, account)
        self.accounts.put(account, state)

    def schedule(self, record: MessageRecord, due_at: datetime) -> None:
        """Let a message wait for its time, outside its lane."""
        self.scheduled.put(record.sequence, (record.account, due_at))

    def unschedule(self, record: MessageRecord) -> None:
        """Let it wait no longer."""
        self.scheduled.put(record.sequence, None)

    def due_scheduled(self, account: str, now: datetime, limit: int) -> Sequence[MessageRecord]:
        """Give an account's messages whose time has come, of those that were loaded."""
        waiting = ((sequence, self.scheduled.get(sequence)) for sequence in self.scheduled)
        due = sorted(
            (row[1], sequence)
            for sequence, row in waiting
            if row is not None and row[0] == account and row[1] <= now
        )
        records = (self.message_at(sequence) for _, sequence in due[:limit])
        return [record for record in records if record.status is DeliveryStatus.SCHEDULED]

    def doubt(self, record: MessageRecord) -> DoubtRecord | None:
        """Find the open doubt about a message."""
        row = self.doubts.get(record.sequence)
        return row[1] if row else None

    def save_doubt(self, record: MessageRecord, doubt: DoubtRecord) -> None:
        """Keep a doubt as it is now."""
        self.doubts.put(record.sequence, (record.account, doubt))

    def drop_doubt(self, record: MessageRecord) -> None:
        """Forget the doubt about a message, if there is one."""
        self.doubts.put(record.sequence, None)

    def _row(self, lane: Lane) -> LaneRow:
        return self.lanes.get(lane) or LaneRow(_REST, 0)
