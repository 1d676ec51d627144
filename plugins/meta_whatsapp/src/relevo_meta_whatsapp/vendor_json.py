"""Read the vendor's JSON: what a store can keep, and typed access that names the place."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn

from pydantic import JsonValue

from relevo import WebhookMalformed

MAX_DEPTH = 64
"""Levels of nesting; Meta's own documents have about ten."""
_FIRST_MILLISECONDS = 100_000_000_000
"""From here on (the year 5138 in seconds) a timestamp counts milliseconds: seen in 2025."""


def load_json(body: bytes) -> JsonValue:
    """Read JSON that a store can keep and another reader can read.

    Half a surrogate pair, as of a name cut in two, becomes U+FFFD; a number beyond any
    float stays text.

    Raises:
        ValueError: It is no JSON: also NaN, Infinity, or deeper than Python can go.
    """
    try:
        value: JsonValue = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
        if b"\\ud" in body.lower():
            value = _mend(value)
    except RecursionError:
        msg = "too deeply nested"
        raise ValueError(msg) from None
    return value


def depth_exceeds(value: JsonValue, limit: int = MAX_DEPTH) -> bool:
    """Tell whether a value is nested deeper than anything Meta documents."""
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return limit == 0 or any(depth_exceeds(child, limit - 1) for child in children)


def prune(value: JsonValue, limit: int = MAX_DEPTH) -> JsonValue:
    """Copy a value, with a word of ours in place of what is nested too deeply to be kept."""
    if not isinstance(value, dict | list):
        return value
    if limit == 0:
        return "(nested too deeply)"
    if isinstance(value, list):
        return [prune(item, limit - 1) for item in value]
    return {key: prune(item, limit - 1) for key, item in value.items()}


def required_text(mapping: Mapping[str, JsonValue], key: str, place: str) -> str:
    """Read a text that has to be there."""
    text = optional_text(mapping, key, place)
    if text is None:
        raise_malformed(f"{place}.{key}", "a text that is not empty")
    return text


def optional_text(mapping: Mapping[str, JsonValue], key: str, place: str) -> str | None:
    """Read a text; None where it is absent or empty, which Meta uses alike."""
    value = mapping.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise_malformed(f"{place}.{key}", "a text")
    return value


def optional_object(
    mapping: Mapping[str, JsonValue], key: str, place: str
) -> Mapping[str, JsonValue]:
    """Read an object; an empty one where it is absent."""
    value = mapping.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise_malformed(f"{place}.{key}", "an object")
    return value


def optional_moment(mapping: Mapping[str, JsonValue], key: str, place: str) -> datetime | None:
    """Read a unix time in seconds or milliseconds, a number or a numeric text."""
    value = mapping.get(key)
    moment = _moment(value)
    if moment is None and value is not None:
        raise_malformed(f"{place}.{key}", "a unix time")
    return moment


def raise_malformed(place: str, wanted: str) -> NoReturn:
    """Say what a webhook should hold where; never what it holds."""
    msg = f"{place} should be {wanted}."
    raise WebhookMalformed(msg)


def _moment(value: JsonValue) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        number = int(value)
        seconds = number / 1000 if number >= _FIRST_MILLISECONDS else number
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _refuse_constant(word: str) -> NoReturn:
    msg = f"{word} is no JSON"
    raise ValueError(msg)


def _finite(digits: str) -> float | str:
    """Read a number; one too large for a float, which would become Infinity, stays text."""
    number = float(digits)
    return number if math.isfinite(number) else digits


def _mend(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_mend(item) for item in value]
    if isinstance(value, dict):
        return {str(_mend(key)): _mend(item) for key, item in value.items()}
    return value
