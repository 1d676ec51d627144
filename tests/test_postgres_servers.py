"""The servers that other tests stand on do what those tests rely on."""

from __future__ import annotations

import asyncpg
import pytest
from tests.postgres_fixtures import EVERY_POSTGRES, run_sql
from tests.postgres_server import PostgresServer


async def _go_on_asking(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """The children of a killed server notice its death by themselves, a moment later."""
    while True:
        await connection.execute("SELECT 1")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@pytest.mark.anyio
@pytest.mark.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)
async def test_each_test_has_a_schema_of_its_own(postgres_dsn: str) -> None:
    assert str(await _ask(postgres_dsn, "SELECT current_schema()")).startswith("test_")
    await _ask(postgres_dsn, "CREATE TABLE mine (x int)")
    assert await _ask(postgres_dsn, "SELECT count(*) FROM mine") == 0


@pytest.mark.anyio
async def test_private_server_keeps_what_was_committed_when_it_is_killed(
    private_postgres: PostgresServer,
) -> None:
    server = private_postgres
    held = await asyncpg.connect(server.dsn)
    await held.execute("CREATE TABLE kept AS SELECT 1 AS x")
    server.kill()
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await _go_on_asking(held)
    held.terminate()
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(server.dsn)
    server.start()
    assert await _ask(server.dsn, "SELECT x FROM kept") == 1
    server.restart()
    assert await _ask(server.dsn, "SELECT x FROM kept") == 1


def test_server_that_was_stopped_is_away(private_postgres: PostgresServer) -> None:
    private_postgres.stop()
    with pytest.raises(ConnectionRefusedError):
        run_sql(private_postgres.dsn, "SELECT 1")
