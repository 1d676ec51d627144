"""What never reaches a log, an event's diagnosis or a repr."""

from __future__ import annotations

import re
import traceback

from pydantic import JsonValue

HIDDEN = "***"

PUBLIC_KEYS = frozenset(
    {
        "code",
        "error_subcode",
        "fbtrace_id",
        "id",
        "message_status",
        "messaging_product",
        "status",
        "type",
    }
)
"""The only keys whose plain values survive: a list of what is safe fails closed."""

_SECRETS = re.compile(
    r"(?P<shown>rlv_[a-z2-7]{12}_)[\w-]+|rlt_[\w-]+|(?P<named>[?&]ticket=)[^&\s\"'#]*", re.ASCII
)
"""What opens the HTTP API: keys and tickets, wherever they stand."""


def redact_json(raw: JsonValue, public_keys: frozenset[str] = PUBLIC_KEYS) -> JsonValue:
    """Keep the shape of a vendor object, hide every value whose key is not known to be safe."""
    if isinstance(raw, dict):
        return {
            key: value
            if key in public_keys and not isinstance(value, dict | list)
            else redact_json(value, public_keys)
            for key, value in raw.items()
        }
    if isinstance(raw, list):
        return [redact_json(value, public_keys) for value in raw]
    return raw if raw is None or isinstance(raw, bool) else HIDDEN


def frames_of(error: BaseException) -> str:
    """Tell where an error came from, without its words: those may be a person's.

    Returns:
        The class of the error and the frames it passed, innermost last.
    """
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    return f"{type(error).__name__}\n{frames}" if frames else type(error).__name__


def hide_keys(text: str) -> str:
    """Hide the keys and tickets of the HTTP API in a text, such as a line of a log.

    Of a key its id stays, of an address with a ticket the name: `rlv_<id>_***`, `ticket=***`.
    """
    return _SECRETS.sub(lambda found: f"{found['shown'] or found['named'] or ''}{HIDDEN}", text)
