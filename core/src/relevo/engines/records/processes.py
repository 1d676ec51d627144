"""The processes that share a store: who is up, and what each does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MISSED_BEATS = 3
"""A process that missed so many of its beats counts as gone."""


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """One process that has, or had, the store open.

    Args:
        name: Its own, another one at every start.
        works: It hands messages over.
        receives: It takes webhooks in.
        started_at: When it was first seen.
        seen_at: When it was last seen.
        every_s: How often it wants to be seen.
    """

    name: str
    works: bool
    receives: bool
    started_at: datetime
    seen_at: datetime
    every_s: float

    def alive(self, now: datetime) -> bool:
        """Tell whether it was seen lately enough to be up still."""
        return now - self.seen_at <= timedelta(seconds=self.every_s * MISSED_BEATS)
