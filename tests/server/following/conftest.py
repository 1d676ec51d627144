"""Engines with something in their logs, and readers that are told when to look."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

import relevo
from relevo.engines.memory import MemoryEngine
from relevo.engines.port import Clock
from relevo.engines.postgres import PostgresEngine
from relevo.engines.sqlite import SqliteEngine
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import Scene
from relevo_server.following import LogReader, SharedTail, Start, StreamFormat
from relevo_server.following.recent import RecentEvents

EVERY_ENGINE = ["memory", "sqlite", "postgres"]


@pytest.fixture(params=EVERY_ENGINE)
def new_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Clock], Any]:
    """Each engine."""
    if request.param == "postgres":
        dsn = request.getfixturevalue("postgres_dsn")
        return lambda clock: PostgresEngine(dsn, clock=clock)
    if request.param == "sqlite":
        return lambda clock: SqliteEngine(tmp_path / "relevo.db", clock=clock)
    return lambda clock: MemoryEngine(clock=clock)


@pytest.fixture
async def scene(new_engine: Callable[[Clock], Any]) -> AsyncIterator[Scene]:
    """Each engine, on a clock that is turned by hand."""
    clock = FakeClock()
    async with new_engine(clock) as engine:
        yield Scene(engine, clock)


class Follower:
    """A reader, and what it was given."""

    def __init__(self, reader: LogReader) -> None:
        self.reader = reader
        self.taken: list[bytes] = []

    async def catch_up(self, position: int) -> list[str]:
        """Read until nothing below a position is left; give the ids that came."""
        before = len(self.taken)
        with anyio.fail_after(30):
            while self.reader.position < position:
                await self.reader.wait(5)
                if chunk := await self.reader.take():
                    self.taken += [part for part in chunk.split(b"\n\n") if part]
        lines = [frame.split(b"\n")[0].decode() for frame in self.taken[before:]]
        return [line.removeprefix("id: ") for line in lines]


@pytest.fixture
def following() -> Callable[..., Any]:
    """Follow an engine's log, keeping so much of it in memory."""

    @asynccontextmanager
    async def follow(
        engine: relevo.Engine, **bounds: int
    ) -> AsyncIterator[Callable[..., Follower]]:
        tail = SharedTail(engine, RecentEvents(**bounds))

        def read(
            position: int,
            query: relevo.EventQuery | None = None,
            form: StreamFormat = StreamFormat.CLOUDEVENTS,
        ) -> Follower:
            wanted = query or relevo.EventQuery()
            return Follower(LogReader(tail, Start(position), wanted, form))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tail.run)
            with tail.attached():
                yield read
            tasks.cancel_scope.cancel()

    return follow
