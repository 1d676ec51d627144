"""Whether a send fills its template as the template is defined. Pure.

Only what Meta would surely refuse (132000, 132012, 132018) is a fault: what the definition does
not show, or shows in a way nobody here knows, is Meta's to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from relevo import Rejected, Template, TemplateContent
from relevo_meta_whatsapp.managing.places import (
    Button,
    Header,
    JsonObject,
    body_places,
    buttons_of,
    cards_of,
    header_of,
    objects_in,
)
from relevo_meta_whatsapp.native import MarketingTemplate

Fault = tuple[str, str]
"""A field of the message, and what is wrong with it."""


class _Part(NamedTuple):
    """One component that a send gives."""

    field: str
    parameters_field: str
    component: JsonObject

    @property
    def parameters(self) -> list[JsonObject]:
        return objects_in(self.component.get("parameters"))


def check_fit(
    account: str, template: Template, content: TemplateContent | MarketingTemplate
) -> None:
    """Refuse a send whose parameters do not fit the template.

    Raises:
        Rejected: Names the field and what the template has there.
    """
    for field, rule in find_faults(template, content):
        msg = (
            f"Account {account!r}: {field}: {rule}. The template is "
            f"{template.name!r} in {template.language!r}, as Meta last told it."
        )
        raise Rejected(msg, field=field)


def find_faults(
    template: Template, content: TemplateContent | MarketingTemplate
) -> Iterator[Fault]:
    """Say which fields do not fit, and why."""
    parts: list[_Part] = []
    if content.parameters:
        body: dict[str, JsonValue] = {"type": "body", "parameters": _parameters(content.parameters)}
        parts.append(_Part("content.parameters", "content.parameters", body))
    parts += _parts(content.components, "content.components")
    yield from _faults(template.components, parts, "content.components", "content.parameters")


def _faults(
    defined: Sequence[JsonObject], given: Sequence[_Part], where: str, body_field: str
) -> Iterator[Fault]:
    yield from _body_faults(body_places(defined), _of_kind(given, "body"), body_field)
    yield from _header_faults(header_of(defined), _of_kind(given, "header"), where)
    yield from _button_faults(buttons_of(defined), _of_kind(given, "button"), where)
    yield from _card_faults(cards_of(defined), _of_kind(given, "carousel"), where)


def _body_faults(
    places: Sequence[str] | None, given: Sequence[_Part], where: str
) -> Iterator[Fault]:
    if places is None or len(given) > 1:
        return
    field = given[0].parameters_field if given else where
    parameters = given[0].parameters if given else []
    yield from _text_faults(places, parameters, field, "body")


def _text_faults(
    places: Sequence[str], parameters: Sequence[JsonObject], field: str, what: str
) -> Iterator[Fault]:
    """Compare texts with the places they fill: by name where the template has names."""
    if any(not place.isdigit() for place in places):
        names = [parameter.get("parameter_name") for parameter in parameters]
        missing = [place for place in places if place not in names]
        if missing:
            yield field, f"the {what} has a place {missing[0]!r} that is not filled"
        elif len(names) != len(places):
            known = ", ".join(places)
            yield field, f"fills a place that the {what} does not have; it has {known}"
    elif len(parameters) != len(places):
        yield field, f"has {len(parameters)} where the {what} takes {len(places)}"


def _header_faults(header: Header | None, given: Sequence[_Part], where: str) -> Iterator[Fault]:
    if header is None or len(given) > 1:
        return
    field = given[0].parameters_field if given else where
    parameters = given[0].parameters if given else []
    if header.kind == "text":
        yield from _text_faults(header.places, parameters, field, "header")
        return
    kinds = [parameter.get("type") for parameter in parameters]
    if kinds != [header.kind]:
        yield field, f"the header takes one {header.kind}"


def _button_faults(
    buttons: Sequence[Button], given: Sequence[_Part], where: str
) -> Iterator[Fault]:
    filled: set[int] = set()
    for part in given:
        index = _index(part.component.get("index"))
        if index is None:
            continue
        filled.add(index)
        if index >= len(buttons):
            count = len(buttons)
            yield f"{part.field}.index", f"the template has {count} buttons, counted from 0"
            continue
        button = buttons[index]
        kind = str(part.component.get("sub_type", "")).lower()
        if button.kind and kind and kind != button.kind:
            yield f"{part.field}.sub_type", f"button {index} of the template is a {button.kind}"
        elif not button.takes and part.parameters:
            yield part.parameters_field, f"button {index} of the template has no place to fill"
    for index, button in enumerate(buttons):
        if button.needs and index not in filled:
            yield where, f"button {index} of the template is a {button.kind} that has to be filled"


def _card_faults(
    cards: Sequence[Sequence[JsonObject]] | None, given: Sequence[_Part], where: str
) -> Iterator[Fault]:
    if cards is None:
        if given:
            yield given[0].field, "the template has no carousel"
        return
    if not given:
        yield where, f"the template has a carousel of {len(cards)} cards; fill it"
        return
    field = f"{given[0].field}.cards"
    filled = objects_in(given[0].component.get("cards"))
    if len(filled) != len(cards):
        yield field, f"fills {len(filled)} cards; the template has {len(cards)}"
        return
    for place, card in enumerate(filled):
        index = _index(card.get("card_index"))
        if index is None or index >= len(cards):
            continue
        here = f"{field}[{place}].components"
        yield from _faults(cards[index], _parts(card.get("components"), here), here, here)


def _parts(components: object, where: str) -> list[_Part]:
    return [
        _Part(f"{where}[{place}]", f"{where}[{place}].parameters", one)
        for place, one in enumerate(components if isinstance(components, list | tuple) else ())
        if isinstance(one, Mapping)
    ]


def _of_kind(parts: Sequence[_Part], kind: str) -> list[_Part]:
    return [one for one in parts if str(one.component.get("type", "")).lower() == kind]


def _parameters(parameters: tuple[str, ...] | dict[str, str]) -> list[JsonValue]:
    if isinstance(parameters, dict):
        return [{"type": "text", "parameter_name": name} for name in parameters]
    return [{"type": "text"} for _ in parameters]


def _index(value: JsonValue) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None  # noqa: PLR2004 - no template has a hundred
