"""What each policy promises whatever is killed: the drills of every engine that keeps things.

A file for each engine says where its store is, which processes there are, and how they die.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import anyio
import pytest
from tests.crash.drill import Over, doubts_alone_wait, drill, nothing_waits
from tests.crash.ground import Ground, made_ground
from tests.crash.killing import kill_at_random
from tests.crash.options import Tell
from tests.crash.points import POINTS, SELDOM
from tests.crash.verdict import Verdict

import relevo


@dataclass(frozen=True, slots=True)
class Place:
    """Where a drill takes place.

    Args:
        folder: For its files.
        engine: The store's address.
        drill_s: How long it goes on killing at least.
        seed: What chance is drawn from.
        tell: Shows what was counted.
    """

    folder: Path
    engine: str
    drill_s: float
    seed: int
    tell: Tell


class PolicyDrills(ABC):
    """One drill for each policy."""

    team: ClassVar[Mapping[str, relevo.Role]]
    """The processes."""
    short: ClassVar[Sequence[str]]
    """Points of the short form under `reconcile`: every kill makes its rule wait longer."""
    kills_in_hold: ClassVar[int]
    """So many kills at random under `hold`, after those at the points."""

    @abstractmethod
    async def visit(self, ground: Ground, points: Sequence[str]) -> None:
        """Let processes kill themselves at each of these points; none may be missed."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def place(
        self, tmp_path: Path, engine: str, drill_s: float, drill_seed: int, tell: Tell
    ) -> Place:
        """Take place at the subclass's fixture `engine`."""
        return Place(tmp_path, engine, drill_s, drill_seed, tell)

    @pytest.mark.anyio
    async def test_reconcile_loses_nothing_doubles_nothing_and_keeps_order(
        self, place: Place
    ) -> None:
        points = POINTS if place.drill_s else self.short
        terms = {"on_unknown": "reconcile", "reconcile_after_s": 2}
        verdict = await self._drill(place, points, least=2, terms=terms)
        assert verdict.lost == []
        assert verdict.doubled == {}
        assert verdict.store.unknown == set()
        for person in verdict.people:
            assert verdict.first_numbers(person) == verdict.numbers(person)

    @pytest.mark.anyio
    async def test_hold_doubles_nothing_and_says_what_is_in_doubt(self, place: Place) -> None:
        points = [point for point in POINTS if point not in SELDOM]
        terms = {"on_unknown": "hold", "unknown_lane_wait_s": 1}
        verdict = await self._drill(
            place, points, least=self.kills_in_hold, terms=terms, over=doubts_alone_wait
        )
        assert verdict.doubled == {}
        assert {one.message_id for one in verdict.lost} == verdict.store.unknown
        for person in verdict.people:
            numbers = verdict.first_numbers(person)
            assert numbers == sorted(numbers)

    @pytest.mark.anyio
    async def test_resend_loses_nothing(self, place: Place) -> None:
        verdict = await self._drill(place, (), least=4, terms={"on_unknown": "resend"})
        assert verdict.lost == []
        assert verdict.store.unknown == set()
        for person in verdict.people:
            assert verdict.first_numbers(person) == verdict.numbers(person)

    async def _drill(
        self,
        place: Place,
        points: Sequence[str],
        *,
        least: int,
        terms: Mapping[str, Any],
        over: Over = nothing_waits,
    ) -> Verdict:
        """Kill at the points, then at random, `least` times at least; tell what came of it."""
        async with made_ground(
            place.folder, place.engine, self.team, place.seed, **terms
        ) as ground:

            async def trouble() -> None:
                until = anyio.current_time() + place.drill_s
                await self.visit(ground, points)
                await kill_at_random(
                    ground, list(ground.servers.values()), until=until, least=least
                )

            verdict = await drill(ground, trouble, over=over)
            place.tell(f"seed {place.seed}: {verdict.words()}")
        assert set(ground.marks) == set(points)
        return verdict
