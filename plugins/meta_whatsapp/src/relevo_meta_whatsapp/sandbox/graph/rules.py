"""The few words in which the tables of send types are written: text, number, object, list.

A check takes a value and the name of its place, and returns or refuses. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.answers import (
    GraphRefusal,
    raise_invalid,
    raise_missing,
)

JsonObject = Mapping[str, JsonValue]
Check = Callable[[JsonValue, str], None]
Checks = Mapping[str, Check]

_NONE: Checks = MappingProxyType({})
_MAX_URL = 2000


def text(most: int | None = None, *, form: str | None = None, code: int = 131009) -> Check:
    """Demand a text that is not empty, of at most so many code points, of this form."""
    wanted = re.compile(form) if form else None

    def check(value: JsonValue, where: str) -> None:
        if value is None or value == "":
            raise_missing(where)
        if not isinstance(value, str):
            raise_invalid(where, "must be a text")
        if most is not None and len(value) > most:
            raise GraphRefusal(code, f"{where} must be at most {most} characters long.")
        if wanted is not None and not wanted.fullmatch(value):
            raise_invalid(where, "has not the form it must have")

    return check


def any_text(most: int) -> Check:
    """Demand a text that may be empty."""

    def check(value: JsonValue, where: str) -> None:
        if not isinstance(value, str) or len(value) > most:
            raise_invalid(where, f"must be a text of at most {most} characters")

    return check


def yes_or_no(value: JsonValue, where: str) -> None:
    """Demand true or false."""
    if not isinstance(value, bool):
        raise_invalid(where, "must be true or false")


def number(least: float, most: float, *, as_text: bool = False, whole: bool = False) -> Check:
    """Demand a number between two; `as_text` takes one in quotes, too."""

    def check(value: JsonValue, where: str) -> None:
        given = value
        if as_text and isinstance(value, str):
            try:
                given = float(value)
            except ValueError:
                raise_invalid(where, "must be a number")
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise_invalid(where, "must be a number")
        if whole and given != int(given):
            raise_invalid(where, "must be a whole number")
        if not least <= given <= most:
            raise_invalid(where, f"must be between {least:g} and {most:g}")

    return check


def one_of(*words: str) -> Check:
    """Demand one of these words."""

    def check(value: JsonValue, where: str) -> None:
        if value not in words:
            raise_invalid(where, f"must be one of {', '.join(words)}")

    return check


def web_address(value: JsonValue, where: str) -> None:
    """Demand an http or https address."""
    text(_MAX_URL)(value, where)
    try:
        parts = urlsplit(str(value))
    except ValueError:
        raise_invalid(where, "must be an http or https address")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise_invalid(where, "must be an http or https address")


def anything(value: JsonValue, where: str) -> None:
    """Take any value: Meta documents no rule for it."""
    del value, where


def fields(
    needed: Checks = _NONE,
    optional: Checks = _NONE,
    *,
    exactly_one: tuple[str, ...] = (),
    is_open: bool = False,
    also: Callable[[JsonObject, str], None] | None = None,
) -> Check:
    """Demand an object with these fields.

    Args:
        needed: Fields that have to be there.
        optional: Fields that may be there.
        exactly_one: Optional fields of which one is needed and only one allowed.
        is_open: Take other fields, too; else one that nobody documents is refused.
        also: A rule over the whole object, called last.
    """
    known = {**needed, **optional}

    def check(value: JsonValue, where: str) -> None:
        if not isinstance(value, dict):
            raise_invalid(where, "must be an object")
        _check_there(value, where, needed)
        for name, rule in known.items():
            if name in value:
                rule(value[name], f"{where}.{name}")
        if exactly_one:
            _check_exactly_one(value, where, exactly_one)
        if not is_open:
            _check_documented(value, where, known)
        if also is not None:
            also(value, where)

    return check


def _check_there(value: JsonObject, where: str, needed: Checks) -> None:
    for name in needed:
        if value.get(name) is None:
            raise_missing(f"{where}.{name}")


def _check_documented(value: JsonObject, where: str, known: Checks) -> None:
    for name in value:
        if name not in known:
            details = f'Unexpected key "{name[:64]}" on param "{where}".'
            raise GraphRefusal(100, details, title=f"(#100) {details}")


def _check_exactly_one(value: JsonObject, where: str, names: tuple[str, ...]) -> None:
    given = [name for name in names if name in value]
    if not given:
        raise_missing(" or ".join(f"{where}.{name}" for name in names))
    if len(given) > 1:
        raise_invalid(where, f"may have only one of {', '.join(names)}")


def a_list(item: Check, least: int, most: int, *, unique: tuple[str, ...] = ()) -> Check:
    """Demand a list of so many items, the values at these dotted places all different."""

    def check(value: JsonValue, where: str) -> None:
        if not isinstance(value, list):
            raise_invalid(where, "must be a list")
        if not least <= len(value) <= most:
            raise_invalid(where, f"must have {least} to {most} items, it has {len(value)}")
        for place, one in enumerate(value):
            item(one, f"{where}[{place}]")
        for path in unique:
            seen = [value_at(one, path) for one in value]
            if any(one in seen[:place] for place, one in enumerate(seen)):
                raise_invalid(f"{where}[].{path}", "must be unique")

    return check


def kinds(table: Checks, *, code: int = 131009) -> Check:
    """Demand an object whose `type` chooses the table it is checked by."""

    def check(value: JsonValue, where: str) -> None:
        if not isinstance(value, dict):
            raise_invalid(where, "must be an object")
        kind = value.get("type")
        if kind is None:
            raise_missing(f"{where}.type")
        if not isinstance(kind, str) or kind not in table:
            details = f"{where}.type must be one of {', '.join(table)}"
            raise GraphRefusal(code, f"Parameter value is not valid: {details}")
        table[kind](value, where)

    return check


def value_at(value: JsonValue, path: str) -> JsonValue:
    """Follow a dotted path through objects; null where it ends early."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
