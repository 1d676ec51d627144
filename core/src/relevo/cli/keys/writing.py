"""Keys for people and for programs: a table in a terminal, lines or JSON in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relevo.cli.keys.places import MadeKey, Row

_NOTHING = "-"
_MADE_IN = "made in"
_ALL = "all"
_ROOMY = 140
_LONG = frozenset({"name", "scopes", "accounts"})
"""What may go on in a second line; no header, date or id does."""
_STYLES: Mapping[str, str] = MappingProxyType(
    {"active": "green", "expired": "dim", "revoked": "dim"}
)


def write_key(made: MadeKey, *, where: str, as_json: bool) -> None:
    """Write the key alone on stdout, so that a script can keep it; what it is goes to stderr.

    Args:
        made: The key.
        where: Who keeps it, in words.
        as_json: Write one JSON object instead, the key in it.
    """
    key = made.key.get_secret_value()
    if as_json:
        print(json.dumps({**made.row, "key": key, "made_in": where, "notice": made.notice}))  # noqa: T201 - the answer
        return
    console = Console(file=sys.stderr, highlight=False)
    widest = max(map(len, _COLUMNS))
    for name, fill in _COLUMNS.items():
        if (words := fill(made.row)) != _NOTHING:
            line = Text.assemble((f"{name:<{widest}}  ", "dim"), _plain(words))
            console.print(line, soft_wrap=True)
    console.print(Text.assemble((f"{_MADE_IN:<{widest}}  ", "dim"), _plain(where)), soft_wrap=True)
    if made.notice is not None:
        console.print(Text(_plain(made.notice), "yellow"), soft_wrap=True)
    console.print(Text("The key is told this once:", "bold"), soft_wrap=True)
    sys.stderr.flush()
    print(key)  # noqa: T201 - the answer


def write_keys(rows: Sequence[Row], *, as_json: bool) -> None:
    """Write all keys, one a line."""
    if as_json:
        for row in rows:
            print(json.dumps(row))  # noqa: T201 - the answer
    elif not sys.stdout.isatty():
        for row in rows:
            fields = (_plain(fill(row)) for fill in _FOR_PROGRAMS.values())
            print("\t".join(fields))  # noqa: T201 - the answer
    elif rows:
        _write_table(rows)
    else:
        Console(file=sys.stdout, highlight=False).print("There are no keys.")


def _write_table(rows: Iterable[Row]) -> None:
    console = Console(file=sys.stdout, highlight=False)
    columns = _COLUMNS if console.width >= _ROOMY else _NARROW
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, no_wrap=name not in _LONG, overflow="fold", min_width=len(name))
    for row in rows:
        style = _STYLES[_state(row)]
        cells = {name: _plain(fill(row)) for name, fill in columns.items()}
        table.add_row(
            *(Text(words, style if name == "state" else "") for name, words in cells.items())
        )
    console.print(table)


def _state(row: Row) -> str:
    if row.get("revoked_at"):
        return "revoked"
    return "active" if row["active"] else "expired"


def _moment(name: str, form: str = "%Y-%m-%d %H:%M") -> Callable[[Row], str]:
    def fill(row: Row) -> str:
        told = row.get(name)
        if told is None:
            return _NOTHING
        return f"{datetime.fromisoformat(told).astimezone():{form}}"

    return fill


def _as_told(name: str) -> Callable[[Row], str]:
    return lambda row: row.get(name) or _NOTHING


def _names(row: Row) -> str:
    return _ALL if row.get("accounts") is None else ", ".join(row["accounts"]) or "none"


_COLUMNS: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "id": lambda row: row["id"],
        "name": lambda row: row["name"],
        "state": _state,
        "scopes": lambda row: ", ".join(row["scopes"]),
        "accounts": _names,
        "rate": lambda row: f"{row['rate']}/min" if row.get("rate") else _NOTHING,
        "created": _moment("created_at"),
        "expires": _moment("expires_at"),
        "last used": _moment("last_used_at"),
    }
)
_FOR_PROGRAMS: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        **_COLUMNS,
        "created": _as_told("created_at"),
        "expires": _as_told("expires_at"),
        "last used": _as_told("last_used_at"),
    }
)
_DAY = "%Y-%m-%d"
_NARROW: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        **{name: fill for name, fill in _COLUMNS.items() if name not in {"rate", "created"}},
        "expires": _moment("expires_at", _DAY),
        "last used": _moment("last_used_at", _DAY),
    }
)
"""What has room in 80 columns; the rest is told where there is more, and by `--json`."""


def _plain(text: str) -> str:
    """Take out what would steer the terminal, or end a line or a field."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
