"""What is wrong with the fields of what somebody sent: in our words, under the names they wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

_Place: TypeAlias = tuple[int | str, ...]
_OBJECT = "has to be a JSON object"
_LIST = "has to be a list"
_WHOLE_NUMBER = "has to be a whole number"
_NUMBER = "has to be a number"
_YES_OR_NO = "has to be true or false"
_UUID = "has to be a UUID"
_MOMENT = "has to be a moment with its offset from UTC, such as 2026-11-22T13:00:00Z"
_CHOICE = "is none of the values it can have: {expected}"
_UNKNOWN: Final = "extra_forbidden"
_OWN_WORDS: Final = frozenset({"value_error", "assertion_error"})
"""Kinds whose words a validator of ours, or of a plugin, wrote."""
_PREFIXES: Final = ("Value error, ", "Assertion failed, ")
_PLAIN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        _UNKNOWN: "there is no such field here",
        "unexpected_keyword_argument": "there is no such field here",
        **dict.fromkeys(["missing", "missing_argument"], "is missing"),
        **dict.fromkeys(
            ["model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type"],
            _OBJECT,
        ),
        **dict.fromkeys(["list_type", "tuple_type", "set_type", "frozen_set_type"], _LIST),
        "string_type": "has to be a text",
        **dict.fromkeys(["int_type", "int_parsing", "int_from_float"], _WHOLE_NUMBER),
        "int_parsing_size": "is too large a number",
        **dict.fromkeys(["float_type", "float_parsing", "finite_number"], _NUMBER),
        **dict.fromkeys(["bool_type", "bool_parsing"], _YES_OR_NO),
        **dict.fromkeys(["uuid_type", "uuid_parsing", "uuid_version"], _UUID),
        **dict.fromkeys(
            [
                "datetime_type",
                "datetime_parsing",
                "datetime_object_invalid",
                "datetime_from_date_parsing",
                "timezone_aware",
            ],
            _MOMENT,
        ),
        "none_required": "has to be null",
        "string_too_short": "is shorter than {min_length} characters",
        "string_too_long": "is longer than {max_length} characters",
        "string_pattern_mismatch": "has to match the pattern {pattern}",
        "too_short": "has fewer than {min_length} items",
        "too_long": "has more than {max_length} items",
        "greater_than": "has to be more than {gt}",
        "greater_than_equal": "has to be {ge} or more",
        "less_than": "has to be less than {lt}",
        "less_than_equal": "has to be {le} or less",
        **dict.fromkeys(["enum", "literal_error"], _CHOICE),
        "union_tag_invalid": "is of no kind that can stand here; there is {expected_tags}",
        "union_tag_not_found": "does not say of which kind it is",
    }
)
"""What the models' library finds; its own numbers go into the braces."""
_OTHERWISE: Final = "cannot be read; the API's description says what belongs here"
_THEIRS: Final = frozenset(get_args(ErrorType)) - _OWN_WORDS
_EMPTY: Final = frozenset({"string_too_short", "too_short"})
_TAGGED: Final = frozenset({"content", "header"})
"""Fields whose values are told apart by a tag, which the library puts behind their names."""
_BRANCH: Final = re.compile(
    r"\[key\]|(?:tuple|list|dict|set|frozenset|literal|nullable|is-instance|json-or-python"
    r"|lax-or-strict|definition-ref|constrained-\w+|function-\w+)\[.*\]",
    re.DOTALL,
)
"""How the library names a part of a union, or a key: nobody wrote that."""


_MOST_READ: Final = 1_000
_MOST_TOLD: Final = 50


class FieldFault(NamedTuple):
    """One thing that is wrong: where, as names and positions joined by dots, and why."""

    field: str
    reason: str


def field_faults(error: ValidationError) -> list[FieldFault]:
    """List what is wrong, each field once; a field of no name is the whole.

    A list or an object is not named where something within it is: that is what is wrong. Where
    much is wrong only some is told: whoever sends a million wrong fields gets no million reasons.
    """
    count = error.error_count()
    if count > _MOST_READ:
        return [FieldFault("", f"has {count} things wrong in it")]
    found: dict[_Place, list[str]] = {}
    for fault in error.errors(include_input=False, include_url=False):
        place = tuple(_written(fault["loc"], fault["type"]))
        reasons = found.setdefault(place, [])
        reasons += [reason for reason in [reason_of(fault)] if reason not in reasons]
    around = {place[:end] for place in found for end in range(len(place))}
    told = [
        FieldFault(".".join(map(str, place)), " or ".join(reasons))
        for place, reasons in found.items()
        if place not in around
    ]
    if len(told) > _MOST_TOLD:
        more = f"has {len(told) - _MOST_TOLD} more things wrong in it"
        told = [*told[:_MOST_TOLD], FieldFault("", more)]
    return told


def reason_of(fault: ErrorDetails) -> str:
    """Say one fault without repeating what was sent."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in _EMPTY and context.get("min_length") == 1:
        return "is empty"
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind].format_map(context)
    if kind in _THEIRS:
        return _OTHERWISE
    words: str = fault["msg"]
    for prefix in _PREFIXES:
        words = words.removeprefix(prefix)
    return words[:1].lower() + words[1:].rstrip(".")


def _written(place: _Place, kind: str) -> Iterator[int | str]:
    """Give the parts of a place that whoever sent it wrote."""
    before: Any = None
    for index, part in enumerate(place):
        theirs = kind == _UNKNOWN and index == len(place) - 1
        is_tag = before in _TAGGED and isinstance(part, str)
        is_branch = isinstance(part, str) and _BRANCH.fullmatch(part) is not None
        before = None if is_tag else part
        if theirs or not (is_tag or is_branch):
            yield part
