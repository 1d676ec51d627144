"""Rows as dicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice

from relevo.engines.memory.journal import Journal
from relevo.engines.memory.lanes import MEMORY_COUNTED, MemoryLanes
from relevo.engines.memory.log import MemoryLog
from relevo.engines.memory.messages import MemoryMessages
from relevo.engines.memory.news import MemoryNews
from relevo.engines.memory.people import MemoryPeople
from relevo.engines.memory.waiting import MemoryWaiting
from relevo.engines.records import (
    Failing,
    KeyRecord,
    LanePulse,
    MessageRecord,
    ProcessRecord,
    TicketRecord,
    at_work,
)
from relevo.engines.steps.cursors import CursorRow
from relevo.engines.steps.rows import Lane, Waiting


class MemoryRows(MemoryMessages, MemoryPeople, MemoryLanes, MemoryWaiting, MemoryNews, MemoryLog):
    """Everything the memory engine keeps."""

    def __init__(self, epoch: str) -> None:
        self.journal = Journal()
        MemoryMessages.__init__(self, self.journal)
        MemoryPeople.__init__(self, self.journal)
        MemoryLanes.__init__(self, self.journal)
        MemoryWaiting.__init__(self, self.journal)
        MemoryNews.__init__(self, self.journal)
        MemoryLog.__init__(self, self.journal, epoch)
        self.cursors: dict[str, CursorRow] = {}
        self.processes: dict[str, ProcessRecord] = {}
        self.api_keys: dict[str, KeyRecord] = {}
        self.tickets: dict[str, TicketRecord] = {}

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside if it raises."""
        return self.journal.savepoint()

    def is_store_error(self, error: Exception) -> bool:
        """Tell that dicts do not fail."""
        del error
        return False

    def look_at_lanes(self, now: datetime) -> dict[str, LanePulse]:
        """Tell how many lanes of each account wait, and since when."""
        found: dict[str, LanePulse] = {}
        doubts = self._count_doubts(now)
        failing = [self.messages[one] for one in islice(self.failing, MEMORY_COUNTED)]
        retries = Counter(one.account for one in failing if self._waits_to_retry(one, now))
        failing_since: dict[str, datetime] = {}
        for one in failing:
            since = self.first_try(one).record.started_at
            failing_since[one.account] = min(since, failing_since.get(one.account, since))
        for account in sorted(self.accounts_with_lanes()):
            state = self.account(account)
            blocked = state.blocked_until is not None and state.blocked_until > now
            found[account] = LanePulse.of(
                self.count_due(account, now),
                self.held[account],
                doubts[account],
                self.due_since(account, now),
                Failing(retries[account], failing_since.get(account)),
                stopped=state.paused_at is not None or blocked,
            )
        return at_work(found)

    def _count_doubts(self, now: datetime) -> Counter[str]:
        """Count the lanes of each account that wait for a message in doubt."""
        newest = islice(reversed(self.doubts), MEMORY_COUNTED)
        lanes = [
            (self.lanes.get(self.lane_of(record)), record) for record in map(self.numbered, newest)
        ]
        return Counter(
            record.account
            for lane, record in lanes
            if lane is not None
            and record.sequence in lane.waiting
            and lane.state.due_at is not None
            and lane.state.due_at > now
        )

    def _waits_to_retry(self, record: MessageRecord, now: datetime) -> bool:
        """Tell whether a message's lane waits until it is tried again."""
        row = self.lanes.get(self.lane_of(record))
        return (
            row is not None
            and row.state.lease is None
            and row.state.due_at is not None
            and row.state.due_at > now
        )

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        head = self.head_of(lane)
        if head is None:
            return None
        record = self.numbered(head.sequence)
        return Waiting(record, self.asked(record))

    def due_scheduled(self, account: str, now: datetime, limit: int) -> Sequence[MessageRecord]:
        """Give an account's messages whose time has come, earliest first."""
        return [self.numbered(sequence) for sequence in self.due_sequences(account, now, limit)]

    def message_by_ref(self, account: str, provider_message_id: str) -> MessageRecord | None:
        """Find a message by the provider's id."""
        sequence = self.refs.get((account, provider_message_id))
        return self.numbered(sequence) if sequence else None
