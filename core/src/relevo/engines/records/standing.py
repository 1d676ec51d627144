"""What stands between a message and its handover."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from relevo.engines.records.doubts import DoubtRecord
from relevo.engines.records.health import HealthRecord, read_health
from relevo.engines.records.messages import AttemptRecord, MessageRecord
from relevo.events import DeliveryStatus, ErrorDetail
from relevo.terms import Pace


@dataclass(frozen=True, slots=True)
class AccountState:
    """What stands between an account and its next message, over all machines.

    `full_at` is when its bucket of messages per second is full again.
    """

    full_at: datetime | None = None
    blocked_until: datetime | None = None
    paused_at: datetime | None = None
    pause_error: ErrorDetail | None = None
    fingerprint: str | None = None
    health_json: str | None = field(default=None, repr=False)
    """As it is kept: every claim reads the row, and few want to know how the account was."""

    @property
    def health(self) -> HealthRecord | None:
        """How it was when it was last asked; None: it never was."""
        return None if self.health_json is None else read_health(self.health_json)


@dataclass(frozen=True, slots=True)
class LaneStanding:
    """How a lane is: when it is due, who holds it, how many wait before a message of it."""

    due_at: datetime | None
    worker: str | None
    ahead: int
    head_id: UUID | None = None
    head_status: DeliveryStatus | None = None
    pace: Pace | None = None
    waiting_here: bool = True
    """Whether the message asked about still has its place in the lane."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides what happens to a message next, seen at one moment `at`.

    `head` is how the message stands that is first in its lane, where that is another one.
    """

    at: datetime
    record: MessageRecord
    attempts: list[AttemptRecord]
    account: AccountState = AccountState()
    lane: LaneStanding | None = None
    doubt: DoubtRecord | None = None
    head: Standing | None = None

    @property
    def head_id(self) -> UUID | None:
        """Who must leave its lane before it, the first of them; None: nobody."""
        return self.lane.head_id if self.lane is not None and self.lane.ahead else None
