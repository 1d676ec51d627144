"""`relevo plugins`: every installed plugin, and what became of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from relevo.cli.failures import FAILED
from relevo.config import load_settings
from relevo.plugins import PluginReport, PluginRow, Plugins, PluginState, load_plugins

_STYLES: Mapping[PluginState, str] = MappingProxyType(
    {PluginState.LOADED: "green", PluginState.FAILED: "bold red", PluginState.DISABLED: "dim"}
)
_NOTHING = "-"


def make_plugins_command(plugins: Plugins) -> Callable[..., int]:
    """Make the command over the plugins that were loaded to build the command line."""

    def show_plugins(
        *,
        config: Path | None = None,
        as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
        tracebacks: Annotated[bool, Parameter(negative="")] = False,
    ) -> int:
        """Show every plugin and its state; exit with 1 if one failed.

        Args:
            config: The settings file that enables and disables plugins.
            as_json: Write one JSON object per line.
            tracebacks: Show where failed plugins failed.
        """
        settings = load_settings(config).plugins.model_copy(update={"strict": False})
        report = (load_plugins(settings) if config else plugins).report
        if as_json:
            _write_json(report)
        elif sys.stdout.isatty():
            _write_table(report, tracebacks=tracebacks)
        else:
            _write_lines(report, tracebacks=tracebacks)
        return FAILED if report.failed else 0

    return show_plugins


def _write_json(report: PluginReport) -> None:
    for row in report.rows:
        print(json.dumps(asdict(row)))  # noqa: T201 - the answer


def _write_lines(report: PluginReport, *, tracebacks: bool) -> None:
    """Write one line per plugin, fields apart by tabs, for other programs."""
    for row in report.rows:
        print("\t".join(_fields(row)))  # noqa: T201 - the answer
        if tracebacks and row.traceback:
            print(row.traceback, file=sys.stderr)  # noqa: T201 - asked for


def _fields(row: PluginRow) -> list[str]:
    fields = (
        row.name,
        row.distribution,
        row.version,
        row.state.value,
        ",".join(row.offers),
        " ".join((row.error or "").split()),
    )
    return [field or _NOTHING for field in fields]


def _write_table(report: PluginReport, *, tracebacks: bool) -> None:
    console = Console(file=sys.stdout, highlight=False)
    if not report.rows:
        console.print("No plugin is installed. Try: pip install relevo-console")
        return
    table = Table("plugin", "package", "version", "state", "offers", box=None, pad_edge=False)
    for row in report.rows:
        name, distribution, version, state, offers, _ = _fields(row)
        table.add_row(
            Text(name, "bold"),
            Text(distribution),
            Text(version),
            Text(state, _STYLES[row.state]),
            Text(offers.replace(",", ", ")),
        )
    console.print(table)
    for row in report.rows:
        if row.error:
            console.print()
            console.print(Text(row.error, _STYLES[row.state]), soft_wrap=True)
        if tracebacks and row.traceback:
            console.print(Text(row.traceback, "dim"), soft_wrap=True)
