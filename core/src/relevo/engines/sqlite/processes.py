"""The SQLite engine's processes: there is one at a time, and it says so as everywhere else."""

from __future__ import annotations

from relevo.engines.records import ProcessRecord
from relevo.engines.sqlite import process_rows
from relevo.engines.sqlite.core import SqliteCore


class SqliteProcesses(SqliteCore):
    """Who has the file open."""

    async def attend(self, process: str, *, works: bool, receives: bool, every_s: float) -> None:
        """Note that a process is up."""
        await self._write(
            lambda rows, now: rows.attend(
                ProcessRecord(process, works, receives, now, now, every_s), now
            )
        )

    async def leave(self, process: str) -> None:
        """Forget a process that stops."""
        await self._write(lambda rows, _: rows.forget_process(process))

    async def processes(self) -> list[ProcessRecord]:
        """Give those that are known."""
        return await self._read(process_rows.find_processes)
