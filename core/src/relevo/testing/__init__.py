"""Shipped test suites: a provider or an engine proves itself by one subclass."""

from __future__ import annotations

import pytest

# Failures of the shipped suites then show the values compared, as in a test file.
pytest.register_assert_rewrite(
    "relevo.testing.engine_rules",
    "relevo.testing.provider_conformance",
    "relevo.testing.provider_rules",
)

from relevo.testing.clock import FakeClock  # noqa: E402 - rewritten above
from relevo.testing.engine_conformance import (  # noqa: E402
    DurableEngineConformance,
    EngineConformance,
    OpenEngine,
    SharedEngineConformance,
    SoleEngineConformance,
)
from relevo.testing.provider_conformance import ProviderConformance  # noqa: E402

__all__ = [
    "DurableEngineConformance",
    "EngineConformance",
    "FakeClock",
    "OpenEngine",
    "ProviderConformance",
    "SharedEngineConformance",
    "SoleEngineConformance",
]
