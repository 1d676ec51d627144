"""A claim and a burst of completions cost few trips to the database, however many lanes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio
import pytest

from relevo.engines.memory.journal import Journal
from relevo.engines.postgres import PostgresEngine
from relevo.engines.postgres.cells import Cells
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.needs import Kind, NotLoaded
from relevo.engines.postgres.statements import together
from relevo.terms import AccountTerms
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import SHOP, Scene

_TERMS = {SHOP: AccountTerms()}
_PEOPLE = 20


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class _Counted:
    """A connection that notes what it is asked."""

    def __init__(self, connection: Connection, asked: list[str]) -> None:
        self._connection = connection
        self._asked = asked

    async def fetch(self, query: str, /, *args: Any) -> list[Any]:
        self._asked.append(query)
        return await self._connection.fetch(query, *args)

    async def execute(self, query: str, /, *args: Any) -> str:
        self._asked.append(query)
        return await self._connection.execute(query, *args)


def _count(engine: PostgresEngine) -> list[list[str]]:
    """Note the statements of each transaction from now on, without those of the sequencer."""
    transactions: list[list[str]] = []
    use = engine._connections.use

    @asynccontextmanager
    async def note() -> AsyncIterator[Connection]:
        asked: list[str] = []
        async with use() as connection:
            yield _Counted(connection, asked)
        if not any("event_head" in query for query in asked):
            transactions.append(asked)

    engine._connections.use = note  # type: ignore[method-assign]
    return transactions


@pytest.mark.anyio
async def test_trips_do_not_grow_with_the_lanes(postgres_dsn: str) -> None:
    """Two look for work and lock it, two read it, one writes; with BEGIN and COMMIT, seven.

    Completions that come together make one transaction of eight trips: the
    provider's ids are looked for before the lanes are locked, and new ones written apart.
    """
    clock = FakeClock(datetime(2026, 3, 1, tzinfo=UTC))
    async with PostgresEngine(postgres_dsn, clock) as engine:
        scene = Scene(engine, clock)
        for number in range(_PEOPLE):
            await scene.accept(f"p{number:02}")
        transactions = _count(engine)
        claims = await engine.claim("worker-1", limit=_PEOPLE, lease_s=20, terms=_TERMS)
        assert len(claims) == _PEOPLE
        (asked,) = transactions
        assert len(asked) <= 7, "\n".join(asked)
        transactions.clear()
        async with anyio.create_task_group() as tasks:
            for number, claim in enumerate(claims):
                tasks.start_soon(partial(scene.hand_over, claim, f"v-{number}"))
        (asked,) = transactions
        assert len(asked) <= 8, "\n".join(asked)


def test_statements_made_one_keep_each_its_parameters() -> None:
    """Their places are counted on, also with ten and more."""
    ten = f"ten({', '.join(f'${n}' for n in range(1, 11))})"
    made = together((ten, "two($2, $1)", "one($1)"))
    assert made == f"WITH w0 AS ({ten}), w1 AS (two($12, $11)) one($13)"
    assert together(("one($1)",)) == "one($1)"


def test_a_step_undone_leaves_rows_as_they_were() -> None:
    """Loaded rows get back what they were; rows that nobody looked for are unknown again."""
    journal = Journal()
    cells: Cells[str, int] = Cells(journal, Kind.SEQUENCES)

    def fail(*keys: str) -> None:
        with journal.savepoint():
            for key in keys:
                cells.put(key, 7)
            raise ZeroDivisionError

    cells.load("kept", 1)
    cells.load("none", None)
    with pytest.raises(ZeroDivisionError):
        fail("kept", "none", "new", "kept", "new")
    assert (cells.get("kept"), cells.get("none"), cells.changes()) == (1, None, [])
    with pytest.raises(NotLoaded):
        cells.get("new")
    cells.put("kept", 2)
    with pytest.raises(ZeroDivisionError):
        fail("kept")
    assert cells.changes() == [("kept", 2)]
