"""The limits of Meta's contents as a table, by the names our contents give the fields.

Source: Meta's pages as of 2026-09. Meta does not say how it counts characters; code points
is the safe reading: other ways count more, and what we let through Meta still looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from pydantic import JsonValue

_MEDIA_CAPTION = 1024
_BODY = 1024
_LINE = 60
_LABEL = 20
_TITLE = 24


class Unit(StrEnum):
    """What is counted."""

    CHARACTERS = "characters"
    """Of each text a path leads to."""
    ENTRIES = "entries"
    """A path leads to, all together."""
    LINE_BREAKS = "line breaks"
    """Of each text a path leads to."""


class Limit(NamedTuple):
    """Say how much of something one kind of content may have.

    `path` leads into the content's JSON: `sections[].rows[].title` is every row's title.
    """

    content: str
    path: str
    most: int
    unit: Unit = Unit.CHARACTERS


_ENTRIES, _BREAKS = Unit.ENTRIES, Unit.LINE_BREAKS
_M = "meta_whatsapp."

# fmt: off
LIMITS: tuple[Limit, ...] = (
    Limit("text", "body", 4096),
    Limit("image", "caption", _MEDIA_CAPTION),
    Limit("video", "caption", _MEDIA_CAPTION),
    Limit("document", "caption", _MEDIA_CAPTION),
    Limit("contacts", "contacts[]", 257, _ENTRIES),
    Limit("buttons", "header.text", _LINE),
    Limit("buttons", "body", _BODY),
    Limit("buttons", "footer", _LINE),
    Limit("buttons", "buttons[]", 3, _ENTRIES),
    Limit("buttons", "buttons[].title", _LABEL),
    Limit("buttons", "buttons[].id", 256),
    Limit("list", "header", _LINE),
    # Its own page says 4096, other pages and libraries 1024.
    Limit("list", "body", 4096),
    Limit("list", "footer", _LINE),
    Limit("list", "button", _LABEL),
    Limit("list", "sections[]", 10, _ENTRIES),
    Limit("list", "sections[].rows[]", 10, _ENTRIES),
    Limit("list", "sections[].title", _TITLE),
    Limit("list", "sections[].rows[].title", _TITLE),
    Limit("list", "sections[].rows[].description", 72),
    Limit("list", "sections[].rows[].id", 200),
    Limit("link", "header.text", _LINE),
    Limit("link", "body", _BODY),
    Limit("link", "footer", _LINE),
    Limit("link", "label", _LABEL),
    Limit("location_request", "body", _BODY),
    Limit(f"{_M}flow", "header.text", _LINE),
    Limit(f"{_M}flow", "body", _BODY),
    Limit(f"{_M}flow", "footer", _LINE),
    # An older page says 20.
    Limit(f"{_M}flow", "label", 30),
    Limit(f"{_M}product", "footer", _LINE),
    Limit(f"{_M}product_list", "header", _LINE),
    Limit(f"{_M}product_list", "footer", _LINE),
    Limit(f"{_M}product_list", "sections[]", 10, _ENTRIES),
    Limit(f"{_M}product_list", "sections[].products[]", 30, _ENTRIES),
    Limit(f"{_M}product_list", "sections[].title", _TITLE),
    Limit(f"{_M}catalog", "footer", _LINE),
    Limit(f"{_M}carousel", "body", _BODY),
    Limit(f"{_M}carousel", "cards[].body", 160),
    Limit(f"{_M}carousel", "cards[].body", 2, _BREAKS),
    Limit(f"{_M}carousel", "cards[].label", _LABEL),
    Limit(f"{_M}carousel", "cards[].buttons[].title", _LABEL),
    Limit(f"{_M}carousel", "cards[].buttons[].id", 256),
    Limit(f"{_M}order_details", "header.text", _LINE),
    Limit(f"{_M}order_details", "footer", _LINE),
    Limit(f"{_M}order_status", "footer", _LINE),
    *(
        limit
        for kind in ("template", f"{_M}marketing_template")
        for limit in (
            Limit(kind, "components[].cards[]", 10, _ENTRIES),
            # 15 until 2025-12.
            Limit(kind, "components[].parameters[].coupon_code", 20),
        )
    ),
)
# fmt: on


class Excess(NamedTuple):
    """Say where a limit is passed, and by what."""

    field: str
    seen: int
    limit: Limit


def find_excess(kind: str, content: JsonValue) -> Excess | None:
    """Find the first limit that a content's JSON passes."""
    for limit in LIMITS:
        if limit.content == kind:
            for field, count in _counts(content, limit):
                if count > limit.most:
                    return Excess(field, count, limit)
    return None


def _counts(content: JsonValue, limit: Limit) -> Iterator[tuple[str, int]]:
    found = list(walk(content, limit.path.split(".")))
    if limit.unit is Unit.ENTRIES:
        yield limit.path.replace("[]", ""), len(found)
        return
    for field, value in found:
        if isinstance(value, str):
            yield field, len(value) if limit.unit is Unit.CHARACTERS else value.count("\n")


def walk(
    value: JsonValue, steps: Sequence[str], where: str = ""
) -> Iterator[tuple[str, JsonValue]]:
    """Give every value a path leads to, each with its own place, such as `buttons[1].title`."""
    if not steps:
        yield where, value
        return
    if not isinstance(value, dict):
        return
    step, rest = steps[0], steps[1:]
    name = step.removesuffix("[]")
    inner = value.get(name)
    here = f"{where}.{name}" if where else name
    if not step.endswith("[]"):
        if inner is not None:
            yield from walk(inner, rest, here)
    elif isinstance(inner, list):
        for place, one in enumerate(inner):
            yield from walk(one, rest, f"{here}[{place}]")
