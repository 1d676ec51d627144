"""What is wrong with a command line, in sentences of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, Literal, get_args, get_origin
from uuid import UUID

import cyclopts
from cyclopts.exceptions import (
    CoercionError,
    ConsumeMultipleError,
    MissingArgumentError,
    MixedArgumentError,
    RepeatArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
    ValidationError,
)

from relevo.findings import did_you_mean, nearest

_NATURES: Mapping[Any, str] = MappingProxyType(
    {
        UUID: "is no id. Ids are whole UUIDs, such as 01a2042f-ee5b-7465-8eba-f12262c957da; "
        "relevo messages lists them.",
        int: "is no whole number.",
        float: "is no number.",
        bool: "is neither true nor false.",
        datetime: "is no moment. Write it as 2026-11-22, 2026-11-22T09:00 or "
        "2026-11-22T09:00:00-03:00.",
    }
)
_BOUND: Final = re.compile(r"Must be (?P<sign>[<>]=?) (?P<number>\S+)\.")
_BOUNDS: Mapping[str, str] = MappingProxyType(
    {">=": "{} or more", "<=": "{} or less", ">": "more than {}", "<": "less than {}"}
)


def usage_fault(error: cyclopts.CycloptsError) -> str:
    """Say what is wrong, where, and what can stand there."""
    say = next((_SAY[kind] for kind in type(error).__mro__ if kind in _SAY), str)
    return say(error)


def _unread(error: UnusedCliTokensError) -> str:
    return f"Nobody reads {', '.join(map(repr, error.unused_tokens or ()))}."


def _missing(error: MissingArgumentError) -> str:
    name = error.argument.name if error.argument else "A value"
    if error.keyword is not None:
        return f"{error.keyword} has no value behind it."
    near = nearest(name, [one for one in error.unused_tokens or () if one.startswith("-")])
    return f"{name} is missing.{f' Is {near} meant to be it?' if near else ''}"


def _too_many_or_few(error: ConsumeMultipleError) -> str:
    name = error.keyword or (error.argument.name if error.argument else "It")
    if error.actual_count < error.min_required:
        return f"{name} has {error.actual_count} values; it needs at least {error.min_required}."
    return f"{name} has {error.actual_count} values; it takes {error.max_allowed} at most."


def _wrong(error: CoercionError) -> str:
    where, value = _place(error), error.token.value if error.token else ""
    if error.msg is not None:
        return f"{where}: {error.msg}"
    choices = _choices(error)
    if choices:
        listed = ", ".join(choices)
        return f"{where}: {value!r} is none of {listed}.{did_you_mean(value, choices)}"
    return f"{where}: {value!r} {_NATURES.get(error.target_type, 'cannot stand here.')}"


def _refused(error: ValidationError) -> str:
    if error.argument is None:
        return error.exception_message or str(error)
    bound = _BOUND.fullmatch(error.exception_message)
    why = (
        f"it has to be {_BOUNDS[bound['sign']].format(bound['number'])}."
        if bound
        else error.exception_message
    )
    return f"{_place(error)}: {error.argument.value!r} cannot be; {why}"


def _unknown_option(error: UnknownOptionError) -> str:
    option = (error.token.keyword or error.token.value).partition("=")[0]
    known = chain.from_iterable(one.names for one in error.argument_collection if one.parse)
    return f"There is no option {option}.{did_you_mean(option, known)}"


def _repeated(error: RepeatArgumentError) -> str:
    return f"{error.token.keyword} is given twice. Give it once."


def _mixed(error: MixedArgumentError) -> str:
    return f"{_place(error)} is given twice: by its name, and by its place. Give it once."


def _place(error: Any) -> str:
    """Name what is wrong as it was written: an option, or a place in capitals."""
    argument = error.argument
    tokens: Sequence[Any] = argument.tokens if argument is not None else ()
    token = getattr(error, "token", None) or next(iter(tokens), None)
    if token is not None and token.keyword:
        return str(token.keyword)
    return argument.name.lstrip("-").upper() if argument is not None else "A value"


def _choices(error: CoercionError) -> list[str]:
    """List the words that can stand there, as they are written."""
    kind: Any = error.target_type
    write = (
        error.argument.parameter.name_transform
        if error.argument
        else cyclopts.default_name_transform
    )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [write(name) for name in kind.__members__]
    if get_origin(kind) is Literal:
        return [str(one) for one in get_args(kind)]
    return []


_SAY: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        UnusedCliTokensError: _unread,
        ConsumeMultipleError: _too_many_or_few,
        MissingArgumentError: _missing,
        CoercionError: _wrong,
        ValidationError: _refused,
        UnknownOptionError: _unknown_option,
        RepeatArgumentError: _repeated,
        MixedArgumentError: _mixed,
    }
)
"""By the nearest class; what has no words here keeps the library's."""
