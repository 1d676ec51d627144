"""What a send has to give the template it names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.answers import (
    GraphRefusal,
    raise_invalid,
    raise_missing,
)
from relevo_meta_whatsapp.sandbox.graph.payments import ORDER
from relevo_meta_whatsapp.sandbox.graph.rules import Check, JsonObject, anything, fields, text
from relevo_meta_whatsapp.sandbox.graph.rules import number as a_number
from relevo_meta_whatsapp.sandbox.state.templates import (
    Expected,
    Template,
    TemplateStore,
    expected_buttons,
    expected_header,
    find_component,
    places_of,
)

_UNCLEAN = re.compile(r"[\n\t]| {5}")
_MAX_CODE = 15
_MAX_COUPON = 20
_REFUSED_STATUSES: Mapping[str, int] = MappingProxyType({"PAUSED": 132015, "DISABLED": 132016})
_BODY_TYPES = frozenset({"text", "currency", "date_time"})
_PARAMETER_OF: Mapping[str, str] = MappingProxyType(
    {
        "url": "text",
        "quick_reply": "payload",
        "copy_code": "coupon_code",
        "flow": "action",
        "catalog": "action",
        "mpm": "action",
        "voice_call": "payload",
        "order_details": "action",
    }
)
"""The type of parameter that each `sub_type` of button takes."""
_PARAMETERS: Mapping[str, Check] = MappingProxyType(
    {
        "payload": text(512),
        "coupon_code": text(_MAX_COUPON),
        "action": fields(optional={"order_details": ORDER}, is_open=True),
        "image": fields(optional={"id": text(), "link": text()}, exactly_one=("id", "link")),
        "video": fields(optional={"id": text(), "link": text()}, exactly_one=("id", "link")),
        "document": fields(
            optional={"id": text(), "link": text(), "filename": text()},
            exactly_one=("id", "link"),
        ),
        "location": fields(
            {
                "latitude": a_number(-90, 90, as_text=True),
                "longitude": a_number(-180, 180, as_text=True),
            },
            {"name": text(), "address": text()},
        ),
        "limited_time_offer": fields(
            {"expiration_time_ms": a_number(0, 1e14, whole=True)}, {"code": anything}
        ),
        "currency": fields(
            {
                "fallback_value": text(),
                "code": text(3),
                "amount_1000": a_number(-1e15, 1e15),
            }
        ),
        "date_time": fields({"fallback_value": text()}, is_open=True),
    }
)
"""The tables of parameters that are no plain text."""


def check_template(sent: JsonObject, store: TemplateStore) -> Template:
    """Check a template send, its form being right; give the template.

    Raises:
        GraphRefusal: The template is unknown or out of use, or is given the wrong parameters.
    """
    name, language = str(sent["name"]), _language(sent)
    template = store.find(name, language)
    refused = _REFUSED_STATUSES.get(template.status) if template else None
    if refused is not None:
        details = f"template name ({name}) is out of use in {language}"
        raise GraphRefusal(refused, details)
    if template is None or template.status != "APPROVED":
        details = f"template name ({name}) does not exist in {language}"
        raise GraphRefusal(132001, details)
    components = sent.get("components", [])
    _check_components(
        template.components,
        components if isinstance(components, list) else [],
        "template.components",
        is_named=template.is_named,
    )
    if template.category == "AUTHENTICATION":
        _check_code(components)
    return template


def _language(sent: JsonObject) -> str:
    language = sent["language"]
    return str(language["code"]) if isinstance(language, dict) else ""


def _check_components(
    defined: list[JsonValue], given: list[JsonValue], where: str, *, is_named: bool
) -> None:
    body = Expected("text", places_of(find_component(defined, "BODY").get("text")))
    header = expected_header(find_component(defined, "HEADER"))
    buttons = expected_buttons(defined)
    filled: set[object] = set()
    for place, component in enumerate(given):
        here = f"{where}[{place}]"
        kind = component.get("type") if isinstance(component, dict) else None
        if not isinstance(component, dict) or not isinstance(kind, str):
            raise_invalid(f"{here}.type", "must be a text")
        slot: object = kind.lower()
        match slot:
            case "body":
                _check_parameters(_parameters(component, here), body, "body", is_named=is_named)
            case "header" if header is not None:
                named = is_named and header.kind == "text"
                _check_parameters(_parameters(component, here), header, "header", is_named=named)
            case "button":
                index = _index(component, here)
                if index not in buttons:
                    _refuse_form(f"{here}: the template has no button {index} to fill")
                _check_button(component, buttons[index], here)
                slot = index
            case "carousel" if find_component(defined, "CAROUSEL"):
                cards = find_component(defined, "CAROUSEL")
                _check_cards(component.get("cards"), cards, here, is_named=is_named)
            case "limited_time_offer" if find_component(defined, "LIMITED_TIME_OFFER"):
                offer = Expected("limited_time_offer")
                _check_parameters(_parameters(component, here), offer, str(slot))
            case _:
                _refuse_form(f"{here}.type: the template has no {kind[:32]} to fill")
        if slot in filled:
            raise_invalid(here, "fills the same place twice")
        filled.add(slot)
    _check_nothing_left(defined, filled, body, header, buttons)


def _check_nothing_left(
    defined: list[JsonValue],
    filled: set[object],
    body: Expected,
    header: Expected | None,
    buttons: Mapping[int, Expected],
) -> None:
    if body.places and "body" not in filled:
        _refuse_count("body", 0, len(body.places))
    if header is not None and "header" not in filled:
        if header.kind == "text":
            _refuse_count("header", 0, len(header.places))
        _refuse_form(f"header: expected {header.kind.upper()}, received nothing")
    for index, button in buttons.items():
        if button.is_needed and index not in filled:
            _refuse_form(f"button {index}: the template expects a {button.kind} parameter")
    for kind in ("CAROUSEL", "LIMITED_TIME_OFFER"):
        if find_component(defined, kind) and kind.lower() not in filled:
            _refuse_form(f"{kind.lower()}: the template expects one")


def _check_parameters(
    given: list[JsonValue], expected: Expected, name: str, *, is_named: bool = False
) -> None:
    if len(given) != len(expected.places):
        _refuse_count(name, len(given), len(expected.places))
    names: list[JsonValue] = []
    for place, parameter in enumerate(given):
        where = f"{name}.parameters[{place}]"
        kind = parameter.get("type") if isinstance(parameter, dict) else None
        allowed = _BODY_TYPES if expected.kind == "text" else {expected.kind}
        if not isinstance(parameter, dict) or kind not in allowed:
            _refuse_form(f"{where}: the template expects a {expected.kind}")
        _check_value(parameter, str(kind), where)
        names.append(parameter.get("parameter_name"))
    wanted: list[JsonValue] = list(expected.places) if is_named else [None] * len(names)
    if sorted(map(str, names)) != sorted(map(str, wanted)):
        _refuse_form(f"{name}: parameter_name has to be given for named templates, and only there")


def _check_value(parameter: JsonObject, kind: str, where: str) -> None:
    if kind not in parameter:
        raise_missing(f"{where}.{kind}")
    value = parameter[kind]
    if kind != "text":
        _PARAMETERS[kind](value, f"{where}.{kind}")
        return
    text(code=132005, most=1024)(value, f"{where}.text")
    if _UNCLEAN.search(str(value)):
        details = f"{where}: no line breaks, tabs or more than four spaces in a row"
        raise GraphRefusal(132018, details)


def _check_button(component: JsonObject, expected: Expected, where: str) -> None:
    kind = str(component.get("sub_type", "")).lower()
    if kind != expected.kind:
        _refuse_form(f"{where}.sub_type: the template's button is a {expected.kind}")
    wanted = _PARAMETER_OF[kind]
    given = _parameters(component, where)
    if len(given) != 1:
        _refuse_count(f"{where}", len(given), 1)
    parameter = given[0]
    if not isinstance(parameter, dict) or parameter.get("type") not in {wanted, "ttl_minutes"}:
        _refuse_form(f"{where}: the button expects a {wanted}")
    if parameter["type"] == wanted:
        _check_value(parameter, wanted, where)


def _check_cards(cards: JsonValue, defined: JsonObject, where: str, *, is_named: bool) -> None:
    known = defined.get("cards")
    expected = known if isinstance(known, list) else []
    given = cards if isinstance(cards, list) else []
    if len(given) != len(expected):
        _refuse_form(f"{where}.cards: the template has {len(expected)} cards")
    indexes = sorted(str(card.get("card_index")) for card in given if isinstance(card, dict))
    if indexes != sorted(str(index) for index in range(len(expected))):
        raise_invalid(f"{where}.cards[].card_index", "must count the cards from 0")
    for place, card in enumerate(given):
        if isinstance(card, dict):
            kind = expected[int(str(card["card_index"]))]
            parts = kind.get("components") if isinstance(kind, dict) else []
            sent = card.get("components")
            _check_components(
                parts if isinstance(parts, list) else [],
                sent if isinstance(sent, list) else [],
                f"{where}.cards[{place}].components",
                is_named=is_named,
            )


def _check_code(components: JsonValue) -> None:
    """An authentication template repeats its code in the button."""
    texts = [
        str(parameter.get("text", ""))
        for component in (components if isinstance(components, list) else ())
        if isinstance(component, dict)
        for parameter in _parameters(component, "template.components")
        if isinstance(parameter, dict)
    ]
    if len(set(texts)) > 1:
        _refuse_form("button 0: its text has to be the code of the body")
    if any(len(code) > _MAX_CODE for code in texts):
        details = f"the code may have {_MAX_CODE} characters"
        raise GraphRefusal(132018, details)


def _parameters(component: JsonObject, where: str) -> list[JsonValue]:
    parameters = component.get("parameters", [])
    if not isinstance(parameters, list):
        raise_invalid(f"{where}.parameters", "must be a list")
    return parameters


def _index(component: JsonObject, where: str) -> int:
    index = str(component.get("index", ""))
    if not (index.isascii() and index.isdigit() and len(index) == 1):
        raise_invalid(f"{where}.index", "must be a number from 0 to 9")
    return int(index)


def _refuse_form(details: str) -> NoReturn:
    raise GraphRefusal(132012, details)


def _refuse_count(name: str, given: int, expected: int) -> NoReturn:
    details = (
        f"{name}: number of localizable_params ({given}) does not match the expected "
        f"number of params ({expected})"
    )
    raise GraphRefusal(132000, details)
