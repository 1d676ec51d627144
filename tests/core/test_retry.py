from __future__ import annotations

import re
from pathlib import Path

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
from relevo.retry import RECIPIENT, RetryPolicy, Tries, Verdict, judge

POLICY = RetryPolicy(max_attempts=8, base_s=2, cap_s=300)


def decide(
    error: SendError,
    *,
    attempt: int = 1,
    counted: int = 1,
    max_attempts: int | None = None,
    throttles: int = 0,
) -> Verdict:
    tries = Tries(attempt, counted, max_attempts, throttles)
    return judge(error, tries, policy=POLICY, jitter=lambda: 0.999)


def test_refusal_is_final() -> None:
    assert decide(Rejected("no")) == Verdict(DeliveryStatus.FAILED)


def test_unknown_outcome_is_never_tried_again_blindly() -> None:
    assert decide(OutcomeUnknown("?")) == Verdict(DeliveryStatus.UNKNOWN)


def test_unknown_outcome_under_resend_is_tried_at_once_and_later_with_growing_waits() -> None:
    waits = [decide(OutcomeUnknown("?"), attempt=n).retry_in_s for n in (1, 2, 3)]
    assert waits[0] == 0
    assert waits[1:] == [pytest.approx(4, rel=0.01), pytest.approx(8, rel=0.01)]


def test_unavailable_waits_longer_each_time_up_to_the_cap() -> None:
    waits = [decide(Unavailable("x"), attempt=n).retry_in_s for n in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(2, rel=0.01)
    assert waits[-1] == pytest.approx(300, rel=0.01)


def test_page_tells_how_long_the_tries_last() -> None:
    page = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text("utf-8")
    told = {
        int(tries): (int(mean), int(most))
        for tries, mean, most in re.findall(
            r"^\| `(\d+)` \| (\d+) min \| (\d+) min \|$", page, re.MULTILINE
        )
    }
    waits = [
        judge(Unavailable("x"), Tries(n, counted=1), policy=POLICY, jitter=lambda: 1).retry_in_s
        for n in range(1, 100)
    ]
    whole = {tries: sum(waits[: tries - 1]) / 60 for tries in told}
    assert len(told) > 5
    for tries, (mean, most) in told.items():
        assert mean == pytest.approx(whole[tries] / 2, abs=0.5)
        assert most == pytest.approx(whole[tries], abs=0.5)


def test_spent_attempts_fail() -> None:
    assert decide(Unavailable("x"), counted=8).status is DeliveryStatus.FAILED


def test_own_limit_counts_every_attempt() -> None:
    """A message that asked for one attempt gets one, whatever the error would allow."""
    for error in (Unavailable("x"), Throttled("x"), AuthFailed("x")):
        assert decide(error, counted=0, max_attempts=1).status is DeliveryStatus.FAILED


@pytest.mark.parametrize(("asked", "least"), [(None, 0), (7.0, 7), (9999.0, 300)])
def test_throttling_blocks_the_account_as_long_as_asked_within_the_cap(
    asked: float | None, least: float
) -> None:
    verdict = decide(Throttled("x", retry_after_s=asked), counted=0)
    assert verdict.status is DeliveryStatus.QUEUED
    assert least <= verdict.retry_in_s <= 300
    assert verdict.block_s == verdict.retry_in_s
    assert not verdict.lane_throttled


def test_throttling_for_one_person_leaves_the_account_alone() -> None:
    waits = [decide(Throttled("x", scope=RECIPIENT), throttles=n) for n in range(6)]
    assert [verdict.retry_in_s for verdict in waits] == [4, 16, 64, 256, 300, 300]
    assert all(verdict.lane_throttled and verdict.block_s == 0 for verdict in waits)


def test_throttling_holds_for_the_account_also_when_the_message_is_given_up() -> None:
    verdict = decide(Throttled("x", retry_after_s=30), max_attempts=1)
    assert verdict.status is DeliveryStatus.FAILED
    assert verdict.block_s >= 30


def test_refused_credentials_pause_the_account_and_keep_the_message() -> None:
    verdict = decide(AuthFailed("x"), counted=0)
    assert verdict == Verdict(DeliveryStatus.QUEUED, pauses=True)


def test_message_that_may_be_tried_once_does_not_pause_its_account() -> None:
    """It fails in plain sight; messages that wait would pause the account themselves."""
    assert decide(AuthFailed("x"), max_attempts=1) == Verdict(DeliveryStatus.FAILED)


@given(st.integers(min_value=1, max_value=10_000), st.floats(min_value=0, max_value=0.999))
def test_a_wait_is_never_negative_nor_beyond_the_cap(attempt: int, jitter: float) -> None:
    for error in (
        Unavailable("x"),
        OutcomeUnknown("x"),
        Throttled("x", retry_after_s=1),
        Throttled("x", scope=RECIPIENT),
    ):
        tries = Tries(attempt, counted=1, throttles=attempt)
        verdict = judge(error, tries, policy=POLICY, jitter=lambda: jitter)
        assert 0 <= verdict.retry_in_s <= 300
        assert 0 <= verdict.block_s <= 300
