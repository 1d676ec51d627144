"""Lists for people and for programs: a table in a terminal, lines or JSON in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relevo_server.commands.event_words import plain
from relevo_server.commands.trail import read_time

Row = Mapping[str, Any]
_NOTHING = "-"


def write_rows(
    rows: Sequence[Row],
    columns: Mapping[str, Callable[[Row], str]],
    *,
    as_json: bool,
    styles: Mapping[str, Callable[[Row], str]],
    nothing: str,
) -> None:
    """Write rows the way their reader wants them.

    Args:
        rows: As the server gave them.
        columns: A table's columns, or a line's fields, and how to fill them.
        as_json: One JSON object per line.
        styles: How a column looks in a terminal.
        nothing: What a person reads where there is no row.
    """
    if as_json:
        for row in rows:
            print(json.dumps(row))  # noqa: T201 - the answer
    elif not sys.stdout.isatty():
        for row in rows:
            fields = (" ".join(fill(row).split()) or _NOTHING for fill in columns.values())
            print("\t".join(map(plain, fields)))  # noqa: T201 - the answer
    else:
        _write_table(rows, columns, styles, nothing)


def told_at(time: str) -> str:
    """Write a moment: for a person as their clock shows it, for a program as the API does."""
    return f"{read_time(time).astimezone():%Y-%m-%d %H:%M:%S}" if sys.stdout.isatty() else time


def _write_table(
    rows: Sequence[Row],
    columns: Mapping[str, Callable[[Row], str]],
    styles: Mapping[str, Callable[[Row], str]],
    nothing: str,
) -> None:
    console = Console(file=sys.stdout, highlight=False)
    if not rows:
        console.print(nothing)
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            *(
                Text(plain(fill(row)), styles[name](row) if name in styles else "")
                for name, fill in columns.items()
            )
        )
    console.print(table)
