"""What people write to the business number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from relevo import InboundMessage, PersonUpdate, ProviderEvent
from relevo_meta_whatsapp.receiving.contents import read_content
from relevo_meta_whatsapp.receiving.contents.native import new_number
from relevo_meta_whatsapp.receiving.faults import read_errors
from relevo_meta_whatsapp.receiving.people import (
    ALIAS,
    CONTACT,
    SENDER,
    Person,
    find_addresses,
    find_group,
    find_person,
    profile_name,
)
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_moment,
    find_object,
    find_text,
    raise_malformed,
)

_FORWARDED = ("forwarded", "frequently_forwarded")
_PRODUCT = "referred_product"
_TOLD = "WhatsApp could not pass on the message as the person sent it"


def parse_message(raw: JsonObject, message: JsonObject) -> Sequence[ProviderEvent]:
    """Tell a message, and what it teaches about who wrote it.

    Raises:
        WebhookMalformed: Nobody is named as its sender.
    """
    contact = raw.get("contact")
    system = find_object(message, "system")
    person = find_person((message, SENDER), (contact, CONTACT)) or find_person((system, CONTACT))
    if person is None:
        raise_malformed("message.from or message.from_user_id", "there")
    # What WhatsApp writes of itself is nothing that a person said just now.
    live = message.get("type") != "system"
    told = describe(message, person, contact, group=find_group(message), live=live)
    return [told, *_changes(person, system, message)]


def describe(
    message: JsonObject,
    person: Person,
    contact: JsonValue,
    *,
    live: bool,
    from_us: bool = False,
    group: Person | None = None,
) -> InboundMessage:
    """Describe a message of a thread with a person or a group. Oddities are passed over."""
    context = find_object(message, "context")
    return InboundMessage(
        group.address if group else person.address,
        read_content(message),
        raw=dict(message),
        provider_message_id=find_text(message, "id"),
        reply_to=find_text(context, "id"),
        sender_name=profile_name(contact),
        occurred_at=find_moment(message, "timestamp"),
        # A group is nobody's other name.
        aliases=() if group else person.aliases,
        author=person.address if group else None,
        live=live,
        from_us=from_us,
        forwarded=any(context.get(key) is True for key in _FORWARDED),
        referral=_referral(message, context),
        errors=read_errors(message.get("errors"), _TOLD),
    )


def _referral(message: JsonObject, context: JsonObject) -> JsonValue:
    """Give the advertisement or the product page that the person came from."""
    referral = message.get("referral")
    product = context.get(_PRODUCT)
    if product is None:
        return referral
    return {**(referral if isinstance(referral, dict) else {}), _PRODUCT: product}


def _changes(person: Person, system: JsonObject, message: JsonObject) -> Iterator[PersonUpdate]:
    """Tell the number or user id that a person has now, and the ones they had as aliases."""
    now = find_addresses(
        ({"wa_id": new_number(system)}, ("wa_id",)), (system, ("user_id", "parent_user_id"))
    )
    known = (person.address, *person.aliases)
    if not {*now} - {*known}:
        return
    names = dict.fromkeys((*now, *known))
    yield PersonUpdate(
        now[0],
        ALIAS,
        aliases=tuple(name for name in names if name != now[0]),
        raw=dict(message),
        occurred_at=find_moment(message, "timestamp"),
    )
