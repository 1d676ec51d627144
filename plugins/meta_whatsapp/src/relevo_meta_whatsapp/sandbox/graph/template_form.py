"""Meta's rules for a new template, as tables. Pure."""

from __future__ import annotations

import re

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.answers import raise_bad_request
from relevo_meta_whatsapp.sandbox.graph.rules import (
    Check,
    Checks,
    JsonObject,
    a_list,
    anything,
    fields,
    number,
    one_of,
    text,
    yes_or_no,
)
from relevo_meta_whatsapp.sandbox.state.templates import places_of

_CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
_TTLS = {
    "AUTHENTICATION": (30, 900),
    "UTILITY": (30, 43_200),
    "MARKETING": (43_200, 2_592_000),
}
_TTL_NONE = -1
_EXAMPLES = {"HEADER": "header_text", "BODY": "body_text"}
_BUTTON_TEXT = text(25)
_BUTTONS: Checks = {
    "QUICK_REPLY": fields({"text": _BUTTON_TEXT}, is_open=True),
    "URL": fields({"text": _BUTTON_TEXT, "url": text(2000)}, is_open=True),
    "PHONE_NUMBER": fields({"text": _BUTTON_TEXT, "phone_number": text(20)}, is_open=True),
    "COPY_CODE": fields({"example": anything}, is_open=True),
    "FLOW": fields({"text": _BUTTON_TEXT}, is_open=True),
    "OTP": fields({"otp_type": one_of("COPY_CODE", "ONE_TAP", "ZERO_TAP")}, is_open=True),
    **dict.fromkeys(
        ("CATALOG", "MPM", "VOICE_CALL", "ORDER_DETAILS", "SPM", "APP"), fields(is_open=True)
    ),
}
_MOST_BUTTONS = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1}
_NEW = fields(
    {
        "name": text(512, form=r"[a-z0-9_]+"),
        "language": text(form=r"[a-z]{2,3}(_[A-Za-z]{2,4})?"),
        "category": one_of(*_CATEGORIES),
        "components": a_list(fields({"type": text()}, is_open=True), 1, 10),
    },
    {
        "parameter_format": one_of("POSITIONAL", "NAMED", "positional", "named"),
        "message_send_ttl_seconds": number(-1, 2_592_000, whole=True),
        "allow_category_change": yes_or_no,
    },
    is_open=True,
)
_HEADER_FORMATS = frozenset({"TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"})
_SUBCODES = {"HEADER": 2388047, "BODY": 2388072, "FOOTER": 2388073}
"""Meta's subcode where the text of a component is wrong."""
_LONGEST = {"HEADER": 60, "BODY": 1024, "FOOTER": 60}
_EDGE = re.compile(r"^\s*\{\{|\}\}\s*$")


def check_new(asked: JsonObject) -> None:
    """Check a template that is to be created.

    Raises:
        GraphRefusal: With the subcode of what is wrong where Meta has one.
    """
    _NEW(dict(asked), "template")
    category = str(asked["category"]).upper()
    ttl_s = asked.get("message_send_ttl_seconds", _TTL_NONE)
    least, most = _TTLS[category]
    if isinstance(ttl_s, int) and ttl_s != _TTL_NONE and not least <= ttl_s <= most:
        raise_bad_request(f"message_send_ttl_seconds of {category} goes from {least} to {most}")
    is_named = str(asked.get("parameter_format", "POSITIONAL")).upper() == "NAMED"
    check_components(asked["components"], category, is_named=is_named)


def check_components(components: JsonValue, category: str, *, is_named: bool) -> None:
    """Check the components of a template.

    Raises:
        GraphRefusal: With the subcode of what is wrong where Meta has one.
    """
    a_list(fields({"type": text()}, is_open=True), 1, 10)(components, "components")
    seen: set[str] = set()
    for component in components if isinstance(components, list) else ():
        if not isinstance(component, dict):
            continue
        kind = str(component["type"]).upper()
        if kind in seen or kind not in _COMPONENTS:
            raise_bad_request(f"components may have one each of {', '.join(_COMPONENTS)}")
        seen.add(kind)
        _COMPONENTS[kind](component, f"components.{kind}")
        if kind in _LONGEST and category != "AUTHENTICATION":
            _check_text(component, kind, is_named=is_named)
    if "BODY" not in seen:
        raise_bad_request("components need a BODY", 2388072)


def _check_text(component: JsonObject, kind: str, *, is_named: bool) -> None:
    if kind == "HEADER" and str(component.get("format", "TEXT")).upper() != "TEXT":
        return
    words = component.get("text")
    if not isinstance(words, str) or not 0 < len(words) <= _LONGEST[kind]:
        raise_bad_request(f"{kind} needs a text of at most {_LONGEST[kind]}", _SUBCODES[kind])
    places = places_of(words)
    if not places:
        return
    if kind == "FOOTER":
        raise_bad_request("FOOTER may have no places", _SUBCODES[kind])
    numbers = [str(place) for place in range(1, len(places) + 1)]
    if not is_named and sorted(places) != sorted(numbers):
        raise_bad_request(f"{kind}: places are numbered from 1", _SUBCODES[kind])
    if kind == "BODY" and _EDGE.search(words):
        raise_bad_request("BODY may not begin or end with a place", 2388299)
    key = f"{_EXAMPLES[kind]}_named_params" if is_named else _EXAMPLES[kind]
    example = component.get("example")
    if not isinstance(example, dict) or key not in example:
        raise_bad_request(f"{kind} has places: example.{key} is needed", _SUBCODES[kind])


def _check_header(value: JsonValue, where: str) -> None:
    fields({"format": one_of(*sorted(_HEADER_FORMATS))}, is_open=True)(value, where)


def _check_buttons(value: JsonValue, where: str) -> None:
    fields({"buttons": a_list(fields({"type": text()}, is_open=True), 1, 10)}, is_open=True)(
        value, where
    )
    buttons = value["buttons"] if isinstance(value, dict) else []
    counts: dict[str, int] = {}
    for place, button in enumerate(buttons if isinstance(buttons, list) else ()):
        kind = str(button.get("type", "")).upper() if isinstance(button, dict) else ""
        if kind not in _BUTTONS:
            raise_bad_request(f"{where}.buttons[{place}].type is none of {', '.join(_BUTTONS)}")
        _BUTTONS[kind](button, f"{where}.buttons[{place}]")
        counts[kind] = counts.get(kind, 0) + 1
    for kind, most in _MOST_BUTTONS.items():
        if counts.get(kind, 0) > most:
            raise_bad_request(f"{where} may have {most} of {kind}")


_OPEN: Check = fields(is_open=True)
_COMPONENTS: Checks = {
    "HEADER": _check_header,
    "BODY": _OPEN,
    "FOOTER": _OPEN,
    "BUTTONS": _check_buttons,
    "CAROUSEL": fields({"cards": a_list(_OPEN, 2, 10)}, is_open=True),
    "LIMITED_TIME_OFFER": fields({"limited_time_offer": _OPEN}, is_open=True),
    "CALL_PERMISSION_REQUEST": _OPEN,
}
