"""The SQLite engine keeps the rules, on asyncio."""

from __future__ import annotations

from pathlib import Path

import pytest

from relevo.engines.sqlite import SqliteEngine
from relevo.testing.engine_conformance import OpenEngine, SoleEngineConformance


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class TestSqliteEngine(SoleEngineConformance):
    @pytest.fixture
    def open_engine(self, tmp_path: Path) -> OpenEngine:
        return lambda clock: SqliteEngine(tmp_path / "relevo.db", clock=clock)
