"""Cards of people."""

from __future__ import annotations

from pydantic import JsonValue

from relevo import ContactCard, ContactsContent
from relevo_meta_whatsapp.payloads.part import Part, Payload, given


def build_contacts(content: ContactsContent) -> Part:
    """Write cards of people."""
    return Part("contacts", [_card(card) for card in content.contacts])


def _card(card: ContactCard) -> Payload:
    written: Payload = {"name": _name(card)}
    lists: dict[str, list[JsonValue]] = {
        "phones": [
            given([("phone", one.number), ("type", one.type), ("wa_id", one.user)])
            for one in card.phones
        ],
        "emails": [one.model_dump(mode="json") for one in card.emails],
        "addresses": [one.model_dump(mode="json") for one in card.addresses],
        "urls": [one.model_dump(mode="json") for one in card.urls],
    }
    written |= {key: parts for key, parts in lists.items() if parts}
    if card.organization is not None:
        written["org"] = card.organization.model_dump(mode="json")
    return written | given([("birthday", card.birthday)])


def _name(card: ContactCard) -> Payload:
    parts = given(
        [
            ("first_name", card.first_name),
            ("middle_name", card.middle_name),
            ("last_name", card.last_name),
            ("prefix", card.prefix),
            ("suffix", card.suffix),
        ]
    )
    # Meta wants a part of the name besides the whole of it.
    return {"formatted_name": card.name, **(parts or {"first_name": card.name})}
