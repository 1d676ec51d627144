"""What one account may do: how fast, how close together to one person, what after a doubt.

A provider states what its vendor allows (`Provider.limits`), the account's
settings say what its owner wants; both together are the account's terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from relevo.messages import UnknownPolicy

_BURST_S = 0.2
"""A bucket that nobody set a burst for holds what this many seconds bring."""
_HANDFUL_S = 0.05
"""A claim costs the same for one message as for what so many seconds bring."""


class Caution(StrEnum):
    """What follows where it is known that a message should not go to a person now."""

    WARN = "warn"
    """It goes out, and carries a warning."""
    REFUSE = "refuse"
    """It is refused before anything is sent."""
    OFF = "off"
    """Nobody looks."""


@dataclass(frozen=True, slots=True)
class PairPace:
    """How often one person may be written to.

    From a lane at rest up to `burst` messages may leave within `every_s`
    seconds; then none until `every_s` times what was sent has passed since the
    first of them.
    """

    burst: int = 45
    every_s: float = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a vendor allows one account. None: no limit that we know of.

    Args:
        rate: Messages per second, over all machines together.
        burst: How many may leave at once after a pause; left out, 0.2 s' worth.
        pair_pace: How often one person may be written to.
    """

    rate: float | None = None
    burst: int | None = None
    pair_pace: PairPace | None = None


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """The terms one account's messages leave under.

    Args:
        limits: How fast.
        on_unknown: What follows a doubt where the message names no policy of its own.
        reconcile_after_s: How long silence must last before it can count as "not sent".
        unknown_lane_wait_s: How long a lane waits behind a message in doubt.
        looks_up: The provider can be asked what became of a message.
        max_attempts: After so many a message is given up.
        window: What follows where free-form content would go to a person whose window is
            known to be closed.
        window_s: How long the vendor's window stays open; None: it has none.
        opt_out: What follows where a person does not want what is sent.
    """

    limits: Limits = Limits()
    on_unknown: UnknownPolicy = UnknownPolicy.HOLD
    reconcile_after_s: float = 60
    unknown_lane_wait_s: float = 600
    looks_up: bool = False
    max_attempts: int = 8
    window: Caution = Caution.WARN
    window_s: float | None = None
    opt_out: Caution = Caution.REFUSE


class Pace(NamedTuple):
    """A run of messages to one person: when it began and how many have left since."""

    began_at: datetime
    sent: int


def may_leave_at(pace: Pace | None, terms: PairPace | None, now: datetime) -> datetime:
    """Tell when the next message to this person may leave; not later than `now`: at once."""
    if pace is None or terms is None:
        return now
    every = timedelta(seconds=terms.every_s)
    if pace.sent < terms.burst and now < pace.began_at + every:
        return now
    return max(now, pace.began_at + every * pace.sent)


def pace_after(pace: Pace | None, terms: PairPace | None, now: datetime) -> Pace | None:
    """Count one more message to this person; a lane at rest begins a new run."""
    if terms is None:
        return None
    every = timedelta(seconds=terms.every_s)
    if pace is None or now >= pace.began_at + every * pace.sent:
        return Pace(now, 1)
    return Pace(pace.began_at, pace.sent + 1)


def tokens(limits: Limits, full_at: datetime | None, now: datetime) -> int | None:
    """Count the messages an account may send now; None: as many as it likes.

    `full_at` is when its bucket will be full again (GCRA's theoretical arrival time).
    """
    if limits.rate is None:
        return None
    every, burst = _bucket(limits)
    owed = max(full_at - now, timedelta()) if full_at else timedelta()
    return max(int((burst * every - owed) / every + 1e-6), 0)


def full_after(limits: Limits, full_at: datetime | None, sent: int, now: datetime) -> datetime:
    """Tell when the bucket is full again after `sent` messages more."""
    if limits.rate is None:
        return now
    every, _ = _bucket(limits)
    return max(full_at or now, now) + sent * every


def token_at(limits: Limits, full_at: datetime | None, now: datetime) -> datetime:
    """Tell when it is worth asking again: for a fast account, for several messages at once."""
    if limits.rate is None or full_at is None:
        return now
    every, burst = _bucket(limits)
    worth = max(1, min(burst, int(limits.rate * _HANDFUL_S)))
    return max(now, full_at - (burst - worth) * every)


def _bucket(limits: Limits) -> tuple[timedelta, int]:
    rate = limits.rate or 1
    burst = limits.burst or max(1, round(rate * _BURST_S))
    return timedelta(seconds=1 / rate), burst
