"""From one item of a webhook to what it tells. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from pydantic import JsonValue, ValidationError

from relevo import (
    AccountUpdate,
    Address,
    DeliveryStatus,
    ForeignItem,
    InboundMessage,
    OtherContent,
    ProviderEvent,
    StatusUpdate,
    TextContent,
    WebhookItem,
    WebhookMalformed,
    parse_echo_id,
)
from relevo_meta_whatsapp.addresses import GROUP, USER, scheme_of
from relevo_meta_whatsapp.api import status_error
from relevo_meta_whatsapp.vendor_json import (
    optional_moment,
    optional_object,
    optional_text,
    raise_malformed,
    required_text,
)

JsonObject = Mapping[str, JsonValue]

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


def parse(account: str, phone_number_id: str, item: WebhookItem) -> Sequence[ProviderEvent]:
    """Translate one item.

    Raises:
        WebhookMalformed: It has not the documented form.
        ForeignItem: It belongs to another business number.
    """
    try:
        raw, kind, element = _element(item.raw)
        _check_owner(account, phone_number_id, raw)
        return [_PARSERS[kind](raw, element)]
    except WebhookMalformed as error:
        msg = f"Account {account!r}: a webhook item is malformed: {error.message}"
        raise WebhookMalformed(msg) from None
    except ValidationError as error:
        # An address or text of a size no person has. pydantic's words may hold it, ours do not.
        places = ", ".join(str(part) for problem in error.errors() for part in problem["loc"])
        msg = f"Account {account!r}: a webhook item holds an impossible value ({places})."
        raise WebhookMalformed(msg) from None


def _element(raw: JsonValue) -> tuple[JsonObject, str, JsonObject]:
    if isinstance(raw, dict):
        for kind in _PARSERS:
            element = raw.get(kind)
            if isinstance(element, dict):
                return raw, kind, element
    place = raw.get("place") if isinstance(raw, dict) else None
    msg = f"{place or 'the item'} is not of the form Meta documents."
    raise WebhookMalformed(msg)


def _check_owner(account: str, phone_number_id: str, raw: JsonObject) -> None:
    """Refuse another number's news. News without a number concerns the whole business account."""
    holder = raw if "metadata" in raw else optional_object(raw, "value", "item")
    metadata = optional_object(holder, "metadata", "value")
    owner = optional_text(metadata, "phone_number_id", "metadata")
    if owner is not None and owner != phone_number_id:
        msg = (
            f"Account {account!r} has phone_number_id {phone_number_id}; this item is for "
            f"{owner[:32]!r}. Configure an account for that number, or stop its webhooks."
        )
        raise ForeignItem(msg)


def _parse_message(raw: JsonObject, message: JsonObject) -> InboundMessage:
    return InboundMessage(
        sender=_sender(message),
        content=_content(message),
        raw=dict(message),
        provider_message_id=required_text(message, "id", "message"),
        reply_to=optional_text(optional_object(message, "context", "message"), "id", "context"),
        sender_name=_profile_name(raw.get("contact")),
        occurred_at=optional_moment(message, "timestamp", "message"),
    )


def _sender(message: JsonObject) -> Address:
    """Name who wrote; people who hide their number have a user id only (since 2026-04)."""
    phone = optional_text(message, "from", "message")
    if phone is not None:
        return Address(scheme_of(phone), phone)
    user = optional_text(message, "from_user_id", "message")
    if user is None:
        raise_malformed("message.from or message.from_user_id", "there")
    return Address(USER, user)


def _content(message: JsonObject) -> TextContent | OtherContent:
    kind = required_text(message, "type", "message")
    if kind != "text":
        return OtherContent(kind=kind, payload=message.get(kind))
    text = optional_object(message, "text", "message")
    body = text.get("body")
    if not isinstance(body, str):
        raise_malformed("text.body", "a text")
    # A person can send a text of blanks only.
    return TextContent(body=body) if body.strip() else OtherContent(kind=kind, payload=dict(text))


def _profile_name(contact: JsonValue) -> str | None:
    """Read the name beside a message; an odd one is no reason to refuse the message."""
    profile = contact.get("profile") if isinstance(contact, dict) else None
    name = profile.get("name") if isinstance(profile, dict) else None
    return name if isinstance(name, str) and name else None


def _parse_status(raw: JsonObject, status: JsonObject) -> StatusUpdate:
    del raw
    word = required_text(status, "status", "status")
    echo = optional_text(status, "biz_opaque_callback_data", "status")
    message_id, attempt = (parse_echo_id(echo) if echo else None) or (None, None)
    return StatusUpdate(
        required_text(status, "id", "status"),
        STATUSES.get(word),
        raw=dict(status),
        message_id=message_id,
        attempt=attempt,
        error=status_error(status.get("errors")),
        occurred_at=optional_moment(status, "timestamp", "status"),
        recipient=_recipient(status),
    )


def _recipient(status: JsonObject) -> Address | None:
    named = optional_text(status, "recipient_id", "status")
    if named is None:
        user = optional_text(status, "recipient_user_id", "status")
        return None if user is None else Address(USER, user)
    if optional_text(status, "recipient_type", "status") == "group":
        return Address(GROUP, named)
    return Address(scheme_of(named), named)


def _parse_error(raw: JsonObject, error: JsonObject) -> AccountUpdate:
    """Tell a problem that Meta attaches to no message."""
    return AccountUpdate("errors", dict(error), optional_moment(raw, "time", "entry"))


def _parse_value(raw: JsonObject, value: JsonObject) -> AccountUpdate:
    kind = required_text(raw, "field", "change")
    return AccountUpdate(kind, dict(value), optional_moment(raw, "time", "entry"))


_PARSERS: MappingProxyType[str, Callable[[JsonObject, JsonObject], ProviderEvent]] = (
    MappingProxyType(
        {
            "message": _parse_message,
            "status": _parse_status,
            "error": _parse_error,
            "value": _parse_value,
        }
    )
)
