"""`relevo accounts`: whether each account's messages leave, and a person's say in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from relevo.cli.server_address import Url
from relevo_server.commands.account_view import write_account
from relevo_server.commands.asking import open_client
from relevo_server.commands.event_words import error_words
from relevo_server.commands.tables import Row, write_rows
from relevo_server.commands.trail import read_time

if TYPE_CHECKING:
    from relevo.client import Client

AsJson = Annotated[bool, Parameter(name="--json")]
_BY_HAND = "paused with `relevo accounts pause`"


def list_accounts(*, as_json: AsJson = False, url: Url = None) -> int:
    """List the accounts: how fast they send, and whether they are paused.

    Args:
        as_json: Write one JSON object per line.
        url: Where the server answers.
    """
    with open_client(url) as client:
        rows = [row.as_json() for row in client.accounts()]
    write_rows(rows, _COLUMNS, as_json=as_json, styles=_STYLES, nothing="No account is configured.")
    return 0


def show_account(
    name: str, /, *, ask: bool = False, as_json: AsJson = False, url: Url = None
) -> int:
    """Show how an account is: what its vendor says of it, and what to mend.

    Args:
        name: The account.
        ask: Ask the vendor now; without it, the last answer is shown.
        as_json: Write one JSON object.
        url: Where the server answers.
    """
    with open_client(url) as client:
        row = _read_one(client, name, ask=ask)
    if as_json:
        print(json.dumps(row))  # noqa: T201 - the answer
    else:
        write_account(row)
    return 0


def pause_account(
    name: str, /, *, reason: str = _BY_HAND, as_json: AsJson = False, url: Url = None
) -> int:
    """Let an account's messages wait until it is resumed; new ones are still accepted.

    Args:
        name: The account.
        reason: For whoever wonders why; it is logged and shown.
        as_json: Write the account as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    with open_client(url) as client:
        row = client.pause(name, reason).as_json()
    _write(row, as_json=as_json)
    return 0


def resume_account(name: str, /, *, as_json: AsJson = False, url: Url = None) -> int:
    """Let an account's messages go on.

    Args:
        name: The account.
        as_json: Write the account as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    with open_client(url) as client:
        row = client.resume(name).as_json()
    _write(row, as_json=as_json)
    return 0


def _write(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json or not sys.stdout.isatty():
        print(json.dumps(row))  # noqa: T201 - the answer
    else:
        write_rows([row], _COLUMNS, as_json=False, styles=_STYLES, nothing="")


def _read_one(client: Client, name: str, *, ask: bool) -> dict[str, Any]:
    if ask:
        client.ask_account_health(name)
    for row in client.accounts():
        if row.name == name:
            return row.as_json()
    # The server says in its words that it knows no such account.
    return client.account_health(name).as_json()


def _state(row: Row) -> str:
    state = str(row["state"])
    if row.get("paused_at"):
        return f"{state} since {_when(row['paused_at'])}"
    if row.get("blocked_until"):
        return f"{state} until {_when(row['blocked_until'])}"
    return state


def _when(time: str) -> str:
    return f"{read_time(time).astimezone():%Y-%m-%d %H:%M:%S}"


def _pace(row: Row) -> str:
    rate = row["limits"].get("rate")
    return f"{rate:g}/s" if rate else ""


_COLUMNS: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "account": lambda row: str(row["name"]),
        "provider": lambda row: str(row["provider"]),
        "state": _state,
        "rate": _pace,
        "in doubt": lambda row: str(row["on_unknown"]),
        "why": lambda row: error_words(row.get("pause_error")),
    }
)
_COLOURS: Mapping[str, str] = MappingProxyType(
    {"active": "green", "paused": "bold red", "blocked": "yellow"}
)
_STYLES: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "account": lambda _: "bold",
        "state": lambda row: _COLOURS.get(str(row["state"]), ""),
        "why": lambda _: "dim",
    }
)
