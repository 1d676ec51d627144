"""How much a worker does at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from relevo.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How much a worker does at once, and how long one attempt and its lease last."""

    slots: int = 32
    attempt_s: float = 15
    lease_s: float = 20
    poll_s: float = 1
    retry: RetryPolicy = field(default_factory=RetryPolicy)
