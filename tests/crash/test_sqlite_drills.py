"""One process on SQLite is killed again and again: what each policy promises still holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.crash.ground import ALONE, Ground
from tests.crash.killing import kill_at_points
from tests.crash.points import AROUND_DOUBTS
from tests.crash.policies import PolicyDrills


class TestSqliteDrills(PolicyDrills):
    """Its one process does everything, so every point is its own."""

    team = ALONE
    short = AROUND_DOUBTS
    kills_in_hold = 1

    @pytest.fixture
    def engine(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'relevo.db'}"

    async def visit(self, ground: Ground, points: Sequence[str]) -> None:
        """Kill it at one point after the other."""
        assert await kill_at_points(ground, list(ground.servers.values()), points) == []
