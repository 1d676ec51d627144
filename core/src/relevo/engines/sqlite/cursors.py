"""The SQLite engine's cursors into its event log."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from relevo.engines.cursor_columns import CURSOR_COLUMNS, read_cursor_row
from relevo.engines.records import Begin, CursorLease, CursorRecord, CursorTrouble
from relevo.engines.revisions import make_epoch
from relevo.engines.sqlite import facts
from relevo.engines.sqlite.core import SqliteCore
from relevo.engines.sqlite.opening import read_head
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.steps import cursors
from relevo.engines.steps.cursors import CursorAsk, LogPlace

_LISTED: Final = ", ".join(CURSOR_COLUMNS)
_ALL: Final = f"SELECT {_LISTED} FROM event_cursor ORDER BY name"


class SqliteCursors(SqliteCore):
    """Named places in the log."""

    async def take_cursor(
        self, name: str, worker: str, *, lease_s: float, begin: Begin = Begin.HEAD
    ) -> CursorLease | None:
        """Take a cursor, or make it."""
        ask = CursorAsk(name, worker, lease_s, begin)
        lease = await self._write(lambda rows, now: _take(rows, ask, now))
        if lease is not None:
            self._epoch = lease.log_epoch
        return lease

    async def move_cursor(
        self, lease: CursorLease, *, lease_s: float, trouble: CursorTrouble | None = None
    ) -> CursorLease | None:
        """Keep where its reader is."""

        def move(rows: SqliteRows, now: datetime) -> CursorLease | None:
            row = cursors.move(rows.cursor(lease.name), lease, lease_s, trouble, now)
            return None if row is None else cursors.lease_of(rows.save_cursor(row), rows.place())

        return await self._write(move)

    async def release_cursor(self, lease: CursorLease) -> None:
        """Let others have it."""

        def release(rows: SqliteRows, _: datetime) -> None:
            if (free := cursors.release(rows.cursor(lease.name), lease)) is not None:
                rows.save_cursor(free)

        await self._write(release)

    async def cursors(self) -> list[CursorRecord]:
        """Give all cursors by name."""
        now = self._clock()
        return await self._read(lambda reader: _find_all(reader, now))

    async def forget_cursor(self, name: str) -> bool:
        """Forget a cursor."""
        return await self._write(lambda rows, _: rows.forget_cursor(name))


def _take(rows: SqliteRows, ask: CursorAsk, now: datetime) -> CursorLease | None:
    log = rows.place()
    taken = cursors.take(rows.cursor(ask.name), ask, log, now, make_epoch)
    if taken is None:
        return None
    row, log_now = taken
    if log_now.epoch != log.epoch:
        rows.keep_fact(facts.EPOCH, log_now.epoch)
    return cursors.lease_of(rows.save_cursor(row), log_now)


def _find_all(reader: sqlite3.Connection, now: datetime) -> list[CursorRecord]:
    log = LogPlace(read_head(reader), facts.read_fact(reader, facts.EPOCH) or "")
    rows = reader.execute(_ALL).fetchall()
    return [cursors.record_of(read_cursor_row(row), log, now) for row in rows]
