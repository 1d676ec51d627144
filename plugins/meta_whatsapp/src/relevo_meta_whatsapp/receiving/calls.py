"""Calls: one that a person makes is a message of theirs, the rest is news about them."""

from __future__ import annotations

from collections.abc import Sequence

from relevo import AccountUpdate, InboundMessage, PersonUpdate, ProviderEvent
from relevo_meta_whatsapp.native.inbound import Call
from relevo_meta_whatsapp.receiving.people import (
    ADDRESSEE,
    CONTACT,
    SENDER,
    find_person,
    profile_name,
)
from relevo_meta_whatsapp.receiving.reading import JsonObject, find_moment, find_text

CALLS_FIELD = "calls"
CALL = "call"
_FROM_US = "BUSINESS_INITIATED"


def parse_call(raw: JsonObject, call: JsonObject) -> Sequence[ProviderEvent]:
    """Tell an event of a call. A call of a person's opens the window as their messages do."""
    contact = raw.get("contact")
    moment = find_moment(call, "timestamp")
    from_us = find_text(call, "direction") == _FROM_US
    person = find_person((call, ADDRESSEE if from_us else SENDER), (contact, CONTACT))
    if person is None:
        return [AccountUpdate(CALLS_FIELD, dict(call), moment)]
    if from_us or find_text(call, "event") != "connect":
        return [
            PersonUpdate(
                person.address, CALL, aliases=person.aliases, raw=dict(call), occurred_at=moment
            )
        ]
    content = Call(
        session=call.get("session"),
        cta_payload=find_text(call, "cta_payload"),
        deeplink_payload=find_text(call, "deeplink_payload"),
    )
    return [
        InboundMessage(
            person.address,
            content,
            raw=dict(call),
            provider_message_id=find_text(call, "id"),
            sender_name=profile_name(contact),
            occurred_at=moment,
            aliases=person.aliases,
        )
    ]
