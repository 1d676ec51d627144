"""Messages that are not new: what the business wrote elsewhere, and the history of a thread."""

from __future__ import annotations

from collections.abc import Sequence

from relevo import ProviderEvent
from relevo_meta_whatsapp.addresses import canonical_digits, digits_of
from relevo_meta_whatsapp.receiving.fields import HISTORY_FIELD
from relevo_meta_whatsapp.receiving.messages import describe
from relevo_meta_whatsapp.receiving.people import (
    ADDRESSEE,
    CONTACT,
    SENDER,
    Person,
    find_group,
    find_person,
)
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_object,
    find_text,
    raise_malformed,
)


def parse_past(raw: JsonObject, message: JsonObject) -> Sequence[ProviderEvent]:
    """Tell a message that stands in a thread already: never as if it had just been written.

    Raises:
        WebhookMalformed: Nobody is named whom the thread is with.
    """
    from_us = _is_from_us(raw, message)
    person = _person(raw, message, from_us=from_us)
    if person is None:
        raise_malformed("message.from, message.to or thread.id", "there")
    group = None if from_us else find_group(message)
    told = describe(message, person, raw.get("contact"), live=False, from_us=from_us, group=group)
    return [told]


def _is_from_us(raw: JsonObject, message: JsonObject) -> bool:
    """Tell the direction: an echo is ours; in the history the number or an addressee tells."""
    if raw.get("field") != HISTORY_FIELD:
        return True
    ours = find_text(find_object(raw, "metadata"), "display_phone_number")
    writer = find_text(message, "from")
    if ours is not None and writer is not None and _spell(ours) == _spell(writer):
        return True
    addressee = find_text(message, "to")
    if addressee is None:
        return find_text(message, "to_user_id") is not None
    return ours is None or _spell(addressee) != _spell(ours)


def _person(raw: JsonObject, message: JsonObject, *, from_us: bool) -> Person | None:
    """Find whom the thread is with."""
    group = find_group(message, "to") if from_us else None
    if group is not None:
        return group
    named = find_person((message, ADDRESSEE if from_us else SENDER), (raw.get("contact"), CONTACT))
    return named or find_person((find_object(raw, "thread"), ("id", *CONTACT)))


def _spell(number: str) -> str:
    return canonical_digits(digits_of(number))
