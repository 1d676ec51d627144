"""The PostgreSQL engine keeps the rules, on asyncio, on every server there is."""

from __future__ import annotations

import pytest
from tests.postgres_fixtures import EVERY_POSTGRES

from relevo.engines.postgres import PostgresEngine
from relevo.testing.engine_conformance import OpenEngine, SharedEngineConformance


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("postgres_server", EVERY_POSTGRES, indirect=True)
class TestPostgresEngine(SharedEngineConformance):
    @pytest.fixture
    def open_engine(self, emptied_postgres: str) -> OpenEngine:
        return lambda clock: PostgresEngine(emptied_postgres, clock=clock)
