"""From one of Meta's webhooks to items that can fail apart. Pure.

A webhook holds up to a thousand pieces of news of several numbers. Splitting
makes each piece an item of its own, with what it needs of its surroundings;
whatever has not the documented form becomes an item too, so that it harms no
neighbour and is kept whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pydantic import JsonValue

from relevo import WebhookItem, WebhookMalformed
from relevo_meta_whatsapp.vendor_json import depth_exceeds, load_json, prune

JsonObject = Mapping[str, JsonValue]

WEBHOOK_OBJECT = "whatsapp_business_account"
MESSAGES_FIELD = "messages"
_SURROUNDINGS = frozenset({"messaging_product", "metadata", "contacts"})


class _Part(NamedTuple):
    """One list in the value of field `messages`, and what its elements are called in an item."""

    key: str
    kind: str


_PARTS = (_Part("messages", "message"), _Part("statuses", "status"), _Part("errors", "error"))
_PART_KEYS = frozenset(part.key for part in _PARTS)
_INDEX = re.compile(r"\[[0-9]+\]")
_PERSON_KEYS = ("from", "from_user_id", "recipient_id", "recipient_user_id")


def split(account: str, body: bytes) -> Sequence[WebhookItem]:
    """Split a webhook's bytes into items.

    Raises:
        WebhookMalformed: It is no JSON, or nothing of WhatsApp's.
    """
    try:
        document = load_json(body)
    except ValueError:
        msg = f"Account {account!r}: the webhook is no JSON."
        raise WebhookMalformed(msg) from None
    if not isinstance(document, dict) or document.get("object") != WEBHOOK_OBJECT:
        msg = f"Account {account!r}: the webhook's object is not {WEBHOOK_OBJECT!r}."
        raise WebhookMalformed(msg)
    entries = document.get("entry")
    if not isinstance(entries, list):
        msg = f"Account {account!r}: the webhook's entry is no list."
        raise WebhookMalformed(msg)
    return [item for number, entry in enumerate(entries) for item in _split_entry(entry, number)]


def _split_entry(entry: JsonValue, number: int) -> Iterator[WebhookItem]:
    place = f"entry[{number}]"
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(changes, list):
        yield _odd(place, entry)
        return
    for position, change in enumerate(changes):
        yield from _split_change(entry, change, f"{place}.changes[{position}]")


def _split_change(entry: JsonObject, change: JsonValue, place: str) -> Iterator[WebhookItem]:
    if not isinstance(change, dict):
        yield _odd(place, change)
        return
    # In some partner events `field` stands beside `changes` (seen 2026-03).
    field = change.get("field", entry.get("field"))
    value = change.get("value")
    if not isinstance(field, str) or not isinstance(value, dict):
        yield _odd(place, change)
        return
    around: dict[str, JsonValue] = {key: entry[key] for key in ("id", "time") if key in entry} | {
        "field": field
    }
    if field == MESSAGES_FIELD and not _PART_KEYS.isdisjoint(value):
        yield from _split_messages(around, value, place)
    else:
        yield _item("value", around, value, place)


def _split_messages(
    around: dict[str, JsonValue], value: JsonObject, place: str
) -> Iterator[WebhookItem]:
    if "metadata" in value:
        around = {**around, "metadata": value["metadata"]}
    people = _people(value.get("contacts"))
    for part in _PARTS:
        elements = value.get(part.key, [])
        if not isinstance(elements, list):
            yield _odd(f"{place}.value.{part.key}", elements)
            continue
        for position, element in enumerate(elements):
            where = f"{place}.value.{part.key}[{position}]"
            if isinstance(element, dict):
                yield _item(part.kind, around | _contact_of(people, element), element, where)
            else:
                yield _odd(where, element)
    yield from _split_rest(around, value, place)


def _split_rest(
    around: dict[str, JsonValue], value: JsonObject, place: str
) -> Iterator[WebhookItem]:
    """Keep what stands beside the known parts: contacts of an odd form, parts yet unknown."""
    contacts = value.get("contacts", [])
    if not isinstance(contacts, list) or not all(map(_is_sound, contacts)):
        yield _odd(f"{place}.value.contacts", contacts)
    rest = {key: part for key, part in value.items() if key not in _SURROUNDINGS | _PART_KEYS}
    if rest:
        yield _item("value", around, rest, place)


def _people(contacts: JsonValue) -> dict[str, JsonValue]:
    """Index contacts by id: they do not pair with messages by position."""
    people: dict[str, JsonValue] = {}
    for contact in contacts if isinstance(contacts, list) else []:
        if isinstance(contact, dict) and _is_sound(contact):
            ids = (contact.get(key) for key in ("wa_id", "user_id"))
            people.update({one: contact for one in ids if isinstance(one, str) and one})
    return people


def _is_sound(contact: JsonValue) -> bool:
    return isinstance(contact, dict) and not depth_exceeds(contact)


def _contact_of(people: Mapping[str, JsonValue], element: JsonObject) -> dict[str, JsonValue]:
    ids = (element.get(key) for key in _PERSON_KEYS)
    found = [people[one] for one in ids if isinstance(one, str) and one in people]
    return {"contact": found[0]} if found else {}


def _item(
    kind: str, around: Mapping[str, JsonValue], element: JsonObject, place: str
) -> WebhookItem:
    raw: dict[str, JsonValue] = {**around, kind: dict(element)}
    if depth_exceeds(raw):
        return _odd(place, raw)
    news = _NEWS[kind](_number_of(around), element) if kind in _NEWS else None
    return WebhookItem(_hash_key(kind, news or raw), raw)


def _odd(place: str, part: JsonValue) -> WebhookItem:
    """Keep a part that has not the documented form."""
    kept = prune(part)
    # Without numbers the place is the same when Meta groups the news anew.
    shape = _INDEX.sub("", place)
    return WebhookItem(_hash_key("malformed", [shape, kept]), {"malformed": kept, "place": place})


def _message_news(number: str, message: JsonObject) -> list[JsonValue] | None:
    identifier = message.get("id")
    return [number, identifier] if isinstance(identifier, str) and identifier else None


def _status_news(number: str, status: JsonObject) -> list[JsonValue] | None:
    """Tell statuses apart: in a group each participant has his own."""
    words = [status.get(key) for key in ("id", "status")]
    people = [
        status.get(key) for key in ("recipient_id", "recipient_user_id", "recipient_participant_id")
    ]
    if not all(isinstance(word, str) and word for word in words):
        return None
    return [number, *words, *(person for person in people if isinstance(person, str) and person)]


_NEWS = MappingProxyType({"message": _message_news, "status": _status_news})
"""What makes a piece of news the same, in whatever webhook it comes; None: all of it."""


def _number_of(around: JsonObject) -> str:
    metadata = around.get("metadata")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    return number if isinstance(number, str) else ""


def _hash_key(kind: str, news: JsonValue) -> str:
    """Write a key: hashed, since keys are logged and news names people."""
    text = json.dumps(news, sort_keys=True, separators=(",", ":"))
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"
