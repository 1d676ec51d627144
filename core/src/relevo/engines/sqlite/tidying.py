"""Rounds of tidying: readers find, the writer removes a little at a time."""

from __future__ import annotations

from datetime import datetime

from relevo.engines.records import Purged, Retention
from relevo.engines.retention import cutoffs
from relevo.engines.sqlite import media_rows, upkeep
from relevo.engines.sqlite.core import SqliteCore
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.sqlite.walks import (
    ITEMS,
    KEYS,
    LANES,
    WEBHOOKS,
    Key,
    Stretch,
    Walk,
)
from relevo.engines.steps.shelving import age
from relevo.engines.steps.withdrawing import expire
from relevo.engines.values import micros


class SqliteTidying(SqliteCore):
    """Remove what need not be kept any longer."""

    async def tidy(self, retention: Retention, *, limit: int = 500) -> Purged:
        """Remove at most `limit` of each kind, each in a turn of its own."""
        now = self._clock()
        until = cutoffs(retention, now)
        gone = {
            "expired": await self.expire(limit=limit),
            "events": await self._purge_events(until.events, limit),
            "webhooks": await self._remove(WEBHOOKS, until.webhooks, limit),
            "items": await self._remove(ITEMS, until.items, limit),
            "contents": await self._empty(until.contents, limit),
            "keys": await self._remove(KEYS, until.keys, limit),
            "lanes": await self._remove(LANES, now, limit),
            "shelved": await self._write(lambda rows, _: _age(rows, until.shelf, now, limit)),
            "outages": await self._write(lambda rows, _: rows.purge_outages(until.outages, limit)),
            "tickets": await self._write(lambda rows, _: rows.purge_tickets(now, limit)),
        }
        gone["media"] = await self._purge_media(until.media, limit)
        more = any(count >= limit for count in gone.values())
        for untold in ("items", "outages", "tickets"):
            del gone[untold]
        return Purged(**gone, more=more)

    async def _purge_events(self, until: datetime | None, limit: int) -> int:
        if until is None:
            return 0
        floor, last = await self._read(lambda one: upkeep.find_old_events(one, until, limit))
        if last == floor:
            return 0
        return await self._write(lambda rows, _: rows.purge_events(floor, last))

    async def _empty(self, until: datetime | None, limit: int) -> int:
        if until is None:
            return 0
        old = await self._read(lambda one: upkeep.find_old_contents(one, until, limit))
        return await self._write(lambda rows, _: rows.empty(old)) if old else 0

    async def _purge_media(self, until: datetime | None, limit: int) -> int:
        if until is None:
            return 0
        old = await self._read(lambda one: media_rows.find_old_media(one, until, limit))
        return await self._write(lambda rows, now: rows.purge_media(old, now)) if old else 0

    async def _remove(self, walk: Walk, until: datetime | None, limit: int) -> int:
        if until is None:
            return 0
        found = await self._walk(walk, until, limit)
        if not found:
            return 0
        return await self._write(lambda rows, _: rows.remove(walk.remove, found, micros(until)))

    async def expire(self, *, limit: int = 500) -> int:
        """Retire waiting messages whose time is over."""
        now = self._clock()
        found = await self._read(lambda reader: upkeep.find_overdue(reader, now, limit))
        return await self._write(lambda rows, at: expire(rows, found, at)) if found else 0

    async def _walk(self, walk: Walk, until: datetime, limit: int) -> list[Key]:
        begin = self._began.get(walk, walk.start)
        stretch: Stretch = await self._read(
            lambda reader: walk.go(reader, micros(until), begin, limit)
        )
        self._began[walk] = stretch.next
        return stretch.keys


def _age(rows: SqliteRows, until: datetime, now: datetime, limit: int) -> int:
    old = rows.take_old(until, limit)
    for account, update in old:
        age(rows, account, update, now)
    return len(old)
