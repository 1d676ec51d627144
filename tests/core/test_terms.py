from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relevo.terms import (
    Limits,
    Pace,
    PairPace,
    full_after,
    may_leave_at,
    pace_after,
    token_at,
    tokens,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAIR = PairPace(burst=45, every_s=6)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def leave(times: int, pace: Pace | None = None) -> tuple[Pace | None, datetime]:
    """Send as early as allowed, so many times; give the run and the moment of the last."""
    now = NOW
    for _ in range(times):
        now = may_leave_at(pace, PAIR, now)
        pace = pace_after(pace, PAIR, now)
    return pace, now


def test_lane_at_rest_may_send_a_burst_at_once() -> None:
    _, last = leave(45)
    assert last == NOW


def test_after_a_burst_none_leaves_until_six_seconds_for_each_have_passed() -> None:
    pace, _ = leave(45)
    assert may_leave_at(pace, PAIR, NOW) == at(6 * 45)
    assert may_leave_at(pace, PAIR, at(6 * 45)) == at(6 * 45)


def test_burst_counts_only_within_its_first_six_seconds() -> None:
    pace = pace_after(None, PAIR, NOW)
    assert may_leave_at(pace, PAIR, at(5.9)) == at(5.9)
    pace = pace_after(pace, PAIR, at(5.9))
    assert may_leave_at(pace, PAIR, at(7)) == at(12)


def test_lane_that_rested_long_enough_begins_a_new_run() -> None:
    pace, _ = leave(3)
    assert pace_after(pace, PAIR, at(18)) == Pace(at(18), 1)


@given(st.lists(st.floats(min_value=0, max_value=40), min_size=2, max_size=120))
def test_pace_never_exceeds_what_the_vendor_allows_in_the_long_run(waits: list[float]) -> None:
    """However messages come: no more than a burst above one per six seconds."""
    now, pace, sent = NOW, None, []
    for wait in waits:
        now = may_leave_at(pace, PAIR, now + timedelta(seconds=wait))
        pace = pace_after(pace, PAIR, now)
        sent.append(now)
    for first in range(0, len(sent), 10):
        span_s = (sent[-1] - sent[first]).total_seconds()
        assert len(sent) - first <= 2 * PAIR.burst + span_s / PAIR.every_s + 1


def test_without_a_pace_nobody_waits() -> None:
    assert may_leave_at(Pace(NOW, 99), None, NOW) == NOW
    assert pace_after(None, None, NOW) is None


def test_bucket_gives_its_burst_and_then_its_rate() -> None:
    limits = Limits(rate=10, burst=5)
    assert tokens(limits, None, NOW) == 5
    full_at = full_after(limits, None, 5, NOW)
    assert tokens(limits, full_at, NOW) == 0
    assert token_at(limits, full_at, NOW) == at(0.1)
    assert tokens(limits, full_at, at(0.1)) == 1
    assert tokens(limits, full_at, at(60)) == 5


def test_fast_account_is_asked_again_for_a_handful_not_for_every_single_message() -> None:
    limits = Limits(rate=200)
    full_at = full_after(limits, None, 40, NOW)
    again_at = token_at(limits, full_at, NOW)
    assert again_at == at(0.05)
    assert tokens(limits, full_at, again_at) == 10


def test_account_without_a_rate_has_no_bucket() -> None:
    assert tokens(Limits(), None, NOW) is None
    assert token_at(Limits(), at(60), NOW) == NOW


@given(
    st.sampled_from([1.0, 7.0, 80.0, 200.0, 999.0]),
    st.lists(st.floats(min_value=0.001, max_value=0.5), min_size=20, max_size=200),
)
def test_rate_is_kept_and_used_up_however_claims_come(rate: float, waits: list[float]) -> None:
    limits = Limits(rate=rate)
    full_at, now, sent = None, NOW, 0
    for wait in waits:
        now += timedelta(seconds=wait)
        may = tokens(limits, full_at, now) or 0
        full_at = full_after(limits, full_at, may, now)
        sent += may
    span_s = (now - NOW).total_seconds()
    burst = max(1, round(rate * 0.2))
    assert sent <= burst + rate * span_s + 1
