"""Two servers and two workers share one PostgreSQL and are killed again and again."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.crash.drill import doubts_alone_wait, drill
from tests.crash.ground import TEAM, Ground, made_ground
from tests.crash.killing import kill_at_points, kill_at_random
from tests.crash.options import Tell
from tests.crash.points import API_POINTS, AROUND_DOUBTS, POINTS, SELDOM, WORKER_POINTS

ROLES = {"api": API_POINTS, "worker": WORKER_POINTS}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _kill(ground: Ground, points: tuple[str, ...], *, drill_s: float, least: int = 0) -> None:
    """Kill servers and workers side by side: at the points, then at random."""
    began = anyio.current_time()
    works = {role: [one for one in ground.servers.values() if one.role == role] for role in ROLES}

    async def visit(role: str) -> None:
        chosen = [point for point in ROLES[role] if point in points]
        assert await kill_at_points(ground, works[role], chosen) == []

    async with anyio.create_task_group() as tasks:
        for role in ROLES:
            tasks.start_soon(visit, role)
    everyone = list(ground.servers.values())
    await kill_at_random(ground, everyone, until=began + drill_s, least=least)


@pytest.mark.anyio
async def test_reconcile_loses_nothing_doubles_nothing_and_keeps_order(
    tmp_path: Path, postgres_dsn: str, drill_s: float, drill_seed: int, tell: Tell
) -> None:
    points = POINTS if drill_s else (*AROUND_DOUBTS, "keep_webhook.after", "apply_items.before")
    async with made_ground(
        tmp_path, postgres_dsn, TEAM, drill_seed, on_unknown="reconcile", reconcile_after_s=2
    ) as ground:
        verdict = await drill(ground, lambda: _kill(ground, points, drill_s=drill_s, least=2))
        tell(f"seed {drill_seed}: {verdict.words()}")
    assert set(ground.marks) == set(points)
    assert verdict.lost == []
    assert verdict.doubled == {}
    assert verdict.store.unknown == set()
    for person in verdict.people:
        assert verdict.first_numbers(person) == verdict.numbers(person)


@pytest.mark.anyio
async def test_hold_doubles_nothing_and_says_what_is_in_doubt(
    tmp_path: Path, postgres_dsn: str, drill_s: float, drill_seed: int, tell: Tell
) -> None:
    points = tuple(point for point in POINTS if point not in SELDOM)
    async with made_ground(
        tmp_path, postgres_dsn, TEAM, drill_seed, on_unknown="hold", unknown_lane_wait_s=1
    ) as ground:
        verdict = await drill(
            ground, lambda: _kill(ground, points, drill_s=drill_s), over=doubts_alone_wait
        )
        tell(f"seed {drill_seed}: {verdict.words()}")
    assert set(ground.marks) == set(points)
    assert verdict.doubled == {}
    assert {one.message_id for one in verdict.lost} == verdict.store.unknown
    for person in verdict.people:
        numbers = verdict.first_numbers(person)
        assert numbers == sorted(numbers)


@pytest.mark.anyio
async def test_resend_loses_nothing(
    tmp_path: Path, postgres_dsn: str, drill_s: float, drill_seed: int, tell: Tell
) -> None:
    async with made_ground(tmp_path, postgres_dsn, TEAM, drill_seed, on_unknown="resend") as ground:
        verdict = await drill(ground, lambda: _kill(ground, (), drill_s=drill_s, least=4))
        tell(f"seed {drill_seed}: {verdict.words()}")
    assert verdict.lost == []
    assert verdict.store.unknown == set()
    for person in verdict.people:
        assert verdict.first_numbers(person) == verdict.numbers(person)
