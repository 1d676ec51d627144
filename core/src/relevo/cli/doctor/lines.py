"""What the doctor says: one line per thing looked at, for people and for programs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType

from rich.console import Console
from rich.text import Text


class Verdict(StrEnum):
    """How one thing is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    """It may be meant so, or cannot be known from here."""
    BAD = "bad"
    """Relevo cannot start, or cannot do a part of its work."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing the doctor looked at.

    Args:
        verdict: How it is.
        area: What kind of thing it is.
        subject: Which one; the same as the area where there is only one.
        seen: What was seen.
        advice: What to do.
    """

    verdict: Verdict
    area: str
    subject: str
    seen: str
    advice: str = ""


_STYLES: Mapping[Verdict, tuple[str, str]] = MappingProxyType(
    {
        Verdict.GOOD: ("✓", "green"),
        Verdict.DOUBTFUL: ("?", "yellow"),
        Verdict.BAD: ("✗", "bold red"),
    }
)
_NOTHING = "-"


def write_json(lines: Sequence[Line]) -> None:
    """Write one JSON object per line."""
    for line in lines:
        print(json.dumps(asdict(line)))  # noqa: T201 - the answer


def write_plain(lines: Sequence[Line]) -> None:
    """Write one line each, fields apart by tabs, for other programs."""
    for line in lines:
        fields = (" ".join(str(field).split()) or _NOTHING for field in asdict(line).values())
        print("\t".join(fields))  # noqa: T201 - the answer


def write_table(lines: Sequence[Line]) -> None:
    """Write the areas one after the other, and what it all comes to."""
    console = Console(file=sys.stdout, highlight=False)
    widest = max((len(line.subject) for line in lines), default=0)
    for area, group in groupby(lines, key=lambda line: line.area):
        console.print(Text(area, "bold"))
        for line in group:
            mark, style = _STYLES[line.verdict]
            head = Text.assemble(
                (f"  {mark} {line.verdict:<9}", style), f" {line.subject:<{widest}}  ", line.seen
            )
            console.print(head, soft_wrap=True)
            if line.advice:
                console.print(Text(f"    → {line.advice}", "dim"), soft_wrap=True)
    console.print()
    console.print(_sum_up(lines))


def _sum_up(lines: Sequence[Line]) -> Text:
    counts = Counter(line.verdict for line in lines)
    worst = next((one for one in (Verdict.BAD, Verdict.DOUBTFUL) if counts[one]), Verdict.GOOD)
    words = [f"{counts[one]} {one}" for one in reversed(Verdict) if counts[one]]
    return Text(f"{', '.join(words)}.", _STYLES[worst][1])
