"""What can be the reason of a pause: it is kept, logged and shown in terminals."""

from __future__ import annotations

from typing import Final

LONGEST_REASON: Final = 500


def reason_fault(reason: str) -> str | None:
    """Say why a text can be no reason; None: it can. The text is not repeated."""
    if not reason.strip():
        return "is empty; say why the account waits"
    if len(reason) > LONGEST_REASON:
        return f"has {len(reason)} characters; at most {LONGEST_REASON} are kept"
    if not reason.isprintable():
        return "has a character that cannot be shown, such as a line break; write one line"
    return None
