"""Run the Python examples of the pages, and offer tests their PostgreSQL servers."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_plugins = ["tests.postgres_fixtures", "tests.crash.options"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["*.md"]
).pytest()

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder there that nobody else may enter
MOST_WORKERS = 4


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the tests' files lie in memory: waiting for a slow disk took half of their time.

    They kill processes, never the machine, so nothing they promise depends on the disk.
    """
    if os.access(MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    # A busy machine is no finding: what must be quick is measured in a test of its own.
    settings.register_profile(
        "any-machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("any-machine")
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        # Hundreds of programs are started: compiling all they import, each time, took
        # longer than what they do. The tree stays as clean as was asked for.
        folder = tempfile.mkdtemp(prefix="relevo-bytecode-")
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let `-n auto` share the tests out: they wait more than they compute."""
    return min((os.cpu_count() or 1) + 1, MOST_WORKERS)
