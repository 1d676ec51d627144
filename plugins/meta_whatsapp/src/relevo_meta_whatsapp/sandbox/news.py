"""The webhooks the sandbox posts, in Meta's form and serialisation. Pure."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.answers import status_error
from relevo_meta_whatsapp.sandbox.state import SandboxNumber, TakenMessage

_PRICED = frozenset({"sent", "delivered"})
_TOGETHER = 2
"""News that share one change of a batch: Meta mixes elements, changes and entries."""


class News(NamedTuple):
    """One message or status to tell, and the contact it comes with."""

    part: str
    """`messages` or `statuses`."""
    element: Mapping[str, JsonValue]
    contact: Mapping[str, JsonValue] | None = None
    about: TakenMessage | None = None


def status_news(message: TakenMessage, word: str, fail_code: int) -> News:
    """Tell what became of a message."""
    people = {"wa_id": "recipient_id", "user_id": "recipient_user_id"}
    status: dict[str, JsonValue] = {
        "id": message.wamid,
        "status": word,
        "timestamp": str(int(time.time())),
        **{people[key]: person for key, person in message.recipient.items()},
    }
    if message.echo is not None:
        status["biz_opaque_callback_data"] = message.echo
    if word in _PRICED:
        status["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "utility" if message.kind == "template" else "service",
        }
    if word == "failed":
        status["errors"] = [status_error(fail_code)]
        return News("statuses", status, None, message)
    return News("statuses", status, dict(message.recipient), message)


def inbound_news(wamid: str, person: str, text: str, name: str) -> News:
    """Tell that a person wrote.

    Args:
        wamid: The id of the new message.
        person: The number in WhatsApp's own spelling.
        text: What the person wrote.
        name: The person's profile name.
    """
    message: dict[str, JsonValue] = {
        "from": person,
        "id": wamid,
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }
    return News("messages", message, {"profile": {"name": name}, "wa_id": person})


def envelope(number: SandboxNumber, news: Sequence[News]) -> dict[str, JsonValue]:
    """Put news into one webhook; a batch is spread over changes and entries."""
    changes = [
        _change(number, news[start : start + _TOGETHER]) for start in range(0, len(news), _TOGETHER)
    ]
    middle = (len(changes) + 1) // 2
    entries = [part for part in (changes[:middle], changes[middle:]) if part]
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": number.waba_id, "changes": list(part)} for part in entries],
    }


def _change(number: SandboxNumber, news: Sequence[News]) -> JsonValue:
    value: dict[str, JsonValue] = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.display_number,
            "phone_number_id": number.phone_number_id,
        },
    }
    if contacts := [dict(one.contact) for one in news if one.contact is not None]:
        value["contacts"] = list(contacts)
    for part in ("messages", "statuses"):
        if elements := [dict(one.element) for one in news if one.part == part]:
            value[part] = list(elements)
    return {"value": value, "field": "messages"}


def serialise(document: Mapping[str, JsonValue]) -> bytes:
    """Write JSON as Meta does: ASCII only, with escapes a re-encoder would not reproduce."""
    text = json.dumps(document, separators=(",", ":"))
    for character, escape in (("/", "\\/"), ("@", "\\u0040"), ("<", "\\u003c")):
        text = text.replace(character, escape)
    return text.encode("ascii")
