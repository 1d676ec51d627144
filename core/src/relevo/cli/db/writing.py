"""One answer of a few named values, for people and for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

_NOTHING = "-"


def write_answer(answer: Mapping[str, object], *, as_json: bool) -> None:
    """Write it as one JSON object; else aligned in a terminal, apart by tabs in a pipe."""
    if as_json:
        named = {name.replace(" ", "_"): value for name, value in answer.items()}
        print(json.dumps(named))  # noqa: T201 - the answer
        return
    if not sys.stdout.isatty():
        for name, value in answer.items():
            print(f"{name}\t{_words(value)}")  # noqa: T201 - the answer
        return
    console = Console(file=sys.stdout, highlight=False)
    widest = max(map(len, answer))
    for name, value in answer.items():
        line = Text.assemble((f"{name:<{widest}}  ", "bold"), _words(value))
        console.print(line, soft_wrap=True)


def write_copied(copied: Mapping[str, int], *, as_json: bool) -> None:
    """Write what a copy came to, unless its progress said so already."""
    if as_json:
        write_answer(copied, as_json=True)
    elif sys.stdout.isatty():
        Console(file=sys.stdout, highlight=False).print(f"Copied {sum(copied.values())} rows.")


def _words(value: object) -> str:
    if value is None:
        return _NOTHING
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
