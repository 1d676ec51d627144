"""Silence proves "not sent" only where news would surely have come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo.engines.records import Doubt, DoubtRecord, Evidence, Resolution, Settlement
from relevo.messages import UnknownPolicy
from relevo.reconcile import (
    CHANNEL_UNPROVEN,
    MAY_BE_HELD_BACK,
    NO_ECHO,
    PROVEN,
    PROVEN_QUIET,
    WEBHOOKS_UNREAD,
    EchoChannel,
    reconcile,
)

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CHANNEL = EchoChannel(wait_s=60, echoes=True)


def look(
    after_s: float,
    *,
    news_at_s: float | None = None,
    channel: EchoChannel = CHANNEL,
    **evidence: Any,
) -> Settlement:
    """Look at a doubt `after_s` seconds after its attempt; all news until `news_at_s` is read."""
    news_at = None if news_at_s is None else BEGAN + timedelta(seconds=news_at_s)
    doubt = Doubt(
        at=BEGAN + timedelta(seconds=after_s),
        message=relevo.Message(to="5491155550001", text="hola", account="shop"),
        account="shop",
        record=DoubtRecord(1, BEGAN, UnknownPolicy.RECONCILE),
        evidence=Evidence(read_until=news_at, **evidence),
    )
    return reconcile(doubt, channel)


def test_silence_is_not_judged_before_the_wait_is_over() -> None:
    settlement = look(59, news_at_s=58)
    assert settlement.resolution is None
    assert settlement.look_in_s == pytest.approx(1)


def test_silence_counts_as_not_sent_once_other_news_came_after_the_wait() -> None:
    settlement = look(70, news_at_s=65)
    assert (settlement.resolution, settlement.why) == (Resolution.RESEND, PROVEN)


def test_news_from_within_the_wait_proves_nothing() -> None:
    assert look(70, news_at_s=59).resolution is None


def test_outage_of_our_receiver_makes_the_wait_longer_by_twice_its_length() -> None:
    """30 s away: the wait of 60 s grows to 120 s, of time in which we were up."""
    assert look(149, news_at_s=148.9, outage_s=30).resolution is None
    assert look(151, news_at_s=150.5, outage_s=30).resolution is Resolution.RESEND


def test_webhooks_nobody_has_read_may_hold_the_echo() -> None:
    waiting = look(70, news_at_s=59, unread_webhooks=1)
    assert waiting.resolution is None
    assert waiting.look_in_s is not None
    held = look(601, news_at_s=59, unread_webhooks=1)
    assert (held.resolution, held.look_in_s, held.why) == (None, None, WEBHOOKS_UNREAD)


def test_webhooks_that_came_after_the_news_need_not_be_read() -> None:
    """On a busy account one always waits; the echo would have come before the news."""
    settlement = look(70, news_at_s=65, unread_webhooks=1)
    assert (settlement.resolution, settlement.why) == (Resolution.RESEND, PROVEN)


def test_quiet_account_needs_ten_waits_and_echoes_that_were_quick_until_now() -> None:
    assert look(599, slowest_echo_s=3).resolution is None
    settlement = look(601, slowest_echo_s=3)
    assert (settlement.resolution, settlement.why) == (Resolution.RESEND, PROVEN_QUIET)


@pytest.mark.parametrize("slowest_s", [None, 61.0])
def test_quiet_account_whose_echoes_are_unseen_or_slow_is_held(slowest_s: float | None) -> None:
    evidence: dict[str, Any] = {} if slowest_s is None else {"slowest_echo_s": slowest_s}
    settlement = look(601, **evidence)
    assert (settlement.resolution, settlement.look_in_s) == (None, None)
    assert settlement.why == CHANNEL_UNPROVEN


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        (replace(CHANNEL, may_hold_back=True), MAY_BE_HELD_BACK),
        (replace(CHANNEL, echoes=False), NO_ECHO),
    ],
)
def test_silence_that_can_have_another_reason_is_held_at_once(
    channel: EchoChannel, why: str
) -> None:
    settlement = look(9999, news_at_s=9990, channel=channel)
    assert (settlement.resolution, settlement.look_in_s, settlement.why) == (None, None, why)


@given(
    after_s=st.floats(0, 5000),
    news_at_s=st.none() | st.floats(0, 5000),
    outage_s=st.floats(0, 500),
    slowest=st.none() | st.floats(0, 200),
    unread=st.integers(0, 2),
)
def test_nothing_is_sent_again_without_all_the_proofs(
    after_s: float,
    news_at_s: float | None,
    outage_s: float,
    slowest: float | None,
    unread: int,
) -> None:
    news_at_s = None if news_at_s is None else min(news_at_s, after_s)
    evidence: dict[str, Any] = {"outage_s": min(outage_s, after_s), "unread_webhooks": unread}
    if slowest is not None:
        evidence["slowest_echo_s"] = slowest
    settlement = look(after_s, news_at_s=news_at_s, **evidence)
    if settlement.resolution is None:
        return
    up_s = after_s - evidence["outage_s"]
    wait_s = 60 + 2 * evidence["outage_s"]
    assert up_s >= wait_s
    heard = news_at_s is not None and news_at_s > evidence["outage_s"] + wait_s - 1e-3
    quiet = up_s >= 10 * wait_s and slowest is not None and slowest <= 60
    assert heard or (quiet and unread == 0)
