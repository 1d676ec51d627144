"""Two machines on one PostgreSQL: each handler works on one of them, whatever is killed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from tests.core.handling.hands import IN_TIME_S, Notes, handled, place_of, tell

from relevo.engines.postgres import PostgresEngine
from relevo.handlers import EventHandler
from relevo.handling import HandlingTerms

pytestmark = pytest.mark.anyio

TERMS = HandlingTerms(lease_s=1, compete_s=0.05, poll_s=0.2)
PROGRAM = Path(__file__).with_name("program.py")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_each_event_is_handled_on_one_machine(postgres_dsn: str) -> None:
    """Two handlers, two machines, events from both: none twice, none missing, all in order."""
    crm, search = Notes(), Notes()
    readers = [
        EventHandler(name="crm", handle=crm.take),
        EventHandler(name="search", handle=search.take),
    ]
    kinds = [f"news-{number}" for number in range(40)]
    async with PostgresEngine(postgres_dsn) as here, PostgresEngine(postgres_dsn) as there:
        async with (
            handled(here, *readers, worker="worker-1", terms=TERMS),
            handled(there, *readers, worker="worker-2", terms=TERMS),
        ):
            for number, kind in enumerate(kinds):
                await tell((here, there)[number % 2], kind)
            for notes in (crm, search):
                await notes.until(lambda one: len(one.told) >= len(kinds))
        for name, notes in (("crm", crm), ("search", search)):
            assert sorted(notes.told) == sorted(kinds)
            positions = [event.position for event in notes.events]
            assert positions == sorted(positions)
            assert await place_of(here, name) == (len(kinds), 0)


async def test_another_machine_takes_over_from_one_that_was_killed(
    postgres_dsn: str, tmp_path: Path
) -> None:
    """Within the lease; what it had in its hands is handled again."""
    said = tmp_path / "said"
    async with PostgresEngine(postgres_dsn) as engine:
        killed = await asyncio.create_subprocess_exec(sys.executable, PROGRAM, postgres_dsn, said)
        try:
            await _until(lambda: said.exists() and "ready" in said.read_text("utf-8"))
            await tell(engine, "a", "b")
            await _until(lambda: "b" in said.read_text("utf-8").split())
        finally:
            killed.kill()
            await killed.wait()
        killed_at = time.monotonic()
        notes = Notes()
        async with handled(
            engine, EventHandler(name="crm", handle=notes.take), worker="other", terms=TERMS
        ):
            await tell(engine, "c")
            await notes.until(lambda one: "c" in one.told)
        # "a" too where it died before its commit.
        assert notes.told[-2:] == ["b", "c"]
        assert time.monotonic() - killed_at < IN_TIME_S / 2


async def _until(reached: Callable[[], bool]) -> None:
    with anyio.fail_after(IN_TIME_S * 2):
        while not reached():
            await anyio.sleep(0.02)
