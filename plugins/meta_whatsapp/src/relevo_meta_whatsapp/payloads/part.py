"""What one content becomes: the word of its `type`, and the object of that name beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import JsonValue

Payload = dict[str, JsonValue]


class Part(NamedTuple):
    """A content in Meta's words."""

    kind: str
    body: JsonValue


def given(pairs: Iterable[tuple[str, JsonValue]]) -> Payload:
    """Make an object of what is given; Meta refuses fields that are null."""
    return {key: value for key, value in pairs if value is not None}
