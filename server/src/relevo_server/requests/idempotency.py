"""The `Idempotency-Key` header: a client's own name for one request."""

from __future__ import annotations

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

LONGEST_KEY = 255
_VISIBLE = frozenset(map(chr, range(0x21, 0x7F)))
_FOREIGN = "outside ASCII, such as a letter with an accent"


def read_idempotency_key(header: str | None) -> str | None:
    """Give the key, or None where there is none.

    Raises:
        Problem: It is empty, too long, or holds a character that others may change.
    """
    if header is None:
        return None
    if 1 <= len(header) <= LONGEST_KEY and _VISIBLE.issuperset(header):
        return header
    msg = (
        f"The header Idempotency-Key {_fault(header)}. Send 1 to {LONGEST_KEY} of the letters A-Z "
        "and a-z, digits, and ASCII punctuation, without spaces or accents, such as a UUID."
    )
    raise Problem(ProblemCode.INVALID_IDEMPOTENCY_KEY, msg)


def _fault(header: str) -> str:
    if not header:
        return "is empty"
    if len(header) > LONGEST_KEY:
        return f"is {len(header)} characters long"
    place, found = next((n, char) for n, char in enumerate(header, 1) if char not in _VISIBLE)
    what = "a control character" if found.isascii() else _FOREIGN
    if found == " ":
        what = "a space"
    return f"cannot be used: its character {place} is {what}"
