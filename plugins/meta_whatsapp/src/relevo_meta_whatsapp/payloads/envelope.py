"""What stands around every content: the person, the quoted message, our echo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from relevo import Address, Message, NativeContent, Rejected, UnsupportedContent
from relevo_meta_whatsapp.addresses import GROUP, TEL, USER, digits_of
from relevo_meta_whatsapp.native import MarketingTemplate
from relevo_meta_whatsapp.payloads.asking import ASKING
from relevo_meta_whatsapp.payloads.cards import build_carousel
from relevo_meta_whatsapp.payloads.choices import CHOICES
from relevo_meta_whatsapp.payloads.encoding import merge
from relevo_meta_whatsapp.payloads.media import MEDIA
from relevo_meta_whatsapp.payloads.part import Part, Payload
from relevo_meta_whatsapp.payloads.people import build_contacts
from relevo_meta_whatsapp.payloads.selling import SELLING
from relevo_meta_whatsapp.payloads.templates import build_template
from relevo_meta_whatsapp.payloads.words import (
    build_location,
    build_pin,
    build_reaction,
    build_text,
)

ECHO_KEY = "biz_opaque_callback_data"
"""Where our id goes that Meta repeats in every status. It is always ours: doubts settle by it."""

TEMPLATE: Final = "template"
MARKETING_TEMPLATE: Final = "meta_whatsapp.marketing_template"


class _Addressing(NamedTuple):
    recipient_type: str
    key: str


ADDRESSING = MappingProxyType(
    {
        TEL: _Addressing("individual", "to"),
        USER: _Addressing("individual", "recipient"),
        GROUP: _Addressing("group", "to"),
    }
)
"""Where each address scheme goes in the envelope."""

BUILDERS: Mapping[str, Callable[[Any], Part]] = MappingProxyType(
    {
        "text": build_text,
        TEMPLATE: build_template,
        **MEDIA,
        "location": build_location,
        "contacts": build_contacts,
        "reaction": build_reaction,
        **CHOICES,
        **ASKING,
        **SELLING,
        "meta_whatsapp.carousel": build_carousel,
        "meta_whatsapp.pin": build_pin,
        MARKETING_TEMPLATE: build_template,
    }
)
"""How each kind of content is told to Meta."""

_WIRE_KINDS = MappingProxyType(
    {
        **{kind: kind for kind in ("text", "location", "contacts", "reaction", *MEDIA)},
        TEMPLATE: TEMPLATE,
        MARKETING_TEMPLATE: TEMPLATE,
        "meta_whatsapp.pin": "pin",
    }
)
"""Everything else is `interactive`."""


def build_payload(account: str, message: Message) -> Payload:
    """Translate a message; a native content has to be an instance of its own class.

    `Message.extra` is merged last, object into object, and is not checked; only
    `biz_opaque_callback_data` stays ours.

    Raises:
        Rejected: It names an address scheme WhatsApp does not have, or a file of ours that was
            not uploaded.
        UnsupportedContent: The content is not WhatsApp's.
    """
    content = message.content
    build = BUILDERS.get(content.type)
    if build is None or type(content) is NativeContent:
        msg = f"Account {account!r}: WhatsApp cannot carry {content.type!r}."
        raise UnsupportedContent(msg)
    payload: Payload = {
        "messaging_product": "whatsapp",
        **_address(account, message.to),
        ECHO_KEY: message.echo_id,
    }
    if message.reply_to is not None:
        payload["context"] = {"message_id": message.reply_to}
    if isinstance(content, MarketingTemplate) and content.message_activity_sharing is not None:
        payload["message_activity_sharing"] = content.message_activity_sharing
    try:
        part = build(content)
    except Rejected as refusal:
        msg = f"Account {account!r}: {refusal.message}"
        raise Rejected(msg) from None
    payload["type"] = part.kind
    payload[part.kind] = part.body
    return merge(payload, {key: extra for key, extra in message.extra.items() if key != ECHO_KEY})


def wire_type(message: Message) -> str:
    """Tell the `type` that Meta sees."""
    asked = message.extra.get("type")
    return asked if isinstance(asked, str) else wire_kind(message.content.type)


def wire_kind(kind: str) -> str:
    """Tell which `type` Meta has for a kind of content, and so the name of the object beside it."""
    return _WIRE_KINDS.get(kind, "interactive")


def _address(account: str, to: Address) -> Payload:
    addressing = ADDRESSING.get(to.scheme)
    if addressing is None:
        msg = (
            f"Account {account!r}: WhatsApp knows no addresses of scheme {to.scheme!r}. "
            f"Use one of: {', '.join(ADDRESSING)}."
        )
        raise Rejected(msg)
    value = digits_of(to.value) if to.scheme == TEL else to.value
    return {"recipient_type": addressing.recipient_type, addressing.key: value}
