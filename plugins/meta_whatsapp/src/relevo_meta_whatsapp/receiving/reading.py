"""Typed access to the vendor's JSON.

What starts with `need` or `optional` refuses another type, naming the place and never
the value; what starts with `find` takes it for absent. News are read with `find`
wherever they still make sense without: a message with an odd timestamp is a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from pydantic import JsonValue

from relevo import WebhookMalformed

JsonObject = Mapping[str, JsonValue]

_FIRST_MILLISECONDS = 100_000_000_000
"""From here on (the year 5138 in seconds) a timestamp counts milliseconds: seen in 2025."""


def need_text(mapping: JsonObject, key: str, place: str) -> str:
    """Read a text that has to be there.

    Raises:
        WebhookMalformed: It is absent, empty or of another type.
    """
    text = optional_text(mapping, key, place)
    if text is None:
        raise_malformed(f"{place}.{key}", "a text that is not empty")
    return text


def optional_text(mapping: JsonObject, key: str, place: str) -> str | None:
    """Read a text; None where it is absent or empty, which Meta uses alike.

    Raises:
        WebhookMalformed: It is of another type.
    """
    value = mapping.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise_malformed(f"{place}.{key}", "a text")
    return value


def need_object(mapping: JsonObject, key: str, place: str) -> JsonObject:
    """Read an object that has to be there.

    Raises:
        WebhookMalformed: It is absent or of another type.
    """
    value = mapping.get(key)
    if not isinstance(value, dict):
        raise_malformed(f"{place}.{key}", "an object")
    return value


def optional_object(mapping: JsonObject, key: str, place: str) -> JsonObject:
    """Read an object; an empty one where it is absent.

    Raises:
        WebhookMalformed: It is of another type.
    """
    return {} if mapping.get(key) is None else need_object(mapping, key, place)


def optional_objects(mapping: JsonObject, key: str, place: str) -> Sequence[JsonObject]:
    """Read a list of objects; an empty one where it is absent.

    Raises:
        WebhookMalformed: It is no list, or not of objects only.
    """
    values = mapping.get(key)
    if values is None:
        return []
    found = values if isinstance(values, list) else [values]
    objects = [value for value in found if isinstance(value, dict)]
    if not isinstance(values, list) or len(objects) != len(values):
        raise_malformed(f"{place}.{key}", "a list of objects")
    return objects


def find_text(value: JsonValue | JsonObject, key: str) -> str | None:
    """Read a text of an object, if both are what they should be."""
    text = value.get(key) if isinstance(value, Mapping) else None
    return text if isinstance(text, str) and text else None


def find_object(value: JsonValue | JsonObject, key: str) -> dict[str, JsonValue]:
    """Read an object of an object; an empty one where either is something else."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, dict) else {}


def find_moment(value: JsonValue | JsonObject, *keys: str) -> datetime | None:
    """Read a unix time in seconds or milliseconds, a number or a numeric text.

    Meta writes integers in news of accounts and preferences, texts in messages.
    """
    told = [value.get(key) for key in keys] if isinstance(value, Mapping) else []
    return next((moment for one in told if (moment := _moment(one)) is not None), None)


def raise_malformed(place: str, wanted: str) -> NoReturn:
    """Say what a webhook should hold where; never what it holds."""
    msg = f"{place} should be {wanted}."
    raise WebhookMalformed(msg)


def _moment(value: JsonValue) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        number = int(value)
        seconds = number / 1000 if number >= _FIRST_MILLISECONDS else number
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
