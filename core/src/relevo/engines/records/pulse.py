"""How the engine is: what waits in it, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

COUNTED: Final = 100_000
"""A pulse counts no further: what waits may be more."""


@dataclass(frozen=True, slots=True)
class Failing:
    """Messages of an account that wait though they were tried.

    Args:
        retry: Lanes that wait until such a message is tried again.
        since: When the first attempt was made at the one that waits longest.
    """

    retry: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LanePulse:
    """How many lanes of an account wait, and how.

    Args:
        due: May be claimed now.
        held: Have an attempt under way.
        blocked: Would be due, but the account is paused or throttled.
        due_since: When the lane that waits longest came to be due; None: none is.
        doubt: Wait for their first message, whose outcome nobody knows; once they waited
            long enough for it they are due.
        retry: Wait until their first message, which was tried and not handed over, is tried again.
        failing_since: When the first attempt was made at the message that failed attempts keep
            longest, however its lane is now; None: there is none.
    """

    due: int = 0
    held: int = 0
    blocked: int = 0
    due_since: datetime | None = None
    doubt: int = 0
    retry: int = 0
    failing_since: datetime | None = None

    @property
    def oldest_wait(self) -> datetime | None:
        """Tell since when something waits that could be sent, as failed attempts count too."""
        moments = [one for one in (self.due_since, self.failing_since) if one is not None]
        return min(moments, default=None)

    @classmethod
    def of(
        cls,
        waiting: int,
        held: int,
        doubt: int,
        due_since: datetime | None,
        failing: Failing,
        *,
        stopped: bool,
    ) -> LanePulse:
        """Tell due lanes from those of an account that is stopped."""
        due, blocked = (0, waiting) if stopped else (waiting, 0)
        return cls(due, held, blocked, due_since, doubt, failing.retry, failing.since)


def at_work(lanes: Mapping[str, LanePulse]) -> dict[str, LanePulse]:
    """Leave out accounts of which no lane is counted."""
    return {account: told for account, told in lanes.items() if told != LanePulse()}


@dataclass(frozen=True, slots=True)
class EnginePulse:
    """How the engine is: the log's head and what waits."""

    engine: str
    epoch: str
    head: int
    queued: int
    sending: int
    unknown: int
    pending_webhooks: int
    scheduled: int = 0
    dead: int = 0
    """Messages given up before any handover."""
    quarantined: int = 0
    """Webhook items set aside."""
    doubled: int = 0
    """Messages handed over more than once."""
    pending_media: int = 0
    """Files that people sent and that are not here yet."""
    failed_media: int = 0
    """Files that people sent and that never came; uploads of ours that were cut are not these."""
    floor: int = 0
    """Events up to this position are no longer kept."""
    told_at: datetime | None = None
    """The engine's own now; the moments below are told by the same clock."""
    lanes: Mapping[str, LanePulse] = field(default_factory=dict)
    """By account; accounts of which no lane is counted are left out."""
    webhook_since: datetime | None = None
    """When the webhook came that waits longest; None: none waits."""
    skew_s: float = 0.0
    """By how much the database's clock is ahead of this machine's."""
    extra: dict[str, Any] = field(default_factory=dict)
