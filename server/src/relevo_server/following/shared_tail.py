"""One look at the log for all who follow it in this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import anyio

import relevo
from relevo.engines.signal import Signal, wait_for
from relevo.meter import timed
from relevo.store_watch import StoreWatch
from relevo_server.following.recent import RecentEvents

logger = logging.getLogger("relevo.server")

POLL_S: Final = 1.0
PAGE: Final = 500
READS_AT_ONCE: Final = 4
"""Readers that are far behind ask the store themselves: so many at a time."""


class SharedTail:
    """Read each new event once, and keep the newest in memory for every reader.

    It works while somebody reads. Readers that stand below what is kept here read
    the store by themselves until they have caught up.
    """

    def __init__(
        self,
        engine: relevo.Engine,
        recent: RecentEvents | None = None,
        *,
        meter: relevo.Meter | None = None,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self.engine = engine
        self._meter = meter or relevo.NoMeter()
        self._store_watch = store_watch or StoreWatch()
        self.recent = recent or RecentEvents()
        self.turns = anyio.CapacityLimiter(READS_AT_ONCE)
        self.readers = 0
        self.life = 0
        """Counts how often the log was put back to an earlier day while it was followed."""
        self.former_epoch = ""
        """Of which log the places are that readers have from before then."""
        self._epoch: str | None = None
        self._newest: relevo.Event | None = None
        self._wanted = anyio.Event()
        self._news = Signal()
        self._away = False

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Count as a reader: the tail works until the block ends."""
        self.readers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self.readers -= 1

    async def wait(self, after: int, life: int, timeout_s: float) -> None:
        """Return once there are events above a position, or the time is over."""
        wake = self._news.next_wake()
        if self._epoch is None or (self.recent.last <= after and self.life == life):
            await wait_for(wake, timeout_s)

    @property
    def started(self) -> bool:
        """Whether `recent` can be asked."""
        return self._epoch is not None

    async def run(self) -> NoReturn:
        """Follow the log whenever somebody reads, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - readers wait, and it goes on
                self._tell_away(error)
                await anyio.sleep(POLL_S)
            else:
                self._away = False
            if not self.readers:
                # Kept for nobody, it would only take memory.
                self._wanted = anyio.Event()
                self._epoch = None
                self.recent.begin(0)

    async def _look(self) -> None:
        recent, engine = self.recent, self.engine
        if self._epoch is None:
            await self._begin()
        head = await engine.wait_for_events(recent.last, POLL_S)
        if head < recent.last and await engine.head() < recent.last:
            await self._begin_anew()
        elif engine.epoch != self._epoch:
            await self._take_up_epoch()
        if head > recent.last:
            with timed(self._meter, relevo.EngineCall.EVENTS):
                page = await engine.events(recent.last, limit=PAGE)
            recent.add(page)
            self._newest = page[-1] if page else self._newest
            self._news.wake()

    async def _begin(self) -> None:
        self.recent.begin(await self.engine.head())
        self._newest = await self._event_at(self.recent.last)
        self._epoch = self.engine.epoch
        self._news.wake()

    async def _event_at(self, position: int) -> relevo.Event | None:
        page = await self.engine.events(position - 1, limit=1) if position else []
        return page[0] if page else None

    async def _take_up_epoch(self) -> None:
        """Go on in a log that began a new epoch: with the same events, or with others."""
        seen = await self._event_at(self.recent.last)
        if _is_same(self._newest, seen):
            # Those written already have ids that no longer hold.
            self._epoch, self._newest = self.engine.epoch, seen
            self.recent.begin(self.recent.last)
        else:
            await self._begin_anew()

    async def _begin_anew(self) -> None:
        """Follow a log that was put back: what it tells from now on is another log."""
        self.former_epoch = self._epoch or ""
        if self.engine.epoch == self._epoch:
            await self.engine.renew_epoch(shown=self.recent.last)
        self.life += 1
        await self._begin()

    def _tell_away(self, error: Exception) -> None:
        if isinstance(error, relevo.EngineError):
            self._store_watch.failed("the event streams", error)
        elif not self._away:
            self._away = True
            logger.error("The event streams stand still: %s", relevo.frames_of(error))


def _is_same(one: relevo.Event | None, other: relevo.Event | None) -> bool:
    """Tell whether two are one event, whatever epoch their ids are of."""
    if one is None or other is None:
        return one is other
    return one.model_copy(update={"id": other.id}) == other
