"""One cursor, and several machines that want it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest

from relevo.engines.records import Begin, CursorLease
from relevo.events import AccountUpdate
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import OpenEngine
from relevo.testing.engine_rules.stage import Stage, StageSetup

_LEASE_S = 20.0
_ROUNDS = 10


@pytest.mark.anyio
class SharedCursorRules(StageSetup):
    """Two engines on one store."""

    @pytest.fixture
    async def machines(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> AsyncIterator[tuple[Stage, Stage]]:
        """Give two machines."""
        async with open_engine(clock) as one, open_engine(clock) as other:
            yield Stage(one, clock), Stage(other, clock)

    async def test_cursor_has_one_holder_over_all_machines(
        self, machines: tuple[Stage, Stage]
    ) -> None:
        """However many ask at once, for a new cursor and for one whose lease ended."""
        for _ in range(_ROUNDS):
            taken: list[CursorLease] = []

            async def ask(stage: Stage, worker: str, taken: list[CursorLease] = taken) -> None:
                lease = await stage.engine.take_cursor("crm", worker, lease_s=_LEASE_S)
                taken.extend([lease] if lease else [])

            async with anyio.create_task_group() as tasks:
                for number in range(6):
                    tasks.start_soon(ask, machines[number % 2], f"worker-{number}")
            assert len(taken) == 1
            machines[0].clock.advance(_LEASE_S)

    async def test_cursor_passes_from_machine_to_machine_without_a_skip(
        self, machines: tuple[Stage, Stage]
    ) -> None:
        """What one committed the other goes on from; every event is read once."""
        seen: list[int] = []
        for number in range(_ROUNDS):
            stage = machines[number % 2]
            await machines[(number + 1) % 2].hear(AccountUpdate(f"news-{number}"))
            lease = await stage.engine.take_cursor(
                "crm", f"worker-{number}", lease_s=_LEASE_S, begin=Begin.START
            )
            assert lease is not None
            await stage.engine.wait_for_events(lease.position, 5)
            events = await stage.engine.events(lease.position)
            seen.extend(event.position for event in events)
            moved = lease.at(seen[-1])
            assert await stage.engine.move_cursor(moved, lease_s=_LEASE_S) is not None
            await stage.engine.release_cursor(moved)
        assert seen == list(range(1, _ROUNDS + 1))

    async def test_machine_that_lost_the_cursor_is_fenced_off(
        self, machines: tuple[Stage, Stage]
    ) -> None:
        """It slept through the end of its lease."""
        here, there = machines
        stale = await here.engine.take_cursor("crm", "here", lease_s=_LEASE_S)
        assert stale is not None
        here.clock.advance(_LEASE_S)
        assert await there.engine.take_cursor("crm", "there", lease_s=_LEASE_S) is not None
        assert await here.engine.move_cursor(stale.at(9), lease_s=_LEASE_S) is None
        await here.engine.release_cursor(stale)
        assert await here.engine.take_cursor("crm", "here", lease_s=_LEASE_S) is None
        (record,) = await here.engine.cursors()
        assert (record.position, record.worker) == (0, "there")
