"""The page about the command line tells what there is: commands, options, exit codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cyclopts
import pytest

from relevo.cli.app import build_app
from relevo.cli.failures import MEANINGS
from relevo.plugins import load_plugins

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "command-line.md").read_text("utf-8")


def sections() -> dict[str, str]:
    parts = re.split(r"^## `relevo ([a-z-]+)`$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(app: cyclopts.App) -> Iterator[str]:
    """Give every option of a command and of those below it."""
    if app.default_command is not None:
        for argument in app.assemble_argument_collection():
            yield from (name for name in argument.names if re.match(r"--(?!no-|empty-)", name))
    for name in app:
        if not name.startswith("-"):
            yield from options(app[name])


def commands() -> dict[str, cyclopts.App]:
    app = build_app(load_plugins())
    return {name: app[name] for name in app if not name.startswith("-")}


def test_every_command_has_a_section_and_no_other() -> None:
    assert set(sections()) == set(commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_section_shows_every_option_and_no_other(name: str) -> None:
    known = set(options(commands()[name]))
    shown = set(re.findall(r"--[a-z][a-z-]*", sections()[name]))
    everywhere = {"--json", "--url"}
    assert shown - known == set()
    assert known - shown - everywhere == set()


def test_table_has_every_exit_code_with_its_meaning() -> None:
    told = dict(re.findall(r"^\| (\d+) \| (.*?) \|$", PAGE, flags=re.MULTILINE))
    assert list(map(int, told)) == list(MEANINGS)
    for code, meaning in MEANINGS.items():
        assert told[str(code)].startswith(meaning)
