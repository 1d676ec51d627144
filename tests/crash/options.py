"""How long the drills last, what their chance is drawn from, and where their counts are shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

Tell = Callable[[str], None]

_TOLD = "drill"
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
    if config.option.drill_seed is None:
        # Chosen before the workers start: they are given the options as they are then.
        config.option.drill_seed = secrets.randbits(_SEED_BITS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give drills the time they were told to take, and what they need to heal on a busy machine."""
    drill_s = float(config.getoption("--drill-s"))
    for item in items:
        if "tests/crash" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(240 + 5 * drill_s))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    lines = [line for report in reports for name, line in report.user_properties if name == _TOLD]
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
    return int(pytestconfig.getoption("--drill-seed"))


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Show a line at the end of the run, and at once where output is not captured."""

    def show(line: str) -> None:
        line = f"{request.node.name}: {line}"
        print(line)  # noqa: T201 - what a failure's report shows
        request.node.user_properties.append((_TOLD, line))

    return show
