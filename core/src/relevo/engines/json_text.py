"""JSON as engines keep it: text that every reader can read again."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import JsonValue
from pydantic_core import to_json

# Made once: `json.dumps` makes one per call for other than its own settings.
_dump = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def json_text(value: Any) -> str:
    """Write a JSON value as one line.

    Providers send what JSON allows and no reader wants: half of a surrogate
    pair, NaN. Kept as it is, one such value would break every later reader of
    the log, so it becomes U+FFFD or null.
    """
    try:
        return to_json(value, inf_nan_mode="null").decode()
    except ValueError:
        return _dump(_mend(value))


def whole_json(value: Any) -> Any:
    """Give a JSON value that can be written; the same object where nothing is to mend."""
    try:
        to_json(value)
    except ValueError:
        return parse_json(json_text(value))
    return value


def plain_text(text: str) -> str:
    """Replace what not every store can keep: NUL and half surrogate pairs."""
    return (text if text.isascii() else _whole(text)).replace("\0", "\N{REPLACEMENT CHARACTER}")


def parse_json(text: str) -> Any:
    """Read what `json_text` wrote."""
    return json.loads(text)


def _whole(text: str) -> str:
    """Replace half surrogate pairs."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _mend(value: Any) -> JsonValue:
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_whole(str(key)): _mend(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mend(item) for item in value]
    mended: JsonValue = value
    return mended
