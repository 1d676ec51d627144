"""What a setup says as it goes: one line for each thing that was checked."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Verdict(StrEnum):
    """How one thing is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


class Line(NamedTuple):
    """One thing that was checked: how it is, what was seen, what to do."""

    verdict: Verdict
    subject: str
    seen: str
    advice: str = ""


_MARKS = MappingProxyType({Verdict.GOOD: "ok", Verdict.DOUBTFUL: "??", Verdict.BAD: "!!"})


class Report:
    """Write each line as it comes, and remember whether all is well."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self.lines: list[Line] = []

    def add(self, line: Line) -> None:
        """Say what was checked."""
        self.lines.append(line)
        self._write(f"{_MARKS[line.verdict]}  {line.subject}: {line.seen}\n")
        if line.advice:
            self._write(f"      {line.advice}\n")

    def good(self, subject: str, seen: str) -> None:
        """Say that something is as it should be."""
        self.add(Line(Verdict.GOOD, subject, seen))

    def doubt(self, subject: str, seen: str, advice: str) -> None:
        """Say that something may not be as it should be."""
        self.add(Line(Verdict.DOUBTFUL, subject, seen, advice))

    def bad(self, subject: str, seen: str, advice: str) -> None:
        """Say that something cannot work."""
        self.add(Line(Verdict.BAD, subject, seen, advice))

    @property
    def failed(self) -> bool:
        """Whether anything cannot work."""
        return any(line.verdict is Verdict.BAD for line in self.lines)
