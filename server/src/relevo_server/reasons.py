"""Say what is wrong with a request, field by field, without repeating what it held."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

import pydantic
from litestar.exceptions import ValidationException
from pydantic import Field

from relevo_server.wire import Row

_BODY = "body"
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
    return [
        FieldError(field=".".join(map(str, fault["loc"])) or _BODY, reason=_reason(fault))
        for fault in faults
    ]


def parameter_errors(error: ValidationException) -> list[FieldError]:
    """List what is wrong with query parameters and headers."""
    listed = error.extra if isinstance(error.extra, list) else []
    return [
        FieldError(
            field=str(one.get("key", "request")), reason=_plain(str(one.get("message", "is wrong")))
        )
        for one in listed
        if isinstance(one, dict)
    ] or [FieldError(field="request", reason="something is wrong with it")]


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


def _plain(message: str) -> str:
    message = _PLACE.sub("", message)
    if _QUOTED.match(message):
        return "none of the values it can have; the schema lists them"
    return message[:1].lower() + message[1:]
