"""The `Idempotency-Key` header: a client's own name for one request."""

from __future__ import annotations

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

LONGEST_KEY = 255
_VISIBLE = frozenset(map(chr, range(0x21, 0x7F)))


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
        f"The header Idempotency-Key has {len(header)} characters or one that cannot stand in it. "
        f"Send 1 to {LONGEST_KEY} visible ASCII characters without spaces, such as a UUID."
    )
    raise Problem(ProblemCode.INVALID_IDEMPOTENCY_KEY, msg)
