"""How long the drills last, what their chance is drawn from, and where their counts are shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

Tell = Callable[[str], None]

_LINES = pytest.StashKey[list[str]]()
_SEED_BITS = 32


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("drills", "crash drills (tests/crash)")
    group.addoption(
        "--drill-s",
        type=float,
        default=0,
        help="Go on killing for so many seconds per drill; by default each ends after its list.",
    )
    group.addoption(
        "--drill-seed", type=int, default=None, help="Draw from this seed instead of a new one."
    )


def pytest_configure(config: pytest.Config) -> None:
    pytest.register_assert_rewrite("tests.crash.policies")
    config.stash[_LINES] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give drills the time they were told to take, and what they need to heal on a busy machine."""
    drill_s = float(config.getoption("--drill-s"))
    for item in items:
        if "tests/crash" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(240 + 5 * drill_s))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash[_LINES]
    if lines:
        terminalreporter.section("crash drills")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def drill_s(pytestconfig: pytest.Config) -> float:
    """Give how long each drill goes on killing at least."""
    return float(pytestconfig.getoption("--drill-s"))


@pytest.fixture(scope="session")
def drill_seed(pytestconfig: pytest.Config) -> int:
    """Give what chance is drawn from, the same for all drills of a run."""
    asked = pytestconfig.getoption("--drill-seed")
    return secrets.randbits(_SEED_BITS) if asked is None else int(asked)


@pytest.fixture
def tell(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Tell:
    """Show a line at the end of the run, and at once where output is not captured."""

    def show(line: str) -> None:
        line = f"{request.node.name}: {line}"
        print(line)  # noqa: T201 - what a failure's report shows
        pytestconfig.stash[_LINES].append(line)

    return show
