"""The `Prefer` header (RFC 7240): how long a client wants to wait for an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.reasons import FieldError

LONGEST_WAIT_S: Final = 60
_LONGEST: Final = 1_024
"""A header of more wishes than anybody has is not read: quotes that never end cost the square."""
_STRICT: Final = "strict"
# A wish, what belongs to it, and all between quotes as one piece.
_PIECE: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,;"]|")+|[,;]')
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a client would like. `wait_s` None: it does not want to wait."""

    wait_s: int | None = None
    respond_async: bool = False
    handling: str | None = None

    def applied(self, *, waited: bool, finished: bool) -> dict[str, str]:
        """Tell the client which of its wishes came true.

        Args:
            waited: Whether there was anything to wait for, and it was waited for.
            finished: Whether the answer has what came of it.
        """
        wishes: list[str] = []
        if self.wait_s is not None and waited:
            wishes.append(f"wait={self.wait_s}")
        if self.respond_async and not finished:
            wishes.append("respond-async")
        if self.handling is not None:
            wishes.append(f"handling={self.handling}")
        return {"Preference-Applied": ", ".join(wishes)} if wishes else {}


def parse_preferences(header: str | None) -> Preferences:
    """Read `Prefer`. Of a wish that comes twice the first counts; unknown ones are no error.

    Raises:
        Problem: `wait` is no number of seconds, and the client wants to be told
            (`handling=strict`).
    """
    wishes: dict[str, str] = {}
    read = header if header is not None and len(header) <= _LONGEST else ""
    for name, value in _wishes(read):
        wishes.setdefault(name, value)
    handling = wishes.get("handling", "").lower()
    wait = wishes.get("wait")
    wait_s = None
    if wait is not None and wait.isascii() and wait.isdigit():
        wait_s = min(int(wait[:6]), LONGEST_WAIT_S)
    elif wait is not None and handling == _STRICT:
        reason = "wait has to be a whole number of seconds, such as wait=10"
        msg = f"The header Prefer cannot be used: {reason}."
        raise Problem(
            ProblemCode.INVALID_PARAMETER, msg, errors=[FieldError(field="Prefer", reason=reason)]
        )
    return Preferences(
        wait_s, "respond-async" in wishes, handling if handling in {_STRICT, "lenient"} else None
    )


def _wishes(header: str) -> Iterator[tuple[str, str]]:
    """Give names and values; what stands behind a semicolon belongs to a wish and says nothing."""
    begins = True
    for piece in _PIECE.findall(header):
        if piece in {",", ";"}:
            begins = piece == ","
        elif begins:
            name, _, value = piece.partition("=")
            yield name.strip().lower(), _plain(value.strip())
            begins = False


def _plain(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    return re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL) if quoted else value
