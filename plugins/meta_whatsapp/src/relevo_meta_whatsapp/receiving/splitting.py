"""From one of Meta's webhooks to items that can fail apart.

A webhook holds up to a thousand pieces of news of several numbers, one of history
several thousand. Splitting makes each piece an item of its own, with what it needs of
its surroundings; whatever has not the documented form becomes an item too, so that it
harms no neighbour and is kept whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from relevo import WebhookItem, WebhookMalformed
from relevo_meta_whatsapp.receiving.fields import HISTORY_FIELD, PARTS, Part
from relevo_meta_whatsapp.receiving.keys import hash_key, key_of
from relevo_meta_whatsapp.receiving.reading import JsonObject
from relevo_meta_whatsapp.vendor_json import depth_exceeds, load_json, prune

WEBHOOK_OBJECT = "whatsapp_business_account"
_SURROUNDINGS = frozenset({"messaging_product", "metadata", "contacts"})
_INDEX = re.compile(r"\[[0-9]+\]")
_CONTACT_IDS = ("wa_id", "user_id")
_PERSON_KEYS = (
    "from",
    "from_user_id",
    "recipient_id",
    "recipient_user_id",
    "to",
    "to_user_id",
    "wa_id",
    "user_id",
)


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
    parts = PARTS.get(field, ())
    if any(part.key in value for part in parts):
        yield from _split_value(around, parts, value, place)
    else:
        yield _item("value", around, value, place)


def _split_value(
    around: dict[str, JsonValue], parts: Sequence[Part], value: JsonObject, place: str
) -> Iterator[WebhookItem]:
    if "metadata" in value:
        around = {**around, "metadata": value["metadata"]}
    people = _people(value.get("contacts"))
    for part in parts:
        for where, whole, element in _elements(value, part.key, f"{place}.value"):
            if element is None:
                yield _odd(where, whole)
            elif part.kind == HISTORY_FIELD:
                yield from _split_history(around, people, element, where)
            else:
                yield _item(part.kind, around | _contact_of(people, element), element, where)
    yield from _split_rest(around, {part.key for part in parts}, value, place)


def _elements(
    holder: JsonObject, key: str, place: str
) -> Iterator[tuple[str, JsonValue, JsonObject | None]]:
    """Give a list's elements: place, what is there, and the same if it is an object as it should.

    What is no list is given as one odd element.
    """
    elements = holder.get(key, [])
    if not isinstance(elements, list):
        yield f"{place}.{key}", elements, None
        return
    for position, element in enumerate(elements):
        sound = element if isinstance(element, dict) else None
        yield f"{place}.{key}[{position}]", element, sound


def _split_history(
    around: dict[str, JsonValue], people: Mapping[str, JsonValue], chunk: JsonObject, place: str
) -> Iterator[WebhookItem]:
    """Split a chunk of old messages: each an item, and one for what the chunk says of itself."""
    for thread_place, whole, thread in _elements(chunk, "threads", place):
        if thread is None or "messages" not in thread:
            yield _odd(thread_place, whole)
            continue
        rest: dict[str, JsonValue] = {
            "thread": {key: part for key, part in thread.items() if key != "messages"}
        }
        for where, told, message in _elements(thread, "messages", thread_place):
            if message is None:
                yield _odd(where, told)
            else:
                yield _item("past", around | rest | _contact_of(people, message), message, where)
    itself = {key: part for key, part in chunk.items() if key != "threads"}
    if itself:
        yield _item("value", around, itself, place)


def _split_rest(
    around: dict[str, JsonValue], known: set[str], value: JsonObject, place: str
) -> Iterator[WebhookItem]:
    """Keep what stands beside the known parts: contacts of an odd form, parts yet unknown."""
    for where, contact, _ in _elements(value, "contacts", f"{place}.value"):
        if not _is_sound(contact):
            yield _odd(where, contact)
    rest = {key: part for key, part in value.items() if key not in _SURROUNDINGS | known}
    if rest:
        yield _item("value", around, rest, place)


def _people(contacts: JsonValue) -> dict[str, JsonValue]:
    """Index contacts by id: they do not pair with messages by position."""
    people: dict[str, JsonValue] = {}
    for contact in contacts if isinstance(contacts, list) else []:
        if isinstance(contact, dict) and _is_sound(contact):
            ids = (contact.get(key) for key in _CONTACT_IDS)
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
    return WebhookItem(key_of(kind, raw, element), raw)


def _odd(place: str, part: JsonValue) -> WebhookItem:
    """Keep a part that has not the documented form."""
    kept = prune(part)
    # Without numbers the place is the same when Meta groups the news anew.
    shape = _INDEX.sub("[]", place)
    return WebhookItem(hash_key("malformed", [shape, kept]), {"malformed": kept, "place": place})
