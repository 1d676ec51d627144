"""What a template has to be given, read from its definition. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pydantic import JsonValue

JsonObject = Mapping[str, JsonValue]

_PLACE = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
_FILES = frozenset({"IMAGE", "VIDEO", "DOCUMENT", "LOCATION"})
SUB_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "QUICK_REPLY": "quick_reply",
        "URL": "url",
        "COPY_CODE": "copy_code",
        "FLOW": "flow",
        "CATALOG": "catalog",
        "MPM": "mpm",
        "VOICE_CALL": "voice_call",
        "ORDER_DETAILS": "order_details",
    }
)
"""What a send calls each kind of button; kinds that are not here take anything."""


class Header(NamedTuple):
    """What a header takes: a kind of file or place, or texts for its places."""

    kind: str
    places: tuple[str, ...] = ()


class Button(NamedTuple):
    """What a button takes; `needs` says whether it has to be given it."""

    kind: str
    needs: bool
    takes: bool = True


def places_of(text: JsonValue) -> tuple[str, ...]:
    """Name the places of a text in their order, each once."""
    return tuple(dict.fromkeys(_PLACE.findall(text))) if isinstance(text, str) else ()


def find_part(components: Sequence[JsonObject], kind: str) -> JsonObject | None:
    """Find a component of a template by its type."""
    return next((one for one in components if _upper(one.get("type")) == kind), None)


def body_places(components: Sequence[JsonObject]) -> tuple[str, ...] | None:
    """Name the places of the body; None where the definition does not show its text."""
    part = find_part(components, "BODY")
    return places_of(part["text"]) if part and isinstance(part.get("text"), str) else None


def header_of(components: Sequence[JsonObject]) -> Header | None:
    """Tell what the header takes; None where it is of a kind nobody here knows."""
    part = find_part(components, "HEADER")
    if part is None:
        return Header("text")
    kind = _upper(part.get("format"))
    if kind == "TEXT":
        return Header("text", places_of(part.get("text")))
    return Header(kind.lower()) if kind in _FILES else None


def buttons_of(components: Sequence[JsonObject]) -> list[Button]:
    """Tell what each button takes, in their order."""
    part = find_part(components, "BUTTONS") or {}
    buttons = part.get("buttons")
    return [
        _button(one if isinstance(one, dict) else {})
        for one in (buttons if isinstance(buttons, list) else ())
    ]


def cards_of(components: Sequence[JsonObject]) -> list[list[JsonObject]] | None:
    """Give the components of each card; None where there is no carousel."""
    part = find_part(components, "CAROUSEL")
    cards = part.get("cards") if part else None
    if not isinstance(cards, list):
        return None
    return [objects_in(card.get("components")) if isinstance(card, dict) else [] for card in cards]


def objects_in(value: JsonValue) -> list[JsonObject]:
    """Give the objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _button(button: JsonObject) -> Button:
    kind = _upper(button.get("type"))
    if kind == "URL":
        fills = bool(places_of(button.get("url")))
        return Button("url", needs=fills, takes=fills)
    return Button(SUB_TYPES.get(kind, ""), needs=kind == "COPY_CODE")


def _upper(value: JsonValue) -> str:
    return value.upper() if isinstance(value, str) else ""
