"""The PostgreSQL engine's processes: who of many machines is up."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.core import PostgresCore
from relevo.engines.records import ProcessRecord
from relevo.engines.retention import PROCESS_LIFE
from relevo.engines.values import micros, moment

_FORGET_OLD: Final = "DELETE FROM process WHERE seen_at < $1"
_FORGET: Final = "DELETE FROM process WHERE name = $1"
_KEEP: Final = """
INSERT INTO process (name, works, receives, started_at, seen_at, every_us)
VALUES ($1, $2, $3, $4, $4, $5)
ON CONFLICT (name) DO UPDATE SET works = excluded.works, receives = excluded.receives,
  seen_at = excluded.seen_at, every_us = excluded.every_us
"""
_ALL: Final = "SELECT * FROM process ORDER BY name"


class PostgresProcesses(PostgresCore):
    """Who has the schema open."""

    async def attend(self, process: str, *, works: bool, receives: bool, every_s: float) -> None:
        """Note that a process is up."""

        async def note(connection: Connection, now: datetime) -> None:
            values = (process, works, receives, micros(now), int(every_s * 1_000_000))
            await connection.execute(_KEEP, *values)
            await connection.execute(_FORGET_OLD, micros(now - PROCESS_LIFE))

        await self._change(note)

    async def leave(self, process: str) -> None:
        """Forget a process that stops."""

        async def forget(connection: Connection, _: datetime) -> None:
            await connection.execute(_FORGET, process)

        await self._change(forget)

    async def processes(self) -> list[ProcessRecord]:
        """Give those that are known."""

        async def look(connection: Connection) -> list[ProcessRecord]:
            return [
                ProcessRecord(
                    name=row["name"],
                    works=row["works"],
                    receives=row["receives"],
                    started_at=moment(row["started_at"]),
                    seen_at=moment(row["seen_at"]),
                    every_s=row["every_us"] / 1_000_000,
                )
                for row in await connection.fetch(_ALL)
            ]

        return cast("list[ProcessRecord]", await self._read(look))
