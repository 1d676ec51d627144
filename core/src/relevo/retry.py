"""Decide what a failed attempt leads to. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from relevo.errors import AuthFailed, OutcomeUnknown, SendError, Throttled
from relevo.events import DeliveryStatus


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Numbers of trying again: exponential from `base_s` to `cap_s`, with full jitter."""

    max_attempts: int = 8
    base_s: float = 2
    cap_s: float = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the message: its status, and when it is tried again if `queued`."""

    status: DeliveryStatus
    retry_at: datetime | None = None


def judge(
    error: SendError,
    *,
    attempt: int,
    counted: int,
    max_attempts: int | None,
    policy: RetryPolicy,
    now: datetime,
    jitter: Callable[[], float] = random.random,
) -> Verdict:
    """Decide by the error's own policy.

    Args:
        error: What the attempt ended with.
        attempt: The attempt's number, from 1.
        counted: Attempts that used up a try, this one included if it does.
        max_attempts: The message's own limit. It counts every attempt, so that
            "one attempt" means one.
        policy: The numbers.
        now: The engine's time.
        jitter: Gives a number in [0, 1).
    """
    if isinstance(error, OutcomeUnknown):
        return Verdict(DeliveryStatus.UNKNOWN)
    spent = counted >= policy.max_attempts
    if max_attempts is not None:
        spent = spent or attempt >= max_attempts
    if not error.retryable or spent:
        return Verdict(DeliveryStatus.FAILED)
    return Verdict(
        DeliveryStatus.QUEUED, now + timedelta(seconds=_delay_s(error, attempt, policy, jitter))
    )


def _delay_s(
    error: SendError, attempt: int, policy: RetryPolicy, jitter: Callable[[], float]
) -> float:
    if isinstance(error, AuthFailed):
        return policy.cap_s
    backoff = min(policy.cap_s, policy.base_s * 2.0 ** min(attempt - 1, 30))
    if isinstance(error, Throttled):
        asked = min(error.retry_after_s or 0, policy.cap_s)
        return max(asked, backoff / 2 + backoff / 2 * jitter())
    return backoff * jitter()
