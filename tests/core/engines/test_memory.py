"""The memory engine keeps the rules, on both loops."""

from __future__ import annotations

import pytest

from relevo.engines.memory import MemoryEngine
from relevo.testing.engine_conformance import EngineConformance, OpenEngine


class TestMemoryEngine(EngineConformance):
    @pytest.fixture
    def open_engine(self) -> OpenEngine:
        return lambda clock: MemoryEngine(clock=clock)
