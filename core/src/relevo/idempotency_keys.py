"""What can be an idempotency key: a client's own name for one request."""

from __future__ import annotations

from typing import Final

LONGEST_KEY: Final = 255
_VISIBLE: Final = frozenset(map(chr, range(0x21, 0x7F)))
_FOREIGN: Final = "outside ASCII, such as a letter with an accent"


def key_fault(key: str, place: str) -> str | None:
    """Say why a text can be no idempotency key; None: it can.

    Args:
        key: The text. It is not repeated.
        place: What holds it, such as `The header Idempotency-Key`.
    """
    if 1 <= len(key) <= LONGEST_KEY and _VISIBLE.issuperset(key):
        return None
    return (
        f"{place} {_fault(key)}. Send 1 to {LONGEST_KEY} of the letters A-Z "
        "and a-z, digits, and ASCII punctuation, without spaces or accents, such as a UUID."
    )


def _fault(key: str) -> str:
    if not key:
        return "is empty"
    if len(key) > LONGEST_KEY:
        return f"is {len(key)} characters long"
    place, found = next((n, char) for n, char in enumerate(key, 1) if char not in _VISIBLE)
    what = "a control character" if found.isascii() else _FOREIGN
    if found == " ":
        what = "a space"
    return f"cannot be used: its character {place} is {what}"
