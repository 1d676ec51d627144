"""What waits in memory for a moment: scheduled messages, doubts, and whole accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from relevo.engines.memory.due import DueKeys
from relevo.engines.memory.journal import Journal
from relevo.engines.records import AccountState, DoubtRecord, MessageRecord

_NOTHING = AccountState()


class MemoryWaiting:
    """Scheduled messages, doubts and accounts; rows are found by their message's sequence."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.accounts: dict[str, AccountState] = {}
        self.doubts: dict[int, DoubtRecord] = {}
        self._due_at: dict[int, datetime] = {}
        self._scheduled: dict[str, DueKeys[int]] = {}
        self._looks: dict[str, DueKeys[int]] = {}

    def account(self, account: str) -> AccountState:
        """Tell what stands between an account and its next message."""
        return self.accounts.get(account, _NOTHING)

    def save_account(self, account: str, state: AccountState) -> None:
        """Keep how an account is now."""
        self._journal.put(self.accounts, account, state)

    def schedule(self, record: MessageRecord, due_at: datetime) -> None:
        """Let a message wait for its time, outside its lane."""
        self._journal.put(self._due_at, record.sequence, due_at)
        if record.account not in self._scheduled:
            self._scheduled[record.account] = DueKeys(self._due_at.get)
        self._scheduled[record.account].add(record.sequence, due_at)

    def unschedule(self, record: MessageRecord) -> None:
        """Let it wait no longer."""
        # An entry that comes back with an undo is still in its heap, or is put there again.
        due_at = self._due_at.get(record.sequence)
        if due_at is not None:
            self._journal.drop(self._due_at, record.sequence)
            self._journal.note(lambda: self._scheduled[record.account].add(record.sequence, due_at))

    def due_sequences(self, account: str, now: datetime, limit: int) -> list[int]:
        """Give an account's scheduled messages whose time has come, earliest first."""
        scheduled = self._scheduled.get(account)
        return scheduled.due(now, limit) if scheduled else []

    def earliest_scheduled(self, account: str) -> datetime | None:
        """Tell when the next scheduled message of an account is due."""
        scheduled = self._scheduled.get(account)
        return scheduled.earliest() if scheduled else None

    def doubt(self, record: MessageRecord) -> DoubtRecord | None:
        """Find the open doubt about a message."""
        return self.doubts.get(record.sequence)

    def save_doubt(self, record: MessageRecord, doubt: DoubtRecord) -> None:
        """Keep a doubt as it is now."""
        before = self.doubts.get(record.sequence)
        self._journal.put(self.doubts, record.sequence, doubt)
        self._look(record, doubt)
        self._journal.note(lambda: self._look(record, before))

    def drop_doubt(self, record: MessageRecord) -> None:
        """Forget the doubt about a message, if there is one."""
        before = self.doubts.get(record.sequence)
        self._journal.drop(self.doubts, record.sequence)
        self._journal.note(lambda: self._look(record, before))

    def due_doubts(self, accounts: Iterable[str], now: datetime, limit: int) -> list[int]:
        """Give sequences of messages whose doubts are due for a look, longest due first."""
        found = [
            (self.doubts[sequence].look_at or now, sequence)
            for account in accounts
            if account in self._looks
            for sequence in self._looks[account].due(now, limit)
        ]
        return [sequence for _, sequence in sorted(found)[:limit]]

    def earliest_look(self) -> datetime | None:
        """Tell when the next doubt is due for a look."""
        moments = [looks.earliest() for looks in self._looks.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def _look(self, record: MessageRecord, doubt: DoubtRecord | None) -> None:
        if doubt is None or doubt.look_at is None:
            return
        if record.account not in self._looks:
            self._looks[record.account] = DueKeys(self._look_at)
        self._looks[record.account].add(record.sequence, doubt.look_at)

    def _look_at(self, sequence: int) -> datetime | None:
        doubt = self.doubts.get(sequence)
        return doubt.look_at if doubt else None
