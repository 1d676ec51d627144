"""What is forgotten, each kind in a short transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from relevo.engines.json_text import json_text, parse_json
from relevo.engines.postgres import old_rows
from relevo.engines.postgres.connections import Connection, Connections
from relevo.engines.postgres.loading import Loader
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.news_rows import UPDATE
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.retention import PACE_UNIT_S, PURGED_CONTENT
from relevo.engines.steps.shelving import age
from relevo.engines.values import micros
from relevo.events import StatusUpdate

_PURGED: Final = json_text(PURGED_CONTENT.model_dump(mode="json"))
_WINDOW: Final = 10


@dataclass(slots=True)
class Walks:
    """Where walks through tables go on: no index leads to what they look for."""

    lane: tuple[str, str] = ("", "")


class Purges:
    """Remove old rows.

    Args:
        connections: Where.
        walks: Where the last round ended.
        limit: How many of each kind at once.
    """

    def __init__(self, connections: Connections, walks: Walks, limit: int) -> None:
        self._connections = connections
        self._walks = walks
        self._limit = limit

    async def events(self, before: datetime | None) -> int:
        """Forget the oldest events, and remember up to where."""
        return await self._count(old_rows.EVENTS, before, self._limit)

    async def webhooks(self, before: datetime | None) -> int:
        """Forget raw webhooks of which everything was applied."""
        return await self._count(old_rows.WEBHOOKS, before, self._limit)

    async def items(self, before: datetime | None) -> int:
        """Forget what tells a webhook item's repetitions."""
        return await self._count(old_rows.ITEMS, before, self._limit)

    async def contents(self, before: datetime | None) -> int:
        """Forget what closed messages said."""
        if before is None:
            return 0
        args = (micros(before), self._limit, _PURGED, "contents_purged_until")
        async with self._connections.transaction() as connection:
            await connection.execute(old_rows.LOCK_DEAD, *args)
            (row,) = await connection.fetch(old_rows.CONTENTS, *args)
        return int(row["gone"])

    async def keys(self, before: datetime) -> int:
        """Forget idempotency keys of messages closed long ago."""
        most = self._limit * _WINDOW
        return await self._count(old_rows.KEYS, before, self._limit, most, "keys_purged_until")

    async def outages(self, before: datetime) -> int:
        """Forget when no receiver was up."""
        return await self._count(old_rows.OUTAGES, before, self._limit)

    async def tickets(self, now: datetime) -> int:
        """Forget tickets that are over."""
        return await self._count(old_rows.TICKETS, now, self._limit)

    async def media(self, before: datetime | None, now: datetime) -> int:
        """Make files ones that are no longer kept."""
        return await self._count(old_rows.MEDIA, before, self._limit, micros(now))

    async def lanes(self, now: datetime) -> int:
        """Forget lanes at rest, of the next stretch of lanes."""
        most = self._limit * _WINDOW
        unit_us = PACE_UNIT_S * 1_000_000
        async with self._connections.transaction() as connection:
            seen = await connection.fetch(
                old_rows.WALK_LANES, unit_us, micros(now), *self._walks.lane, most
            )
            resting = [row for row in seen if row["rests"]][: self._limit]
            last = resting[-1] if len(resting) == self._limit else seen[-1] if seen else None
            ended = len(resting) < self._limit and len(seen) < most
            self._walks.lane = (
                ("", "") if last is None or ended else (last["account"], last["lane_key"])
            )
            if not resting:
                return 0
            (row,) = await connection.fetch(
                old_rows.DROP_LANES,
                [row["account"] for row in resting],
                [row["lane_key"] for row in resting],
            )
        return int(row["gone"])

    async def _count(self, statement: str, before: datetime | None, *more: object) -> int:
        if before is None:
            return 0
        async with self._connections.transaction() as connection:
            (row,) = await connection.fetch(statement, micros(before), *more)
        return int(row["gone"])


class Shelf:
    """Take old statuses off the shelf and tell them, in one transaction.

    Args:
        before: What was shelved by then.
        limit: How many at once.
    """

    def __init__(self, before: datetime, limit: int) -> None:
        self._before = micros(before)
        self._limit = limit
        self._taken: list[tuple[str, StatusUpdate]] = []

    async def take_off(self, connection: Connection, loader: Loader, needs: Needs) -> None:
        """Lock their ids against those who learn them just now, then take them off."""
        del needs
        self._taken = []
        refs = await connection.fetch(old_rows.OLD_SHELF, self._before, self._limit)
        if not refs:
            return
        columns = [row["account"] for row in refs], [row["provider_message_id"] for row in refs]
        await loader.lock_refs(*columns)
        rows = await connection.fetch(old_rows.TAKE_OFF, self._before, self._limit, *columns)
        await connection.execute(old_rows.DROP_REFS, *columns)
        self._taken = [
            (row["account"], UPDATE.validate_python(parse_json(row["news"]))) for row in rows
        ]

    def tell(self, rows: WorkingSet, now: datetime) -> int:
        """Tell them as events without a message."""
        for account, update in self._taken:
            age(rows, account, update, now)
        return len(self._taken)
