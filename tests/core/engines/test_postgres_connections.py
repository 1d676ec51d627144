"""Connections stay fit for whoever comes next, however their last user left."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest

from relevo.engines.postgres.connections import Connection, Connections

_MOMENTS = [number / 4_000 for number in range(24)]
"""Seconds after which somebody stops: before, within and after each statement."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def connections(postgres_dsn: str) -> AsyncIterator[Connections]:
    connections = Connections(postgres_dsn, 1)
    await connections.open()
    yield connections
    await connections.close()


async def _name(connection: Connection) -> int:
    rows = await connection.fetch("SELECT pg_backend_pid() AS name")
    return int(rows[0]["name"])


@pytest.mark.anyio
async def test_connection_survives_whoever_stops_in_the_middle_of_a_change(
    connections: Connections,
) -> None:
    """It is neither closed for a transaction left open nor lent out with one."""
    async with connections.transaction() as connection:
        await connection.execute("CREATE TABLE kept (number integer)")
        first = await _name(connection)
    for moment in _MOMENTS:
        with anyio.move_on_after(moment):
            async with connections.transaction() as connection:
                await connection.execute("INSERT INTO kept VALUES (1)")
    async with connections.transaction() as connection:
        assert await _name(connection) == first
        rows = await connection.fetch("SELECT pg_current_xact_id_if_assigned() AS write")
        assert rows[0]["write"] is None
