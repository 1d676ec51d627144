"""What makes a piece of news the same, in whatever webhook it comes.

A retried batch may be grouped anew, so a key depends on the piece of news alone: on
Meta's own id where it has one, else on all it says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydantic import JsonValue

from relevo_meta_whatsapp.receiving.reading import JsonObject, find_object, find_text

PLACEHOLDER = "media_placeholder"
"""Stands in old messages for a file that comes later, under the same id."""

_PEOPLE = (
    "recipient_id",
    "recipient_user_id",
    "recipient_participant_id",
    "recipient_participant_user_id",
)


def key_of(kind: str, raw: Mapping[str, JsonValue], element: JsonObject) -> str:
    """Make the key of an item from what surrounds it and the element itself."""
    number = find_text(find_object(raw, "metadata"), "phone_number_id") or ""
    news = _NEWS[kind](element) if kind in _NEWS else None
    if news is not None:
        return hash_key(kind, [number, *news])
    # Whom it is about may be named in one webhook and not in the next.
    return hash_key(kind, {name: part for name, part in raw.items() if name != "contact"})


def hash_key(kind: str, news: JsonValue) -> str:
    """Write a key: hashed, since keys are logged and news names people."""
    text = json.dumps(news, sort_keys=True, separators=(",", ":"))
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"


def _message_news(message: JsonObject) -> list[JsonValue] | None:
    identifier = find_text(message, "id")
    return None if identifier is None else [identifier]


def _past_news(message: JsonObject) -> list[JsonValue] | None:
    """Tell an echo and the same message in the history alike, a file and its placeholder apart."""
    identifier = find_text(message, "id")
    return None if identifier is None else [identifier, message.get("type") == PLACEHOLDER]


def _status_news(status: JsonObject) -> list[JsonValue] | None:
    """Tell statuses apart: in a group each participant has their own."""
    words = [find_text(status, key) for key in ("id", "status")]
    if None in words:
        return None
    people = (find_text(status, key) for key in _PEOPLE)
    return [*words, *(person for person in people if person is not None)]


def _call_news(call: JsonObject) -> list[JsonValue] | None:
    words = [find_text(call, key) for key in ("id", "event")]
    return None if None in words else [*words]


_NEWS: MappingProxyType[str, Callable[[JsonObject], list[JsonValue] | None]] = MappingProxyType(
    {
        "message": _message_news,
        "past": _past_news,
        "status": _status_news,
        "call": _call_news,
    }
)
"""None: all of it."""
