"""One account for people: whether it sends, what its vendor says, what to mend."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from relevo_server.commands.event_words import error_words, plain
from relevo_server.commands.trail import read_time

_ALERT = "bold red"


def write_account(row: Mapping[str, Any]) -> None:
    """Write an account, a fact to a line; in a pipe, name and value apart by a tab."""
    lines = list(_lines(row))
    if not sys.stdout.isatty():
        for name, value, _ in lines:
            print(f"{plain(name)}\t{plain(value)}")  # noqa: T201 - the answer
        return
    console = Console(file=sys.stdout, highlight=False)
    widest = max(len(name) for name, _, _ in lines)
    for name, value, style in lines:
        console.print(Text.assemble((f"{plain(name):<{widest}}  ", "dim"), (plain(value), style)))


def _can_send(row: Mapping[str, Any], health: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    said = "yes" if health["can_send"] else "no"
    paused_at = row.get("paused_at")
    if paused_at is not None and read_time(paused_at) > read_time(health["asked_at"]):
        # An older answer says nothing of how it is now.
        yield "can send", f"no, it is paused ({said} when it was asked, before that)", _ALERT
        return
    yield "can send", said, "" if health["can_send"] else _ALERT


def _lines(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield "account", str(row["name"]), "bold"
    yield "provider", str(row["provider"]), ""
    yield "state", str(row["state"]), "" if row["state"] == "active" else _ALERT
    if why := error_words(row.get("pause_error")):
        yield "why", why, ""
    health = row.get("health")
    if health is None:
        yield "health", "not known: its provider has not said", "dim"
        return
    yield "asked at", f"{read_time(health['asked_at']).astimezone():%Y-%m-%d %H:%M:%S}", ""
    yield from _can_send(row, health)
    for name, value in health["facts"].items():
        yield name, value if isinstance(value, str) else json.dumps(value), ""
    for problem in health["problems"]:
        yield "problem", problem, _ALERT
