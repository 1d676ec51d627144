"""The PostgreSQL engine keeps the rules, on asyncio, on the servers there are."""

from __future__ import annotations

from zlib import crc32

import pytest
from tests.postgres_fixtures import EVERY_POSTGRES

from relevo.engines.postgres import PostgresEngine
from relevo.testing.engine_conformance import OpenEngine, SharedEngineConformance


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let each rule run on one of the servers, drawn by its name, or on the other if that is all.

    Both versions are tried in every run, and the suite takes no longer than for one.
    """
    if metafunc.config.getoption("--every-postgres"):
        metafunc.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)
        return
    first = crc32(metafunc.function.__name__.encode()) % len(EVERY_POSTGRES)
    in_turn = (*EVERY_POSTGRES[first:], *EVERY_POSTGRES[:first])
    metafunc.parametrize("postgres_server", [in_turn], indirect=True, ids=in_turn[:1])


class TestPostgresEngine(SharedEngineConformance):
    @pytest.fixture
    def open_engine(self, emptied_postgres: str) -> OpenEngine:
        return lambda clock: PostgresEngine(emptied_postgres, clock=clock)
