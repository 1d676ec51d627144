"""Meta's limits: messages per second, per person, and management calls per hour."""

from __future__ import annotations

from dataclasses import dataclass, field

BURST = 45
BURST_S = 6.0
"""A person at rest gets so many messages within so many seconds."""
PAIR_S = 6.0
"""What one message costs of a person's time."""
HOUR_S = 3600.0


@dataclass
class Throughput:
    """A bucket that holds one second of messages."""

    per_second: int = 80
    _tokens: float = 80
    _at: float = 0

    def spend(self, now: float) -> bool:
        """Take a token; tell whether there was one."""
        self._tokens = min(
            float(self.per_second), self._tokens + max(0.0, now - self._at) * self.per_second
        )
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass
class _Burst:
    began: float
    sent: int = 0

    @property
    def rests_at(self) -> float:
        return self.began + self.sent * PAIR_S


@dataclass
class PairPace:
    """A burst on credit, then silence until the time it costs has passed."""

    _bursts: dict[str, _Burst] = field(default_factory=dict)

    def spend(self, person: str, now: float) -> bool:
        """Count a message to a person; tell whether it may go."""
        burst = self._bursts.get(person)
        if burst is None or now >= burst.rests_at:
            burst = self._bursts[person] = _Burst(now)
        if now - burst.began > BURST_S or burst.sent >= BURST:
            return False
        burst.sent += 1
        return True


@dataclass
class HourlyBudget:
    """So many calls in an hour."""

    _began: float = 0
    _spent: int = 0

    def spend(self, most: int, now: float) -> bool:
        """Count a call; tell whether it was within the budget."""
        if now - self._began >= HOUR_S:
            self._began, self._spent = now, 0
        if self._spent >= most:
            return False
        self._spent += 1
        return True
