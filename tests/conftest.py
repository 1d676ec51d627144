"""What every test gets: both event loops, and honest skips."""

from __future__ import annotations

import os

import pytest

REQUIRED = frozenset(filter(None, os.environ.get("RELEVO_TEST_REQUIRE", "").split(",")))
"""What this machine promises to have: a missing one fails its tests instead of skipping them."""


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each async test on both loops; a folder that promises one overrides this."""
    return str(request.param)


@pytest.fixture(scope="session")
def require() -> object:
    """Skip with a reason what this machine lacks, or fail where it is promised."""

    def check(name: str, *, available: bool, reason: str) -> None:
        if available:
            return
        if name in REQUIRED:
            pytest.fail(f"RELEVO_TEST_REQUIRE names {name}: {reason}")
        pytest.skip(f"needs {name}: {reason}")

    return check
