"""Say what is wrong with a request, field by field, without repeating what it held."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import pydantic
from litestar.exceptions import ValidationException
from pydantic import Field

from relevo.field_faults import field_faults
from relevo_server.answers.wire import Row
from relevo_server.requests.parameters import Parameter

_BODY = "body"
_QUOTED = re.compile(r"^Invalid enum value .*$", re.DOTALL)
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
_OTHERS: Mapping[str, str] = MappingProxyType({"Invalid UUID": "has to be a UUID"})
_PLACE = re.compile(r" - at `[^`]*`$")
_WHOSE = re.compile(r"^Account '[^']*': ")
_NUMBERED = re.compile(r"\[(\d+)\]")


class FieldError(Row):
    """One thing that is wrong."""

    field: Annotated[str, Field(description="Where: names and positions, joined by dots.")]
    reason: str


def body_errors(error: pydantic.ValidationError) -> list[FieldError]:
    """List what is wrong with a body."""
    return [
        FieldError(field=fault.field or _BODY, reason=fault.reason) for fault in field_faults(error)
    ]


def field_error(field: str, sentence: str) -> FieldError:
    """Say what is wrong with one field, from a sentence that names account and field as well.

    Args:
        field: As the sentence has it, such as `content.buttons[1].title`.
        sentence: Says what is wrong.
    """
    reason = re.sub(rf"^{re.escape(field)}[: ]+", "", _WHOSE.sub("", sentence))
    where = _NUMBERED.sub(r".\1", field).replace("[]", "")
    return FieldError(field=where, reason=reason.removesuffix("."))


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


def _plain(message: str, values: Sequence[str]) -> str:
    message = _PLACE.sub("", message)
    if _QUOTED.match(message):
        return f"none of the values it can have: {', '.join(values)}"
    found = _EXPECTED.match(message)
    if found is not None and found[1] == "array" and (most := _BOUND.match(found["bound"])):
        return f"is given more than {most['number']} times"
    if found is not None and found[1] in _NATURES:
        return _bound(found["bound"]) or f"has to be {_NATURES[found[1]]}"
    return _OTHERS.get(message, "cannot be read; the API's description says what it can be")


def _bound(text: str) -> str | None:
    found = _BOUND.match(text)
    if found is None:
        return None
    if found["of"] and (found["sign"], found["number"]) == (">=", "1"):
        return "is empty"
    return _BOUNDS[found["of"] is not None, found["sign"]].format(found["number"])
