"""Say what is wrong with a request, field by field, without repeating what it held."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import pydantic
from litestar.exceptions import ValidationException
from pydantic import Field

from relevo_server.answers.wire import Row
from relevo_server.requests.parameters import Parameter

_BODY = "body"
_CONTENT = "content"
_QUOTE = "'"
_QUOTED = re.compile(r"^Invalid enum value .*$", re.DOTALL)
_PLAIN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "extra_forbidden": "there is no such field here",
        "missing": "is missing",
        "model_type": "has to be a JSON object",
        "model_attributes_type": "has to be a JSON object",
        "dict_type": "has to be a JSON object",
        "string_type": "has to be a text",
        "list_type": "has to be a list",
        "int_type": "has to be a whole number",
        "int_parsing": "has to be a whole number",
        "int_from_float": "has to be a whole number",
        "bool_type": "has to be true or false",
        "bool_parsing": "has to be true or false",
        "string_too_short": "is shorter than {min_length} characters",
        "string_too_long": "is longer than {max_length} characters",
        "too_short": "has fewer than {min_length} items",
        "too_long": "has more than {max_length} items",
        "greater_than_equal": "has to be {ge} or more",
        "less_than_equal": "has to be {le} or less",
        "enum": "is none of the values it can have: {expected}",
        "literal_error": "is none of the values it can have: {expected}",
        "uuid_type": "has to be a UUID",
        "uuid_parsing": "has to be a UUID",
    }
)
"""What the models' library finds, in words of ours; its own numbers go into the braces."""
_EMPTY = frozenset({"string_too_short", "too_short"})
_NATURES: Mapping[str, str] = MappingProxyType(
    {"int": "a whole number", "bool": "true or false", "str": "a text"}
)
_EXPECTED = re.compile(r"^Expected `(\w+)(?: \| null)?`(?P<bound>.*)$", re.DOTALL)
_BOUND = re.compile(r"^ (?P<of>of length )?(?P<sign>[<>]=) (?P<number>\d+)$")
_BOUNDS: Mapping[tuple[bool, str], str] = MappingProxyType(
    {
        (False, ">="): "has to be {} or more",
        (False, "<="): "has to be {} or less",
        (True, ">="): "is shorter than {} characters",
        (True, "<="): "is longer than {} characters",
    }
)
_PLACE = re.compile(r" - at `[^`]*`$")


class FieldError(Row):
    """One thing that is wrong."""

    field: Annotated[str, Field(description="Where: names and positions, joined by dots.")]
    reason: str


def body_errors(error: pydantic.ValidationError) -> list[FieldError]:
    """List what is wrong with a body."""
    faults = error.errors(include_input=False, include_url=False)
    places = [fault["loc"] for fault in faults]
    return [
        FieldError(field=_field(fault["loc"]) or _BODY, reason=_reason(fault))
        for fault in faults
        if not _follows(fault["loc"], places)
    ]


def _follows(place: tuple[int | str, ...], places: Sequence[tuple[int | str, ...]]) -> bool:
    """Whether something within this place is wrong: of a list that is what empties it."""
    return any(len(other) > len(place) and other[: len(place)] == place for other in places)


def _field(place: tuple[int | str, ...]) -> str:
    """Name a place as the request spells it: a content's type is no name in it."""
    if len(place) > 1 and place[0] == _CONTENT:
        place = (_CONTENT, *place[2:])
    return ".".join(map(str, place))


def parameter_errors(
    error: ValidationException, known: Mapping[str, Parameter]
) -> list[FieldError]:
    """List what is wrong with query parameters and headers, under the names they are sent by."""
    listed = error.extra if isinstance(error.extra, list) else []
    return [
        _parameter_error(one, known.get(str(one.get("key"))))
        for one in listed
        if isinstance(one, dict)
    ] or [FieldError(field="request", reason="something is wrong with it")]


def _parameter_error(fault: Mapping[str, Any], parameter: Parameter | None) -> FieldError:
    field = parameter.name if parameter else str(fault.get("key", "request"))
    values = parameter.values if parameter else ()
    return FieldError(field=field, reason=_plain(str(fault.get("message", "is wrong")), values))


def _reason(fault: Any) -> str:
    context = fault.get("ctx", {})
    # These quote what was sent, which may be what somebody wrote.
    if fault["type"] == "union_tag_invalid":
        return (
            f"no such {context['discriminator'].strip(_QUOTE)}; there is {context['expected_tags']}"
        )
    if fault["type"] in _PLAIN_WORDS:
        if fault["type"] in _EMPTY and context["min_length"] == 1:
            return "is empty"
        return _PLAIN_WORDS[fault["type"]].format_map(context)
    text = str(fault["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _plain(message: str, values: Sequence[str]) -> str:
    message = _PLACE.sub("", message)
    if _QUOTED.match(message):
        return f"none of the values it can have: {', '.join(values)}"
    found = _EXPECTED.match(message)
    if found is not None and found[1] in _NATURES:
        return _bound(found["bound"]) or f"has to be {_NATURES[found[1]]}"
    return message[:1].lower() + message[1:]


def _bound(text: str) -> str | None:
    found = _BOUND.match(text)
    if found is None:
        return None
    if found["of"] and (found["sign"], found["number"]) == (">=", "1"):
        return "is empty"
    return _BOUNDS[found["of"] is not None, found["sign"]].format(found["number"])
