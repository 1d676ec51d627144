"""How often a key may ask: by the clock, per key, told with every answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo_server.access.key_rates import KeyRates

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/messaging/messages"


class Elapsed:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_a_bucket_holds_a_minutes_worth_and_fills_steadily() -> None:
    elapsed = Elapsed()
    rates = KeyRates(60, elapsed=elapsed)
    left = [rates.take("a", None) for _ in range(61)]
    assert [one.granted for one in left if one] == [True] * 60 + [False]
    last = left[-1]
    assert last is not None
    assert (last.limit, last.remaining, last.reset_s, last.wait_s) == (60, 0, 60, 1)
    elapsed.s += 1
    again = rates.take("a", None)
    assert again is not None
    assert again.granted
    assert not getattr(rates.take("a", None), "granted", True)


def test_keys_do_not_share_a_bucket_and_may_have_their_own_rate() -> None:
    rates = KeyRates(1, elapsed=Elapsed())
    assert getattr(rates.take("a", None), "granted", False)
    assert getattr(rates.take("b", None), "granted", False)
    assert not getattr(rates.take("a", None), "granted", True)
    assert [getattr(rates.take("c", 3), "granted", None) for _ in range(4)] == [
        True,
        True,
        True,
        False,
    ]


def test_a_rate_of_nothing_is_no_limit() -> None:
    rates = KeyRates(0, elapsed=Elapsed())
    assert all(rates.take("a", None) is None for _ in range(100))


@given(
    rate=st.integers(1, 600),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=200),
)
def test_no_key_gets_more_than_its_burst_and_its_rate(rate: int, pauses: list[float]) -> None:
    elapsed = Elapsed()
    rates = KeyRates(rate, elapsed=elapsed)
    granted = 0
    for pause in pauses:
        elapsed.s += pause
        taken = rates.take("a", None)
        assert taken is not None
        granted += taken.granted
        assert 0 <= taken.remaining <= rate
        assert taken.reset_s >= 0
        assert taken.granted or taken.wait_s >= 1
    assert granted <= rate + elapsed.s * rate / 60 + 1e-6


async def test_a_key_that_asks_too_often_is_told_when_to_come_again(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app(server={"key_rate": 3, "cors_origins": ["https://shop.example"]})
    elapsed = Elapsed()
    async with in_process(app) as client:
        app.state["relevo_server"].rates = KeyRates(3, elapsed=elapsed)
        key = await give_key(app, relevo.Scope.READ)
        answers = [
            await client.get(MESSAGES, headers=key),
            await client.get(f"{MESSAGES}/none", headers=key),
            await client.post(MESSAGES, json={}, headers=key),
        ]
        assert [one.status_code for one in answers] == [200, 404, 403]
        assert [one.headers["ratelimit-remaining"] for one in answers] == ["2", "1", "0"]
        assert {one.headers["ratelimit-limit"] for one in answers} == {"3"}
        page = key | {"origin": "https://shop.example"}
        late = await client.get(MESSAGES, headers=page)
        refused(late, 429, "too_many_requests")
        assert late.headers["retry-after"] == "20"
        assert late.headers["ratelimit-reset"] == "60"
        assert "RateLimit-Remaining" in late.headers["access-control-expose-headers"]
        # Others are not held up, nor is what needs no key.
        assert (await client.get("/health/live", headers=key)).status_code == 200
        other = await give_key(app, relevo.Scope.READ, rate=1)
        assert (await client.get(MESSAGES, headers=other)).headers["ratelimit-limit"] == "1"
        refused(await client.get(MESSAGES, headers=other), 429, "too_many_requests")
        elapsed.s += 20
        assert (await client.get(MESSAGES, headers=key)).status_code == 200


async def test_a_server_without_keys_counts_nobody(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app(server={"key_rate": 1})) as client:
        for _ in range(3):
            answer = await client.get(MESSAGES)
            assert answer.status_code == 200
            assert "ratelimit-limit" not in answer.headers


async def test_a_stream_counts_once_and_tickets_are_counted_apart(
    make_app: Any, over_http: Any, give_key: Any
) -> None:
    app = make_app(server={"heartbeat_s": 0.01})
    events = "/api/v1/messaging/events"
    async with over_http(app) as client:
        app.state["relevo_server"].rates = KeyRates(10, elapsed=Elapsed())
        key = await give_key(app, relevo.Scope.EVENTS)
        ticket = (await client.post(f"{events}/tickets", json={}, headers=key)).json()
        async with client.stream("GET", ticket["url"]) as stream:
            assert stream.headers["ratelimit-remaining"] == "9"
            chunks = stream.aiter_raw()
            for _ in range(5):
                await anext(chunks)
        page = await client.get(events, headers=key | {"accept": "application/json"})
    assert page.headers["ratelimit-remaining"] == "8"
