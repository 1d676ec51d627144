"""Later news about messages and calls of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from relevo import (
    AccountUpdate,
    DeliveryStatus,
    PersonUpdate,
    ProviderEvent,
    StatusUpdate,
    parse_echo_id,
)
from relevo_meta_whatsapp.preferences import MARKETING
from relevo_meta_whatsapp.receiving.calls import CALL, CALLS_FIELD
from relevo_meta_whatsapp.receiving.faults import code_of, read_errors
from relevo_meta_whatsapp.receiving.people import (
    CONTACT,
    PARTICIPANT,
    PREFERENCE,
    RECIPIENT,
    Person,
    find_group,
    find_person,
)
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_moment,
    find_text,
    need_text,
)

STATUSES = MappingProxyType(
    {
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "read": DeliveryStatus.READ,
        "played": DeliveryStatus.PLAYED,
        "failed": DeliveryStatus.FAILED,
    }
)
"""Meta's words for ours. Others (`deleted`, `warning`, those of calls) move nothing."""

REFUSALS = MappingProxyType({131050: MARKETING})
"""Codes by which Meta tells that a person stopped a category of messages."""

_ECHO = "biz_opaque_callback_data"
_TOLD = "WhatsApp reports the message as failed"


def parse_status(raw: JsonObject, status: JsonObject) -> Sequence[ProviderEvent]:
    """Tell news about a message or a call, and an opt-out that they show.

    Raises:
        WebhookMalformed: They name no message, or say nothing of it.
    """
    identifier = need_text(status, "id", "status")
    word = need_text(status, "status", "status")
    echo = find_text(status, _ECHO)
    message_id, attempt = (parse_echo_id(echo) if echo else None) or (None, None)
    person = _recipient(raw, status)
    if status.get("type") == "call" and message_id is None:
        return [_call_news(person, status)]
    errors = read_errors(status.get("errors"), _TOLD)
    told = StatusUpdate(
        identifier,
        STATUSES.get(word),
        raw=dict(status),
        message_id=message_id,
        attempt=attempt,
        error=errors[0] if errors else None,
        occurred_at=find_moment(status, "timestamp"),
        recipient=person.address if person else None,
        recipient_aliases=person.aliases if person else (),
    )
    return [told, *_opt_outs(find_person((status, PARTICIPANT)) or person, status)]


def _recipient(raw: JsonObject, status: JsonObject) -> Person | None:
    """Find who a message went to: a person, or a group whatever participant the news are of."""
    return find_group(status, "recipient_id") or find_person(
        (status, RECIPIENT), (raw.get("contact"), CONTACT)
    )


def _call_news(person: Person | None, status: JsonObject) -> ProviderEvent:
    """Tell how a call goes on at once: no message waits for these news."""
    moment = find_moment(status, "timestamp")
    if person is None:
        return AccountUpdate(CALLS_FIELD, dict(status), moment)
    return PersonUpdate(
        person.address, CALL, aliases=person.aliases, raw=dict(status), occurred_at=moment
    )


def _opt_outs(person: Person | None, status: JsonObject) -> Iterator[PersonUpdate]:
    errors = status.get("errors")
    codes = {code_of(error) for error in errors} if isinstance(errors, list) else set()
    for code, category in REFUSALS.items():
        if person is not None and code in codes:
            yield PersonUpdate(
                person.address,
                PREFERENCE,
                aliases=person.aliases,
                category=category,
                allowed=False,
                raw=dict(status),
                occurred_at=find_moment(status, "timestamp"),
            )
