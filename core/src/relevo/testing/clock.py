"""A clock that tests turn by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FakeClock:
    """Tell the time that a test says it is. Call it for the time."""

    def __init__(self, now: datetime = _START) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """Tell the time."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Turn the clock on, and tell the new time."""
        self._now += timedelta(seconds=seconds)
        return self._now
