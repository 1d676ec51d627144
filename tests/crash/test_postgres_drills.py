"""Two servers and two workers share one PostgreSQL and are killed again and again."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest
from tests.crash.ground import TEAM, Ground
from tests.crash.killing import kill_at_points
from tests.crash.points import API_POINTS, AROUND_DOUBTS, WORKER_POINTS
from tests.crash.policies import PolicyDrills

ROLES = {"api": API_POINTS, "worker": WORKER_POINTS}


class TestPostgresDrills(PolicyDrills):
    """Each role passes points of its own."""

    team = TEAM
    short = (*AROUND_DOUBTS, "keep_webhook.after", "apply_items.before")
    kills_in_hold = 0

    @pytest.fixture
    def engine(self, postgres_dsn: str) -> str:
        return postgres_dsn

    async def visit(self, ground: Ground, points: Sequence[str]) -> None:
        """Kill servers and workers side by side, each at its points."""
        works = {
            role: [one for one in ground.servers.values() if one.role == role] for role in ROLES
        }

        async def visit_role(role: str) -> None:
            chosen = [point for point in ROLES[role] if point in points]
            assert await kill_at_points(ground, works[role], chosen) == []

        async with anyio.create_task_group() as tasks:
            for role in ROLES:
                tasks.start_soon(visit_role, role)
