"""Many messages at once: each by itself, in the order of each person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo.dispatch.batch import Batch
from relevo.engines.records import Accepted

pytestmark = pytest.mark.anyio

SETTINGS = relevo.Settings.model_validate(
    {"engine": "memory", "accounts": {"line": {"provider": "console"}}}
)


def one(to: str, text: str = "hola", key: str | None = None) -> relevo.Submission:
    return relevo.Submission(relevo.Message(to=relevo.Address.parse(to), text=text), key)


async def test_each_is_kept_or_says_why_not() -> None:
    """One that is refused stops no other, and nothing is raised."""
    async with relevo.open(SETTINGS) as dispatcher:
        kept = await dispatcher.accept_many([one("15550100001"), one("nobody"), one("15550100002")])
        assert [type(each) for each in kept] == [Accepted, relevo.InvalidAddress, Accepted]
        ids = await dispatcher.submit_many([one("15550100001"), one("nobody")])
        assert isinstance(ids[1], relevo.InvalidAddress)
        assert (await dispatcher.message(ids[0])).status  # type: ignore[arg-type]


async def test_messages_to_one_person_keep_their_order() -> None:
    people = [f"1555010000{number % 3}" for number in range(60)]
    async with relevo.open(SETTINGS) as dispatcher:
        kept = await dispatcher.accept_many([one(to, str(n)) for n, to in enumerate(people)])
    for person in set(people):
        sequences = [
            each.record.sequence
            for each, to in zip(kept, people, strict=True)
            if to == person and isinstance(each, Accepted)
        ]
        assert sequences == sorted(sequences)
        assert len(sequences) == 20


async def test_one_key_within_a_batch_makes_one_message() -> None:
    async with relevo.open(SETTINGS) as dispatcher:
        first, again, other = await dispatcher.accept_many(
            [one("15550100001", key="k"), one("15550100001", key="k"), one("15550100002", key="k")]
        )
    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert first.record.message_id == again.record.message_id
    assert (first.created, again.created) == (True, False)
    assert isinstance(other, relevo.IdempotencyConflict)


Accept = Callable[[relevo.Submission], Awaitable[Accepted]]


def batch(submissions: list[relevo.Submission], accept: Accept, *, away: bool) -> Batch:
    async def look() -> None:
        if away:
            msg = "It is away."
            raise relevo.EngineUnavailable(msg)

    return Batch(
        submissions, accept=accept, lane_of=lambda message: ("a", message.to.value), look=look
    )


async def test_a_store_that_goes_away_is_asked_no_more() -> None:
    """What was kept stays kept; whose turn had not come is told that nothing was kept."""
    asked: list[str] = []

    async def accept(submission: relevo.Submission) -> Any:
        asked.append(submission.message.text or "")
        if len(asked) > 2:
            msg = "The store is away."
            raise relevo.EngineUnavailable(msg)
        return "kept"

    lane = [one("15550100001", str(number)) for number in range(6)]
    kept: list[Any] = await batch(lane, accept, away=True).run()
    assert asked == ["0", "1", "2"]
    assert kept[:2] == ["kept", "kept"]
    assert all(isinstance(each, relevo.EngineUnavailable) for each in kept[2:])
    assert ["nothing of it was kept" in str(each) for each in kept[2:]] == [False, True, True, True]


async def test_one_message_the_store_cannot_hold_stops_no_other() -> None:
    """The store is asked how it is before the others are given up."""

    async def accept(submission: relevo.Submission) -> Any:
        if submission.message.text == "1":
            msg = "A value cannot be stored."
            raise relevo.EngineUnavailable(msg)
        return "kept"

    lane = [one("15550100001", str(number)) for number in range(4)]
    kept = await batch(lane, accept, away=False).run()
    assert [isinstance(each, Exception) for each in kept] == [False, True, False, False]


async def test_a_provider_that_breaks_concerns_its_own_message() -> None:
    async def accept(submission: relevo.Submission) -> Any:
        if submission.message.text == "1":
            raise ZeroDivisionError
        return "kept"

    kept = await batch([one(f"1555010000{n}", str(n)) for n in range(3)], accept, away=False).run()
    assert [isinstance(each, ZeroDivisionError) for each in kept] == [False, True, False]


@given(people=st.lists(st.sampled_from("abcd"), max_size=40), data=st.data())
def test_lanes_go_side_by_side_and_in_order(people: list[str], data: st.DataObject) -> None:
    """However long each takes: in a lane one at a time, in order; nobody waits for another lane."""
    waits = data.draw(st.lists(st.integers(0, 3), min_size=len(people), max_size=len(people)))
    began: list[int] = []
    busy: set[str] = set()

    async def accept(submission: relevo.Submission) -> Any:
        number = int(submission.message.text or "")
        assert people[number] not in busy
        busy.add(people[number])
        began.append(number)
        for _ in range(waits[number]):
            await anyio.lowlevel.checkpoint()
        busy.discard(people[number])
        return number

    given_ = [one(f"acme:{person}", str(number)) for number, person in enumerate(people)]
    kept: list[Any] = anyio.run(batch(given_, accept, away=False).run)
    assert kept == list(range(len(people)))
    for person in set(people):
        mine = [number for number in began if people[number] == person]
        assert mine == sorted(mine)
