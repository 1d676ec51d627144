"""The memory engine's processes: this one."""

from __future__ import annotations

from anyio.lowlevel import checkpoint

from relevo.engines.memory.core import MemoryCore
from relevo.engines.records import ProcessRecord
from relevo.engines.retention import PROCESS_LIFE


class MemoryProcesses(MemoryCore):
    """Who uses this memory."""

    async def attend(self, process: str, *, works: bool, receives: bool, every_s: float) -> None:
        """Note that a process is up."""
        await checkpoint()
        now = self._clock()
        known = self._rows.processes
        began = known[process].started_at if process in known else now
        known[process] = ProcessRecord(process, works, receives, began, now, every_s)
        for name in [name for name, one in known.items() if now - one.seen_at > PROCESS_LIFE]:
            del known[name]

    async def leave(self, process: str) -> None:
        """Forget a process that stops."""
        await checkpoint()
        self._rows.processes.pop(process, None)

    async def processes(self) -> list[ProcessRecord]:
        """Give those that are known."""
        await checkpoint()
        return [one for _, one in sorted(self._rows.processes.items())]
