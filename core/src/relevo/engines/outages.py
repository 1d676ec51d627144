"""When no receiver was up: what the silence between its beats means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

MISSED_BEATS = 2
"""So many beats must be missing before silence counts as an outage."""


class Outage(NamedTuple):
    """From when to when no receiver was up."""

    began_at: datetime
    ended_at: datetime


class Pulse(NamedTuple):
    """When a receiver was last seen, and how often it shows itself."""

    seen_at: datetime
    every_s: float

    def outage_until(self, now: datetime) -> Outage | None:
        """Tell the outage since this beat, if the next one is overdue."""
        if now - self.seen_at <= timedelta(seconds=MISSED_BEATS * self.every_s):
            return None
        return Outage(self.seen_at, now)


def outage_s(
    outages: Iterable[Outage], last: Pulse | None, began_at: datetime, now: datetime
) -> float:
    """Count the seconds since `began_at` in which no receiver was up; `last` is its last beat."""
    running = last.outage_until(now) if last else None
    lost = timedelta()
    for outage in (*outages, *((running,) if running else ())):
        lost += max(min(outage.ended_at, now) - max(outage.began_at, began_at), timedelta())
    return lost.total_seconds()
