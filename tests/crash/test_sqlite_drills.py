"""One process on SQLite is killed again and again: what each policy promises still holds."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.crash.drill import doubts_alone_wait, drill
from tests.crash.ground import ALONE, Ground, made_ground
from tests.crash.killing import kill_at_points, kill_at_random
from tests.crash.options import Tell
from tests.crash.points import AROUND_DOUBTS, POINTS, SELDOM


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _engine(folder: Path) -> str:
    return f"sqlite:///{folder / 'relevo.db'}"


async def _kill(ground: Ground, drill_s: float, least: int) -> None:
    until = anyio.current_time() + drill_s
    await kill_at_random(ground, list(ground.servers.values()), until=until, least=least)


@pytest.mark.anyio
async def test_reconcile_loses_nothing_doubles_nothing_and_keeps_order(
    tmp_path: Path, drill_s: float, drill_seed: int, tell: Tell
) -> None:
    """Every kill makes the rule wait longer, so the short form leaves points to the next drill."""
    points = POINTS if drill_s else AROUND_DOUBTS
    async with made_ground(
        tmp_path, _engine(tmp_path), ALONE, drill_seed, on_unknown="reconcile", reconcile_after_s=2
    ) as ground:

        async def trouble() -> None:
            began = anyio.current_time()
            missed = await kill_at_points(ground, list(ground.servers.values()), points)
            assert missed == []
            await _kill(ground, drill_s - (anyio.current_time() - began), least=2)

        verdict = await drill(ground, trouble)
        tell(f"seed {drill_seed}: {verdict.words()}")
    assert set(ground.marks) == set(points)
    assert verdict.lost == []
    assert verdict.doubled == {}
    assert verdict.store.unknown == set()
    for person in verdict.people:
        assert verdict.first_numbers(person) == verdict.numbers(person)


@pytest.mark.anyio
async def test_hold_doubles_nothing_and_says_what_is_in_doubt(
    tmp_path: Path, drill_s: float, drill_seed: int, tell: Tell
) -> None:
    points = [point for point in POINTS if point not in SELDOM]
    async with made_ground(
        tmp_path, _engine(tmp_path), ALONE, drill_seed, on_unknown="hold", unknown_lane_wait_s=1
    ) as ground:

        async def trouble() -> None:
            began = anyio.current_time()
            missed = await kill_at_points(ground, list(ground.servers.values()), points)
            assert missed == []
            await _kill(ground, drill_s - (anyio.current_time() - began), least=1)

        verdict = await drill(ground, trouble, over=doubts_alone_wait)
        tell(f"seed {drill_seed}: {verdict.words()}")
    assert set(ground.marks) == set(points)
    assert verdict.doubled == {}
    assert {one.message_id for one in verdict.lost} == verdict.store.unknown
    for person in verdict.people:
        numbers = verdict.first_numbers(person)
        assert numbers == sorted(numbers)


@pytest.mark.anyio
async def test_resend_loses_nothing(
    tmp_path: Path, drill_s: float, drill_seed: int, tell: Tell
) -> None:
    async with made_ground(
        tmp_path, _engine(tmp_path), ALONE, drill_seed, on_unknown="resend"
    ) as ground:
        verdict = await drill(ground, lambda: _kill(ground, drill_s, least=4))
        tell(f"seed {drill_seed}: {verdict.words()}")
    assert verdict.lost == []
    assert verdict.store.unknown == set()
    for person in verdict.people:
        assert verdict.first_numbers(person) == verdict.numbers(person)
