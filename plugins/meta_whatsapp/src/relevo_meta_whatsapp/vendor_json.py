"""Read the vendor's JSON as what a store can keep and every reader can read again."""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from pydantic import JsonValue

MAX_DEPTH = 64
"""Levels of nesting; Meta's own documents have about ten."""
_LONGEST_NUMBER = 300
"""Digits; longer whole numbers are beyond any float, and Python refuses to read very long ones."""
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_CUT = b'"(nested too deeply)"'


def load_json(body: bytes) -> JsonValue:
    """Read JSON that a store can keep and another reader can read.

    Half a surrogate pair, as of a name cut in two, becomes U+FFFD; a number beyond any
    float stays text; what is nested deeper than Python can go becomes a word of ours.

    Raises:
        ValueError: It is no JSON: also NaN, Infinity.
    """
    try:
        return _load(body)
    except RecursionError:
        return _load(_cut_deep(body))


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


def _load(body: bytes) -> JsonValue:
    value: JsonValue = json.loads(
        body, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole
    )
    return _mend(value) if b"\\ud" in body.lower() else value


def _cut_deep(body: bytes) -> bytes:
    """Cut out of the text what is nested too deeply, so that the rest can be read."""
    kept = bytearray()
    depth = since = 0
    for match in _STRUCTURE.finditer(body):
        if match[0] in {b"[", b"{"}:
            depth += 1
            if depth == 2 * MAX_DEPTH:
                kept += body[since : match.start()] + _CUT
        elif match[0] in {b"]", b"}"}:
            if depth == 2 * MAX_DEPTH:
                since = match.end()
            depth -= 1
    return bytes(kept + body[since:]) if depth < 2 * MAX_DEPTH else bytes(kept)


def _refuse_constant(word: str) -> NoReturn:
    msg = f"{word} is no JSON"
    raise ValueError(msg)


def _finite(digits: str) -> float | str:
    """Read a number; one too large for a float, which would become Infinity, stays text."""
    number = float(digits)
    return number if math.isfinite(number) else digits


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _mend(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_mend(item) for item in value]
    if isinstance(value, dict):
        return {str(_mend(key)): _mend(item) for key, item in value.items()}
    return value
