"""The sandbox's own time: it runs with the real one, faster if told to, and can be moved on."""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import anyio.lowlevel

_SETTLE_S = 15.0
"""Real seconds an advance waits for what one moment set off; a webhook may take ten."""


class VirtualClock:
    """Tell the sandbox's time, and let its sleepers wake by it.

    Everything that lasts goes by this clock: windows, buckets, media addresses, stories
    and the gaps before a webhook comes again.
    """

    def __init__(self) -> None:
        self._speed = 1.0
        self._base = time.time()
        self._real_base = time.monotonic()
        self._moved = anyio.Event()
        self._due: list[tuple[float, int]] = []
        self._gone: set[int] = set()
        self._numbers = itertools.count()
        self._at_work = 0

    def now(self) -> float:
        """Tell the time in unix seconds."""
        return self._base + (time.monotonic() - self._real_base) * self._speed

    @property
    def speed(self) -> float:
        """How many seconds pass here in a real one."""
        return self._speed

    def run_at(self, speed: float) -> None:
        """Let so many seconds pass in each real one from now on."""
        self._jump(self.now(), speed)

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds of this clock have passed."""
        due = self.now() + seconds
        ticket = next(self._numbers)
        heapq.heappush(self._due, (due, ticket))
        try:
            while (left := due - self.now()) > 0:
                moved = self._moved
                with anyio.move_on_after(left / self._speed):
                    await moved.wait()
            await anyio.lowlevel.checkpoint()
        finally:
            self._gone.add(ticket)
            self._next_due()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Mark what belongs to the present moment: an advance goes no further until it is done."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self, count: int = 1) -> None:
        """Note so many pieces of work of the present moment."""
        self._at_work += count

    def end(self, count: int = 1) -> None:
        """Note that so many of them are done."""
        self._at_work -= count

    async def advance(self, seconds: float) -> None:
        """Move time on, stopping at each moment something was to happen, until it has happened.

        So a webhook that is refused all week is posted as often, and after the same gaps, as
        if the week had really passed.
        """
        end = self.now() + seconds
        await self._settle()
        while (due := self._next_due()) <= end:
            self._jump(max(due, self.now()), self._speed)
            await self._settle()
        self._jump(max(end, self.now()), self._speed)
        await self._settle()

    def _jump(self, to: float, speed: float) -> None:
        self._base, self._real_base, self._speed = to, time.monotonic(), speed
        moved, self._moved = self._moved, anyio.Event()
        moved.set()

    def _next_due(self) -> float:
        while self._due and self._due[0][1] in self._gone:
            self._gone.discard(heapq.heappop(self._due)[1])
        return self._due[0][0] if self._due else math.inf

    async def _settle(self) -> None:
        with anyio.move_on_after(_SETTLE_S):
            while self._at_work or self._next_due() <= self.now():  # noqa: ASYNC110 - two conditions
                await anyio.sleep(0.001)
