"""The SQLite engine: one file, one process, durable before the answer."""

from __future__ import annotations

from relevo.engines.records import EnginePulse
from relevo.engines.sqlite import facts, pulsing
from relevo.engines.sqlite.cursors import SqliteCursors
from relevo.engines.sqlite.keys import SqliteKeys
from relevo.engines.sqlite.media import SqliteMedia
from relevo.engines.sqlite.processes import SqliteProcesses
from relevo.engines.sqlite.reading import SqliteReading
from relevo.engines.sqlite.receiving import SqliteReceiving
from relevo.engines.sqlite.sending import SqliteSending
from relevo.engines.sqlite.tidying import SqliteTidying
from relevo.engines.values import micros


class SqliteEngine(
    SqliteSending,
    SqliteReceiving,
    SqliteReading,
    SqliteCursors,
    SqliteMedia,
    SqliteKeys,
    SqliteProcesses,
    SqliteTidying,
):
    """Keep everything in one file. Needs asyncio.

    Args:
        path: The file; it is made if it is not there, its folder is not.
        clock: Tells the time.
        most_waiting: How many changes may wait for their commit.
    """

    async def pulse(self) -> EnginePulse:
        """Tell what waits. After a failed commit it tries the disk again first."""
        writer = self._opened().writer
        if writer.fault is not None:
            await self._write(lambda rows, now: rows.keep_fact(facts.CHECKED_AT, str(micros(now))))
        now = self._clock()
        waiting = await self._read(lambda reader: pulsing.look_at_waiting(reader, now))
        return EnginePulse(
            engine="sqlite",
            epoch=self.epoch,
            head=await self.head(),
            floor=await self._read(facts.read_floor),
            extra={"path": str(self._path), "waiting_changes": writer.waiting},
            **waiting,
        )
