from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo import (
    AuthFailed,
    DeliveryStatus,
    OutcomeUnknown,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
)
from relevo.retry import RetryPolicy, Verdict, judge

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = RetryPolicy(max_attempts=8, base_s=2, cap_s=300)


def decide(
    error: SendError, *, attempt: int = 1, counted: int = 1, max_attempts: int | None = None
) -> Verdict:
    return judge(
        error,
        attempt=attempt,
        counted=counted,
        max_attempts=max_attempts,
        policy=POLICY,
        now=NOW,
        jitter=lambda: 0.999,
    )


def wait_s(verdict: Verdict) -> float:
    assert verdict.retry_at is not None
    return (verdict.retry_at - NOW).total_seconds()


def test_refusal_is_final() -> None:
    assert decide(Rejected("no")) == Verdict(DeliveryStatus.FAILED)


def test_unknown_outcome_is_never_tried_again_blindly() -> None:
    assert decide(OutcomeUnknown("?")) == Verdict(DeliveryStatus.UNKNOWN)


def test_unavailable_waits_longer_each_time_up_to_the_cap() -> None:
    waits = [wait_s(decide(Unavailable("x"), attempt=n, counted=1)) for n in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(2, rel=0.01)
    assert waits[-1] == pytest.approx(300, rel=0.01)


def test_spent_attempts_fail() -> None:
    assert decide(Unavailable("x"), counted=8).status is DeliveryStatus.FAILED


def test_own_limit_counts_every_attempt() -> None:
    """A message that asked for one attempt gets one, whatever the error would allow."""
    for error in (Unavailable("x"), Throttled("x"), AuthFailed("x")):
        assert decide(error, counted=0, max_attempts=1).status is DeliveryStatus.FAILED


@pytest.mark.parametrize(("asked", "least"), [(None, 0), (7.0, 7), (9999.0, 300)])
def test_throttling_waits_what_was_asked_within_the_cap(asked: float | None, least: float) -> None:
    verdict = decide(Throttled("x", retry_after_s=asked), counted=0)
    assert verdict.status is DeliveryStatus.QUEUED
    assert least <= wait_s(verdict) <= 300


def test_refused_credentials_keep_the_message_for_later() -> None:
    assert wait_s(decide(AuthFailed("x"), counted=0)) == 300


@given(st.integers(min_value=1, max_value=10_000), st.floats(min_value=0, max_value=0.999))
def test_a_wait_is_never_negative_nor_beyond_the_cap(attempt: int, jitter: float) -> None:
    for error in (Unavailable("x"), Throttled("x", retry_after_s=1)):
        verdict = judge(
            error,
            attempt=attempt,
            counted=1,
            max_attempts=None,
            policy=POLICY,
            now=NOW,
            jitter=lambda: jitter,
        )
        assert verdict.retry_at is not None
        assert timedelta(0) <= verdict.retry_at - NOW <= timedelta(seconds=300)
