"""From a Relevo message to the JSON of `POST /{phone_number_id}/messages`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pydantic import JsonValue

from relevo import Address, Message, Rejected, TemplateContent, TextContent
from relevo_meta_whatsapp.addresses import GROUP, TEL, USER, digits_of

Payload = dict[str, JsonValue]

MAX_TEXT = 4096
"""Characters of a text body. Meta does not say how it counts; code points is the safe reading."""


ECHO_KEY = "biz_opaque_callback_data"
"""Where our id goes that Meta repeats in every status."""


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


def build_payload(account: str, message: Message) -> Payload:
    """Translate a message.

    `Message.extra` is merged last, object into object, and is not checked.

    Raises:
        Rejected: WhatsApp has no way to express it, or surely refuses it.
    """
    payload: Payload = {
        "messaging_product": "whatsapp",
        **_address(account, message.to),
        ECHO_KEY: message.echo_id,
    }
    if message.reply_to is not None:
        payload["context"] = {"message_id": message.reply_to}
    content = message.content
    payload["type"] = content.type
    payload[content.type] = (
        _text(account, content) if isinstance(content, TextContent) else _template(content)
    )
    return merge(payload, message.extra)


def encode(account: str, payload: Payload) -> bytes:
    """Write a payload as JSON bytes.

    Raises:
        Rejected: `Message.extra` holds what JSON cannot express, such as NaN.
    """
    try:
        return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        msg = (
            f"Account {account!r}: the payload cannot be written as JSON; look for NaN or "
            "Infinity in the message's extra."
        )
        raise Rejected(msg) from None


def merge(payload: Payload, extra: Mapping[str, JsonValue]) -> Payload:
    """Merge `extra` into a copy of a payload: objects key by key, everything else replaced."""
    merged = dict(payload)
    for key, value in extra.items():
        ours = merged.get(key)
        if isinstance(ours, dict) and isinstance(value, dict):
            merged[key] = merge(ours, value)
        else:
            merged[key] = value
    return merged


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


def _text(account: str, content: TextContent) -> Payload:
    if len(content.body) > MAX_TEXT:
        msg = (
            f"Account {account!r}: text.body has {len(content.body)} characters; WhatsApp takes "
            f"{MAX_TEXT}. Shorten it or send it as several messages."
        )
        raise Rejected(msg)
    text: Payload = {"body": content.body}
    if content.preview_url:
        text["preview_url"] = True
    return text


def _template(content: TemplateContent) -> Payload:
    template: Payload = {"name": content.name, "language": {"code": content.language}}
    components: list[JsonValue] = []
    if content.parameters:
        components.append({"type": "body", "parameters": _parameters(content.parameters)})
    components.extend(content.components)
    if components:
        template["components"] = components
    return template


def _parameters(parameters: tuple[str, ...] | dict[str, str]) -> list[JsonValue]:
    if isinstance(parameters, dict):
        return [
            {"type": "text", "parameter_name": name, "text": text}
            for name, text in parameters.items()
        ]
    return [{"type": "text", "text": text} for text in parameters]
