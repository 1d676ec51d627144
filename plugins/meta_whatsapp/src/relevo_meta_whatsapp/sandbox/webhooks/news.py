"""The webhooks the sandbox posts, in Meta's form and serialisation. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.answers import status_error
from relevo_meta_whatsapp.sandbox.state import SandboxNumber, TakenMessage

MESSAGES = "messages"
_PRICED = frozenset({"sent", "delivered"})
_NAMED = frozenset({"delivered", "read", "played"})
_TOGETHER = 2
"""News that share one change of a batch: Meta mixes elements, changes and entries."""
_PEOPLE = {"wa_id": "recipient_id", "user_id": "recipient_user_id", "group_id": "recipient_id"}


class News(NamedTuple):
    """One thing to tell, and what it comes with."""

    element: Mapping[str, JsonValue]
    """A message, a status or an error; where `part` is none, the whole value."""
    waba_id: str
    number: SandboxNumber | None
    """The business number it concerns; none for news of the account."""
    part: str | None = MESSAGES
    subject: str = MESSAGES
    """The webhook field."""
    contact: Mapping[str, JsonValue] | None = None
    about: TakenMessage | None = None
    place: int = 0
    """Of a status: which of its message's story it is."""
    time: int | None = None
    """When it happened, where the envelope tells it."""


def status_news(
    message: TakenMessage,
    word: str,
    fail_code: int,
    number: SandboxNumber,
    now: float,
    user_id: str | None = None,
) -> News:
    """Tell what became of a message."""
    status: dict[str, JsonValue] = {
        "id": message.wamid,
        "status": word,
        "timestamp": str(int(now)),
        **{_PEOPLE[key]: person for key, person in message.recipient.items()},
    }
    if "group_id" in message.recipient:
        status["recipient_type"] = "group"
    elif user_id is not None and word != "failed":
        status["recipient_user_id"] = user_id
    if message.echo is not None:
        status["biz_opaque_callback_data"] = message.echo
    if word in _PRICED:
        status["pricing"] = {
            "billable": not message.is_free,
            "pricing_model": "PMP",
            "type": "free_customer_service" if message.is_free else "regular",
            "category": message.category,
        }
    contact: dict[str, JsonValue] | None = None
    if word == "failed":
        status["errors"] = [status_error(fail_code, message.fails_because)]
    elif "group_id" not in message.recipient:
        contact = {key: one for key, one in message.recipient.items()}  # noqa: C416 - widens the values' type
        if user_id is not None:
            contact["user_id"] = user_id
    return News(status, number.waba_id, number, "statuses", contact=contact, about=message)


def envelope(news: Sequence[News]) -> dict[str, JsonValue]:
    """Put news into one webhook; a batch is spread over changes and entries."""
    entries: list[JsonValue] = []
    for waba_id in dict.fromkeys(one.waba_id for one in news):
        theirs = [one for one in news if one.waba_id == waba_id]
        changes = _changes(theirs)
        middle = (len(changes) + 1) // 2
        time = next((one.time for one in theirs if one.time is not None), None)
        for part in (changes[:middle], changes[middle:]):
            if part:
                told: dict[str, JsonValue] = {"id": waba_id}
                if time is not None:
                    told["time"] = time
                entries.append({**told, "changes": list(part)})
    return {"object": "whatsapp_business_account", "entry": entries}


def _changes(news: Sequence[News]) -> list[JsonValue]:
    changes: list[JsonValue] = []
    together: dict[str, list[News]] = {}
    for one in news:
        if one.part is None or one.number is None:
            changes.append(_change(one.number, [one]))
            continue
        group = together.setdefault(one.number.phone_number_id, [])
        group.append(one)
        if len(group) == _TOGETHER:
            changes.append(_change(one.number, group))
            del together[one.number.phone_number_id]
    return changes + [_change(group[0].number, group) for group in together.values()]


def _change(number: SandboxNumber | None, news: Sequence[News]) -> JsonValue:
    value: dict[str, JsonValue] = {}
    if number is not None:
        value = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": number.display_number,
                "phone_number_id": number.phone_number_id,
            },
        }
    if contacts := [dict(one.contact) for one in news if one.contact is not None]:
        value["contacts"] = list(contacts)
    for part in ("messages", "statuses", "errors"):
        if elements := [dict(one.element) for one in news if one.part == part]:
            value[part] = list(elements)
    for one in news:
        if one.part is None:
            value |= one.element
    return {"value": value, "field": news[0].subject}


def serialise(document: Mapping[str, JsonValue]) -> bytes:
    """Write JSON as Meta does: ASCII only, with escapes a re-encoder would not reproduce."""
    text = json.dumps(document, separators=(",", ":"))
    for character, escape in (("/", "\\/"), ("@", "\\u0040"), ("<", "\\u003c")):
        text = text.replace(character, escape)
    return text.encode("ascii")
