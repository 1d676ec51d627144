"""What a request is called, in its answer and in every line logged for it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

HEADER: Final = "X-Request-ID"
STATE_KEY: Final = "relevo_request_id"
SENT_KEY: Final = "relevo_sent"
"""Where a request's line in the log finds the id of the message that it sent."""
_SANE: Final = re.compile(r"[A-Za-z0-9_\-]{8,64}")
"""No character that could mean something in a log, and room for every id in use."""
# A number alone could be somebody's.
_NUMBER: Final = re.compile(r"[0-9]+")


def choose_request_id(asked: str | None) -> str:
    """Take the id that the caller gave where it is a sane one; else make one."""
    if asked is not None and _SANE.fullmatch(asked) and not _NUMBER.fullmatch(asked):
        return asked
    return secrets.token_hex(16)


def request_id_of(scope: Mapping[str, Any]) -> str | None:
    """Give a request's id; None where nothing observes it."""
    found = scope.get("state", {}).get(STATE_KEY)
    return found if isinstance(found, str) else None
