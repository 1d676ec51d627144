"""Every process says that it is up, and takes it back when it stops."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from relevo import attendance
from relevo.attendance import Attendance
from relevo.engines.memory import MemoryEngine
from relevo.errors import EngineUnavailable
from relevo.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


async def test_process_is_known_while_it_runs() -> None:
    clock = FakeClock()
    async with MemoryEngine(clock) as engine:
        here = Attendance(engine, works=True, receives=False)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(here.run)
            with anyio.fail_after(30):
                while not (known := await engine.processes()):
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        assert [(one.name, one.works, one.receives) for one in known] == [(here.name, True, False)]
        assert await engine.processes() == []


async def test_store_that_is_away_is_told_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing ends for it."""
    monkeypatch.setattr(attendance, "EVERY_S", 0.001)
    tried = 0

    class Away(MemoryEngine):
        async def attend(
            self, process: str, *, works: bool, receives: bool, every_s: float
        ) -> None:
            nonlocal tried
            tried += 1
            if tried == 1:
                msg = "The store is away."
                raise EngineUnavailable(msg)
            await super().attend(process, works=works, receives=receives, every_s=every_s)

    async with Away() as engine, anyio.create_task_group() as tasks:
        tasks.start_soon(Attendance(engine, works=True, receives=True).run)
        with anyio.fail_after(30):
            while not await engine.processes():
                await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert tried >= 2
