"""What would become of a message, for a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from relevo_server.commands.event_words import error_words, plain
from relevo_server.commands.trail import read_time


def write_plan(plan: Mapping[str, Any]) -> None:
    """Write a plan: who sends it, when, what speaks against it, and what the vendor would see."""
    console = Console(file=sys.stdout, highlight=False)
    for name, words, style in _lines(plan):
        line = Text(f"{name:<10}", "dim")
        line.append(plain(words), style)
        console.print(line, soft_wrap=True)
    if plan.get("payload") is not None:
        console.print(Text("payload, private values hidden", "dim"))
        console.print(Text(json.dumps(plan["payload"], indent=2)), soft_wrap=True)
    console.print(Text("Nothing was kept or sent.", "dim"))


def _lines(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield "account", f"{plan['account']} ({plan['provider']})", "bold"
    yield "to", str(plan["to"]), ""
    yield "needs", ", ".join(plan["capabilities"]), ""
    if window := plan.get("window"):
        yield "window", str(window["state"]), "" if window["state"] == "open" else "yellow"
    for warning in plan["warnings"]:
        yield "warning", f"{warning['message']} {warning['advice']}", "yellow"
    for preference in plan["preferences"]:
        if not preference["allowed"]:
            yield "opt-out", f"wants nothing of {preference['category']!r}", "yellow"
    if refusal := plan.get("refusal"):
        yield "refused", error_words(refusal), "bold red"
    if standing := plan.get("standing"):
        yield "why", " ".join(standing["why"]), ""
        at = standing.get("next_at")
        moment = f" ({read_time(at).astimezone():%d %b %H:%M:%S})" if at else ""
        yield "next", f"{standing['next']}{moment}", "green"
