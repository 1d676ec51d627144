"""`relevo messages`: list messages of both directions, and look at one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table
from rich.text import Text

import relevo
from relevo.cli.server_address import Url
from relevo_server.commands.asking import open_client
from relevo_server.commands.event_words import content_words, plain
from relevo_server.commands.message_view import write_message
from relevo_server.commands.relay_line import dot_of, style_of, tiny_line
from relevo_server.commands.trail import Trail, read_time

_PAGE = 200
_COLUMNS = ("created_at", "direction", "status", "account", "person", "id", "content")
_ROOMY = 110
_LEAST = 7
_CONTENT = "content"

AsJson = Annotated[bool, Parameter(name="--json")]


def list_messages(
    *,
    direction: relevo.Direction | None = None,
    status: relevo.DeliveryStatus | None = None,
    account: str | None = None,
    to: str | None = None,
    dead: Annotated[bool, Parameter(negative="")] = False,
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """List messages of both directions, newest first.

    Args:
        direction: Ours, or people's.
        status: Only messages that are there now.
        account: Only messages of this account.
        to: Only messages with this person, of both directions.
        dead: Only dead letters: those given up before any handover.
        limit: How many, at most.
        as_json: Write one JSON object per line.
        url: Where the server answers.
    """
    with open_client(url) as client:
        listed = client.messages(
            direction=direction,
            status=status,
            account=account,
            to=to,
            dead=dead or None,
            limit=limit,
            page_size=_PAGE,
        )
        rows = [row.as_json() for row in listed]
    if as_json:
        for row in rows:
            print(json.dumps(row))  # noqa: T201 - the answer
    elif sys.stdout.isatty():
        _write_table(rows)
    else:
        _write_lines(rows)
    return 0


def show_message(message_id: UUID, /, *, as_json: AsJson = False, url: Url = None) -> int:
    """Show one message: its relay line, its attempts, what the provider told, and why.

    Args:
        message_id: Ours, as `relevo messages` lists it.
        as_json: Write it as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    with open_client(url) as client:
        message = client.message(message_id).as_json()
    if as_json or not sys.stdout.isatty():
        print(json.dumps(message))  # noqa: T201 - the answer
    else:
        write_message(message)
    return 0


def _write_lines(rows: Sequence[dict[str, Any]]) -> None:
    """Write one line per message, fields apart by tabs, for other programs."""
    for row in rows:
        told = {**row, "person": _person(row), "content": content_words(row.get("content"))}
        print("\t".join(str(told[column]) for column in _COLUMNS))  # noqa: T201 - the answer


def _write_table(rows: Sequence[dict[str, Any]]) -> None:
    console = Console(file=sys.stdout, highlight=False)
    if not rows:
        console.print("No message is like that. Send one: relevo send TO TEXT")
        return
    roomy = console.width >= _ROOMY
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    cells = {name: cell for name, (is_wide, cell) in _CELLS.items() if roomy or not is_wide}
    lines = [[cell(row) for cell in cells.values()] for row in rows]
    # What people wrote has the room that is left; nothing else is cut short for it.
    taken = sum(
        1 + max(len(name), *(line[place].cell_len for line in lines))
        for place, name in enumerate(cells)
        if name != _CONTENT
    )
    for name in cells:
        room = max(console.width - taken, _LEAST) if name == _CONTENT else None
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=room)
    for line in lines:
        table.add_row(*line)
    console.print(table)


def _when(row: dict[str, Any]) -> Text:
    at = read_time(row["created_at"]).astimezone()
    today = at.date() == datetime.now(at.tzinfo).date()
    return Text(f"{at:%H:%M:%S}" if today else f"{at:%d %b}", "dim")


def _status(row: dict[str, Any]) -> Text:
    if row["direction"] == relevo.Direction.IN:
        return Text("◀ reply", "bold green")
    status = str(row["status"])
    return Text(f"{dot_of(status)} {status}", style_of(status))


def _line(row: dict[str, Any]) -> Text:
    outbound = row["direction"] == relevo.Direction.OUT
    return tiny_line(Trail.of_message(row)) if outbound else Text()


def _person(row: dict[str, Any]) -> str:
    return plain(str(row.get("to") or row.get("sender") or ""))


_CELLS: Mapping[str, tuple[bool, Callable[[dict[str, Any]], Text]]] = MappingProxyType(
    {
        "when": (False, _when),
        "line": (True, _line),
        "status": (False, _status),
        "person": (False, lambda row: Text(_person(row))),
        "account": (True, lambda row: Text(str(row["account"]), "dim")),
        "id": (False, lambda row: Text(str(row["id"]), "dim")),
        _CONTENT: (False, lambda row: Text(content_words(row.get("content")))),
    }
)
"""The table's columns; whether one needs a roomy terminal, and how to fill it."""
