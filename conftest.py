"""Run the Python examples of the pages, and offer tests their PostgreSQL servers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_plugins = ["tests.postgres_fixtures", "tests.crash.options"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["*.md"]
).pytest()

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder there that nobody else may enter


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Let the tests' files lie in memory: waiting for a slow disk took half of their time.

    They kill processes, never the machine, so nothing they promise depends on the disk.
    """
    if os.access(MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
