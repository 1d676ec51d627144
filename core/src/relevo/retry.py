"""Decide what a failed attempt leads to. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from relevo.errors import AuthFailed, OutcomeUnknown, SendError, Throttled
from relevo.events import DeliveryStatus

RECIPIENT = "recipient"
"""The scope of a `Throttled` that concerns one person only."""
_PAIR_BASE_S = 4.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Numbers of trying again: exponential from `base_s` to `cap_s`, with full jitter."""

    max_attempts: int = 8
    base_s: float = 2
    cap_s: float = 300


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a message was tried.

    Args:
        attempt: This attempt's number, since the message was accepted or last replayed.
        counted: Attempts that used up a try, this one included if it does.
        max_attempts: The message's own limit. It counts every attempt, so that
            "one attempt" means one.
        throttles: How often in a row this person's lane was throttled before.
    """

    attempt: int
    counted: int
    max_attempts: int | None = None
    throttles: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the message, of the person's lane and of the whole account.

    Args:
        status: Where the message goes.
        retry_in_s: Seconds until it is tried again, if `queued`.
        block_s: Seconds for which the whole account waits.
        pauses: The account waits until it is resumed.
        lane_throttled: This person was written to too often.
    """

    status: DeliveryStatus
    retry_in_s: float = 0
    block_s: float = 0
    pauses: bool = False
    lane_throttled: bool = False


def judge(
    error: SendError,
    tries: Tries,
    *,
    policy: RetryPolicy,
    jitter: Callable[[], float] = random.random,
) -> Verdict:
    """Decide by the error's own policy; `jitter` gives a number in [0, 1)."""
    backoff_s = min(policy.cap_s, policy.base_s * 2.0 ** min(tries.attempt - 1, 30))
    if isinstance(error, OutcomeUnknown):
        # Only a policy of sending again uses the wait: at once the first time.
        again_s = 0 if tries.attempt == 1 else backoff_s * jitter()
        return Verdict(DeliveryStatus.UNKNOWN, again_s)
    throttling = _throttling(error, tries, policy, backoff_s, jitter)
    spent = tries.counted >= policy.max_attempts
    if tries.max_attempts is not None:
        spent = spent or tries.attempt >= tries.max_attempts
    if not error.retryable or spent:
        # The message is given up; that the provider wants fewer requests holds all the same.
        return Verdict(
            DeliveryStatus.FAILED,
            block_s=throttling.block_s if throttling else 0,
            lane_throttled=throttling.lane_throttled if throttling else False,
        )
    if throttling is not None:
        return throttling
    if isinstance(error, AuthFailed):
        return Verdict(DeliveryStatus.QUEUED, pauses=True)
    return Verdict(DeliveryStatus.QUEUED, backoff_s * jitter())


def _throttling(
    error: SendError,
    tries: Tries,
    policy: RetryPolicy,
    backoff_s: float,
    jitter: Callable[[], float],
) -> Verdict | None:
    """Say how long a person or the account must be left alone; None: the error asks for nothing."""
    if not isinstance(error, Throttled):
        return None
    asked_s = min(error.retry_after_s or 0, policy.cap_s)
    if error.scope == RECIPIENT:
        wait_s = max(asked_s, min(policy.cap_s, _PAIR_BASE_S ** min(tries.throttles + 1, 15)))
        return Verdict(DeliveryStatus.QUEUED, wait_s, lane_throttled=True)
    wait_s = max(asked_s, backoff_s / 2 + backoff_s / 2 * jitter())
    return Verdict(DeliveryStatus.QUEUED, wait_s, block_s=wait_s)
