"""One sample of everything a webhook can tell, as data. Written from Meta's documents of 2026-09.

`$` words are filled in when a sample is used: the person's number (`$wa_id`) and user id
(`$user_id`), ours (`$number`), the time as text (`$now`) or number (`$time`), a message id
(`$id`), what the person last got (`$last_sent`), wrote (`$last_written`) or either
(`$last_said`), and the address, id and digest of media (`$media`). Where a person hides their
number, the keys that would hold it are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_ERROR = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}


class MessageSample(NamedTuple):
    """A message of a person."""

    element: Mapping[str, Any]
    path: tuple[str, ...]
    """Where what a caller gives is merged in."""
    opens_window: bool = True
    has_contact: bool = True
    media: str | None = None
    """The type of the file that comes with it."""


def _simple(kind: str, content: Any, **more: Any) -> MessageSample:
    return MessageSample({"type": kind, kind: content}, (kind,), **more)


def _media(kind: str, mime_type: str, **content: Any) -> MessageSample:
    return _simple(kind, {"$media": True, "mime_type": mime_type, **content}, media=mime_type)


def _interactive(kind: str, content: Mapping[str, Any]) -> MessageSample:
    element = {"type": "interactive", "interactive": {"type": kind, kind: content}}
    return MessageSample(element, ("interactive", kind))


def _system(kind: str, **content: Any) -> MessageSample:
    element = {"type": "system", "system": {"type": kind, **content}}
    return MessageSample(element, ("system",), opens_window=False, has_contact=False)


MESSAGES: Mapping[str, MessageSample] = MappingProxyType(
    {
        "text": _simple("text", {"body": "hola"}),
        "image": _media("image", "image/jpeg", caption="look"),
        "video": _media("video", "video/mp4"),
        "audio": _media("audio", "audio/ogg; codecs=opus", voice=True),
        "document": _media("document", "application/pdf", filename="a.pdf"),
        "sticker": _media("sticker", "image/webp", animated=False),
        "location": _simple("location", {"latitude": 41.38, "longitude": 2.17, "name": "Office"}),
        "contacts": _simple(
            "contacts",
            [
                {
                    "name": {"formatted_name": "Bo", "first_name": "Bo"},
                    "phones": [
                        {"phone": "+34 600 111 333", "wa_id": "34600111333", "type": "CELL"}
                    ],
                    "origin": "other",
                }
            ],
        ),
        "reaction": _simple(
            "reaction", {"message_id": "$last_said", "emoji": "❤"}, opens_window=False
        ),
        "button": _simple("button", {"payload": "keep-77", "text": "Keep"}),
        "button_reply": _interactive("button_reply", {"id": "keep", "title": "Keep"}),
        "list_reply": _interactive("list_reply", {"id": "m", "title": "Medium"}),
        "nfm_reply": _interactive(
            "nfm_reply",
            {
                "name": "flow",
                "body": "Sent",
                "response_json": '{"flow_token":"unused","day":"Mon"}',
            },
        ),
        "call_permission_reply": _interactive(
            "call_permission_reply",
            {
                "response": "accept",
                "expiration_timestamp": "$time",
                "response_source": "user_action",
            },
        ),
        "payment_method": _interactive(
            "payment_method",
            {"payment_method": "card", "reference_id": "77", "payment_timestamp": "$time"},
        ),
        "order": _simple(
            "order",
            {
                "catalog_id": "6001",
                "text": "gift wrap",
                "product_items": [
                    {
                        "product_retailer_id": "sku-1",
                        "quantity": 2,
                        "item_price": 9.9,
                        "currency": "EUR",
                    }
                ],
            },
        ),
        "user_changed_number": _system(
            "user_changed_number", wa_id="34600999888", body="User changed from one to another"
        ),
        "user_changed_user_id": _system(
            "user_changed_user_id", user_id="ES.newid", body="User changed their id"
        ),
        "customer_identity_changed": MessageSample(
            {
                "type": "system",
                "system": {"type": "customer_identity_changed", "body": "Identity changed"},
                "identity": {"acknowledged": False, "created_timestamp": "$now", "hash": "h2"},
            },
            ("identity",),
            opens_window=False,
            has_contact=False,
        ),
        "edit": _simple(
            "edit",
            {
                "original_message_id": "$last_written",
                "message": {"type": "text", "text": {"body": "hola!"}},
            },
            opens_window=False,
        ),
        "revoke": _simple("revoke", {"original_message_id": "$last_written"}, opens_window=False),
        "unsupported": MessageSample(
            {
                "type": "unsupported",
                "unsupported": {"type": "poll_creation"},
                "errors": [{**_ERROR, "error_data": {"details": "Message type is not supported."}}],
            },
            ("unsupported",),
        ),
        "request_welcome": MessageSample({"type": "request_welcome"}, (), opens_window=False),
    }
)
"""Messages of people, by the kind a caller asks for."""
