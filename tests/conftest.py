"""What every test gets: both event loops, and honest skips."""

from __future__ import annotations

import logging
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

RELEVO = Path(sys.executable).with_name("relevo")
IN_TIME_S = 30

InPipe = Callable[..., subprocess.CompletedProcess[str]]
InTerminal = Callable[..., tuple[str, int]]

REQUIRED = frozenset(filter(None, os.environ.get("RELEVO_TEST_REQUIRE", "").split(",")))
"""What this machine promises to have: a missing one fails its tests instead of skipping them."""


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each async test on both loops; a folder that promises one overrides this."""
    return str(request.param)


@pytest.fixture(autouse=True)
def _root_logs_as_before() -> Iterator[None]:
    """Undo what an application of a test does to the process: Litestar's own lets all be logged."""
    root = logging.getLogger()
    before = root.level
    yield
    root.setLevel(before)


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


@pytest.fixture
def in_pipe() -> InPipe:
    """Run the real `relevo` with these words and variables; its output is a pipe."""

    def run(*tokens: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [RELEVO, *tokens],
            capture_output=True,
            text=True,
            check=False,
            timeout=IN_TIME_S,
            env={**os.environ, **variables},
        )

    return run


@pytest.fixture
def in_terminal() -> InTerminal:
    """Run the real `relevo` in a terminal of its own; give what it showed, and its code."""

    def run(*tokens: str, **variables: str) -> tuple[str, int]:
        master, slave = pty.openpty()
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", **variables}
        with subprocess.Popen([RELEVO, *tokens], stdout=slave, stderr=slave, env=env) as process:
            os.close(slave)
            shown = b""
            while True:
                try:
                    part = os.read(master, 65_536)
                except OSError:  # Linux says EIO where others give nothing
                    part = b""
                if not part:
                    break
                shown += part
        os.close(master)
        return shown.decode(), process.returncode

    return run
