"""JSON as engines keep it: text that every reader can read again."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import JsonValue

# Made once: `json.dumps` makes one per call for other than its own settings.
_dump = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def json_text(value: Any) -> str:
    """Write a JSON value as one line.

    Providers send what JSON allows and no reader wants: half of a surrogate
    pair, NaN. Kept as it is, one such value would break every later reader of
    the log, so it becomes U+FFFD or null.
    """
    try:
        text = _dump(value)
        text.encode()
    except ValueError:
        return _dump(_mend(value))
    return text


def plain_text(text: str) -> str:
    """Replace half surrogate pairs, which no store can keep."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parse_json(text: str) -> Any:
    """Read what `json_text` wrote."""
    return json.loads(text)


def _mend(value: Any) -> JsonValue:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {plain_text(str(key)): _mend(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mend(item) for item in value]
    mended: JsonValue = value
    return mended
