"""Handlers that note what they are handed, and quick terms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from relevo.dispatch import Dispatcher
from relevo.engines.port import Engine
from relevo.events import AccountUpdate, Event
from relevo.handlers import EventReader
from relevo.handling import Handling, HandlingTerms
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.stage import Stage

QUICK = HandlingTerms(lease_s=100, compete_s=0.02, poll_s=0.02, retry_base_s=0.01, retry_cap_s=0.02)
IN_TIME_S = 30.0


async def tell(engine: Engine, *kinds: str, account: str = "shop") -> None:
    """Let news about an account be told, each an event of its own."""
    await Stage(engine, FakeClock()).hear(*map(AccountUpdate, kinds), account=account)


@dataclass
class Notes:
    """What a handler was handed; `fault` may raise before it is noted."""

    fault: Callable[[Event], object] = lambda _: None
    told: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    tries: int = 0
    _more: anyio.Event = field(default_factory=anyio.Event)

    async def take(self, event: Event) -> None:
        """Be handed one."""
        await self.take_all([event])

    async def take_all(self, events: Sequence[Event]) -> None:
        """Be handed several."""
        self.tries += 1
        try:
            for event in events:
                self.fault(event)
            self.events.extend(events)
            self.told.extend(str(event.data.get("kind", event.type.value)) for event in events)
        finally:
            more, self._more = self._more, anyio.Event()
            more.set()

    async def until(self, reached: Callable[[Notes], bool]) -> None:
        """Wait until something was reached."""
        with anyio.fail_after(IN_TIME_S):
            while not reached(self):
                await self._more.wait()

    async def until_told(self, *kinds: str) -> None:
        """Wait for the last of these, and see that these came, in this order."""
        await self.until(lambda notes: kinds[-1] in notes.told)
        assert self.told == list(kinds)


@asynccontextmanager
async def handled(
    engine: Engine,
    *readers: EventReader,
    worker: str = "worker-1",
    terms: HandlingTerms = QUICK,
    dispatcher: Dispatcher | None = None,
) -> AsyncIterator[Handling]:
    """Hand events over until the block ends, then stop as a process does that is asked to."""
    handling = Handling(engine, readers, worker=worker, terms=terms, dispatcher=dispatcher)
    await handling.begin()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handling.run)
        yield handling
        handling.drain()


async def place_of(engine: Engine, name: str) -> tuple[int, int]:
    """Tell a cursor's position, and how far it is behind."""
    (record,) = [one for one in await engine.cursors() if one.name == name]
    return record.position, record.behind
