"""The PostgreSQL engine's cursors into its event log."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, cast

from relevo.engines.cursor_columns import CURSOR_COLUMNS, read_cursor_row, write_cursor_row
from relevo.engines.json_text import plain_text
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.core import PostgresCore
from relevo.engines.postgres.sequencing import LogState
from relevo.engines.records import Begin, CursorLease, CursorRecord, CursorTrouble
from relevo.engines.revisions import make_epoch
from relevo.engines.steps import cursors
from relevo.engines.steps.cursors import CursorAsk, CursorRow, LogPlace

_LISTED: Final = ", ".join(CURSOR_COLUMNS)
_LOCK: Final = f"SELECT {_LISTED} FROM event_cursor WHERE name = $1 FOR UPDATE"
_ALL: Final = f"SELECT {_LISTED} FROM event_cursor ORDER BY name"
_PLACES: Final = ", ".join(f"${number}" for number, _ in enumerate(CURSOR_COLUMNS, 1))
_NEW: Final = (
    f"INSERT INTO event_cursor ({_LISTED}) VALUES ({_PLACES}) "
    "ON CONFLICT (name) DO NOTHING RETURNING name"
)
_SAVE: Final = (
    f"UPDATE event_cursor SET ({_LISTED}) = ROW({_PLACES}) WHERE name = $1"  # its row is locked
)
_FORGET: Final = "DELETE FROM event_cursor WHERE name = $1 RETURNING name"
_PLACE: Final = """
SELECT h.position, m.value AS epoch FROM event_head AS h, meta AS m WHERE m.name = 'epoch'
"""
_RENEW: Final = "UPDATE meta SET value = $1 WHERE name = 'epoch'"
_LOCK_HEAD: Final = "SELECT position FROM event_head FOR UPDATE"


class PostgresCursors(PostgresCore):
    """Named places in the log; the row's lock orders machines."""

    async def take_cursor(
        self, name: str, worker: str, *, lease_s: float, begin: Begin = Begin.HEAD
    ) -> CursorLease | None:
        """Take a cursor, or make it."""
        await self._opened().sequencer.catch_up()
        ask = CursorAsk(plain_text(name), worker, lease_s, begin)
        lease = cast(
            "CursorLease | None",
            await self._finish(lambda connection, now: _take(connection, ask, now)),
        )
        if lease is not None and lease.log_epoch != self._log.epoch:
            self._note_log(LogState(self._log.head, lease.log_epoch))
        return lease

    async def move_cursor(
        self, lease: CursorLease, *, lease_s: float, trouble: CursorTrouble | None = None
    ) -> CursorLease | None:
        """Keep where its reader is."""

        def step(row: CursorRow | None, now: datetime) -> CursorRow | None:
            return cursors.move(row, lease, lease_s, trouble, now)

        async def move(connection: Connection, now: datetime) -> CursorLease | None:
            row = await _step(connection, lease.name, now, step)
            return cursors.lease_of(row, await _place(connection)) if row else None

        return cast("CursorLease | None", await self._finish(move))

    async def release_cursor(self, lease: CursorLease) -> None:
        """Let others have it."""
        await self._finish(
            lambda connection, now: _step(
                connection, lease.name, now, lambda row, _: cursors.release(row, lease)
            )
        )

    async def cursors(self) -> list[CursorRecord]:
        """Give all cursors by name."""
        await self._opened().sequencer.catch_up()

        async def look(connection: Connection) -> list[CursorRecord]:
            now = await self._now(connection)
            rows = await connection.fetch(_ALL)
            log = await _place(connection)
            return [cursors.record_of(_read(row), log, now) for row in rows]

        return cast("list[CursorRecord]", await self._read(look))

    async def forget_cursor(self, name: str) -> bool:
        """Forget a cursor."""

        async def forget(connection: Connection, _: datetime) -> bool:
            return bool(await connection.fetch(_FORGET, plain_text(name)))

        return cast("bool", await self._finish(forget))

    async def _finish(self, work: Callable[[Connection, datetime], Any]) -> Any:
        """Make a change to its end, also for somebody who is cancelled meanwhile.

        A reader that stops is cut off in the middle of moving its cursor more often than not.
        """
        change = asyncio.create_task(self._change(work))
        self._pending.add(change)
        change.add_done_callback(self._pending.discard)
        return await asyncio.shield(change)


async def _take(connection: Connection, ask: CursorAsk, now: datetime) -> CursorLease | None:
    while True:
        row = await _find(connection, ask.name)
        # After the cursor's lock: a head seen before could stand below where it was moved to.
        log = await _place(connection)
        if row is not None and row.position > log.head:
            await connection.fetch(_LOCK_HEAD)
            log = await _place(connection)
        taken = cursors.take(row, ask, log, now, make_epoch)
        if taken is None:
            return None
        kept, log_now = taken
        if log_now.epoch != log.epoch:
            await connection.execute(_RENEW, log_now.epoch)
        if row is not None:
            await connection.execute(_SAVE, *write_cursor_row(kept))
        elif not await connection.fetch(_NEW, *write_cursor_row(kept)):
            continue  # another machine made it meanwhile
        return cursors.lease_of(kept, log_now)


async def _step(
    connection: Connection,
    name: str,
    now: datetime,
    step: Callable[[CursorRow | None, datetime], CursorRow | None],
) -> CursorRow | None:
    changed = step(await _find(connection, name), now)
    if changed is not None:
        await connection.execute(_SAVE, *write_cursor_row(changed))
    return changed


async def _find(connection: Connection, name: str) -> CursorRow | None:
    rows = await connection.fetch(_LOCK, name)
    return _read(rows[0]) if rows else None


async def _place(connection: Connection) -> LogPlace:
    (row,) = await connection.fetch(_PLACE)
    return LogPlace(int(row["position"]), str(row["epoch"]))


def _read(row: object) -> CursorRow:
    return read_cursor_row(tuple(cast("tuple[object, ...]", row)))
