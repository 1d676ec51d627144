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
        return _PLAIN_WORDS[fault["type"]]
    text = str(fault["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _plain(message: str, values: Sequence[str]) -> str:
    message = _PLACE.sub("", message)
    if _QUOTED.match(message):
        return f"none of the values it can have: {', '.join(values)}"
    return message[:1].lower() + message[1:]
