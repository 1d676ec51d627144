from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo import DeliveryStatus, ErrorDetail, Event, EventType, Throttled
from relevo.events import LATTICE, TRANSITIONS, advance

statuses = st.sampled_from(DeliveryStatus)
news = st.sampled_from(LATTICE)


@given(statuses, st.lists(news))
def test_provider_news_never_move_a_message_back(
    start: DeliveryStatus, updates: list[DeliveryStatus]
) -> None:
    current = start
    for update in updates:
        after = advance(current, update)
        if current in LATTICE:
            assert LATTICE.index(after) >= LATTICE.index(current)
        current = after


@given(st.permutations(LATTICE), st.lists(news))
def test_order_and_repetition_of_news_do_not_matter(
    updates: list[DeliveryStatus], more: list[DeliveryStatus]
) -> None:
    current = DeliveryStatus.ACCEPTED
    for update in [*updates, *more]:
        current = advance(current, update)
    assert current is DeliveryStatus.PLAYED


def test_delivered_beats_a_device_level_failure() -> None:
    assert advance(DeliveryStatus.FAILED, DeliveryStatus.DELIVERED) is DeliveryStatus.DELIVERED
    assert advance(DeliveryStatus.DELIVERED, DeliveryStatus.FAILED) is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("stopped", ["cancelled", "expired", "unknown", "sending"])
def test_news_of_a_message_thought_undecided_prove_the_handover(stopped: str) -> None:
    assert advance(DeliveryStatus(stopped), DeliveryStatus.SENT) is DeliveryStatus.SENT


def test_every_status_has_its_place() -> None:
    """Before the handover the table moves a message, after it the lattice; none is in neither."""
    assert set(TRANSITIONS) | set(LATTICE) == set(DeliveryStatus)
    assert not set(TRANSITIONS) & set(LATTICE)
    for targets in TRANSITIONS.values():
        assert targets <= set(DeliveryStatus)


def test_event_is_a_cloudevent_without_empty_attributes() -> None:
    event = Event(
        id="e.1",
        source="/relevo/accounts/shop",
        type=EventType.ACCOUNT,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        position=1,
        data={"kind": "x"},
    )
    envelope = json.loads(event.to_json())
    assert envelope["specversion"] == "1.0"
    assert envelope["type"] == "messaging.account"
    assert "subject" not in envelope
    assert "\n" not in event.to_json()


def test_error_detail_tells_what_the_exception_knew() -> None:
    error = Throttled("slow down", retry_after_s=4, provider_code="130429", http_status=429)
    detail = ErrorDetail.of(error)
    assert detail == ErrorDetail(
        code="throttled",
        message="slow down",
        provider_code="130429",
        retryable=True,
        http_status=429,
        retry_after_s=4,
    )
