"""One machine at a time has a handler's cursor, and another goes on when it dies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from tests.core.handling.hands import IN_TIME_S, QUICK, Notes, handled, place_of, tell

from relevo.engines.memory import MemoryEngine
from relevo.engines.records import CursorLease, CursorTrouble
from relevo.errors import EngineUnavailable
from relevo.events import Event
from relevo.handlers import EventHandler
from relevo.handling import HandlingTerms

pytestmark = pytest.mark.anyio

SHORT = HandlingTerms(lease_s=0.6, compete_s=0.02, poll_s=0.02, retry_base_s=0.01, retry_cap_s=0.02)


class Cut(MemoryEngine):
    """An engine whose cursors cannot be kept while `away`: nothing is committed then."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    async def move_cursor(
        self, lease: CursorLease, *, lease_s: float, trouble: CursorTrouble | None = None
    ) -> CursorLease | None:
        self._check()
        return await super().move_cursor(lease, lease_s=lease_s, trouble=trouble)

    async def release_cursor(self, lease: CursorLease) -> None:
        self._check()
        await super().release_cursor(lease)

    def _check(self) -> None:
        if self.away:
            msg = "The store is away."
            raise EngineUnavailable(msg)


def crm(handle: Callable[[Event], Any]) -> EventHandler:
    return EventHandler(name="crm", handle=handle)


async def test_what_was_handled_but_not_committed_comes_again() -> None:
    """A crash between the two; another machine takes over when the lease is over."""
    engine, before, after = Cut(), Notes(), Notes()
    async with handled(engine, crm(before.take), terms=SHORT):
        engine.away = True
        await tell(engine, "a", "b")
        await before.until_told("a", "b")
    engine.away = False
    async with handled(engine, crm(after.take), worker="worker-2", terms=SHORT):
        await after.until_told("a", "b")


async def test_other_machine_waits_while_the_first_works() -> None:
    """The lease lives on, however long the handler takes."""
    engine, taken = MemoryEngine(), list[str]()
    may_end = anyio.Event()

    async def slowly(event: Event) -> None:
        taken.append(event.data["kind"])
        await may_end.wait()

    other = Notes()
    async with (
        handled(engine, crm(slowly), worker="worker-1", terms=SHORT),
        handled(engine, crm(other.take), worker="worker-2", terms=SHORT),
    ):
        await tell(engine, "a")
        await anyio.sleep(2 * SHORT.lease_s)
        assert (taken, other.told) == (["a"], [])
        may_end.set()


async def test_machine_that_stops_lets_the_next_one_in_at_once() -> None:
    """Not only when its lease is over."""
    engine, first, second = MemoryEngine(), Notes(), Notes()
    with anyio.fail_after(IN_TIME_S):
        async with handled(engine, crm(first.take), worker="worker-1") as handling:
            await tell(engine, "a")
            await first.until_told("a")
            async with handled(engine, crm(second.take), worker="worker-2"):
                handling.drain()
                await tell(engine, "b")
                await second.until_told("b")
    assert first.told == ["a"]


async def test_handler_is_cut_off_when_its_cursor_is_lost() -> None:
    """Another may begin the same event; here somebody forgot the cursor, so it begins anew."""
    engine, tries, cut = MemoryEngine(), list[str](), anyio.Event()

    async def hang(event: Event) -> None:
        tries.append(event.data["kind"])
        if len(tries) == 1:
            try:
                await anyio.sleep_forever()
            finally:
                cut.set()

    with anyio.fail_after(IN_TIME_S):
        async with handled(engine, crm(hang), terms=SHORT):
            await tell(engine, "a")
            while not tries:
                await anyio.sleep(0.01)
            await engine.forget_cursor("crm")
            await cut.wait()
            while not any(one.worker for one in await engine.cursors()):
                await anyio.sleep(0.01)
            await tell(engine, "b")
            while len(tries) < 2:
                await anyio.sleep(0.01)
    assert tries == ["a", "b"]


async def test_handler_is_cut_off_when_its_lease_is_over() -> None:
    """The store is away, so nobody can know who has the cursor now."""
    engine, cut = Cut(), anyio.Event()

    async def hang(_: Event) -> None:
        engine.away = True
        try:
            await anyio.sleep_forever()
        finally:
            cut.set()

    with anyio.fail_after(IN_TIME_S):
        async with handled(engine, crm(hang), terms=SHORT):
            await tell(engine, "a")
            await cut.wait()
            engine.away = False


async def test_handler_goes_on_when_the_store_is_back() -> None:
    """Within the lease nothing is lost, and nothing comes twice."""
    engine, notes = Cut(), Notes()
    async with handled(engine, crm(notes.take), terms=QUICK):
        engine.away = True
        await tell(engine, "a", "b")
        await notes.until_told("a", "b")
        await anyio.sleep(0.05)
        engine.away = False
        await tell(engine, "c")
        await notes.until_told("a", "b", "c")
    assert await place_of(engine, "crm") == (3, 0)
