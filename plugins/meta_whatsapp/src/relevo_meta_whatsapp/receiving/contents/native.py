"""What only WhatsApp has words for."""

from __future__ import annotations

from types import MappingProxyType

from relevo_meta_whatsapp.native.inbound import (
    MediaPlaceholder,
    Order,
    OrderedItem,
    RequestWelcome,
    System,
    Unsupported,
)
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent, Read
from relevo_meta_whatsapp.receiving.keys import PLACEHOLDER
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_text,
    need_object,
    need_text,
    optional_objects,
    optional_text,
)

_NEW_NUMBER = ("new_wa_id", "wa_id")
"""Older webhooks name the new number apart from the old one."""


def _read_order(message: JsonObject) -> InboundContent:
    order = need_object(message, "order", "message")
    return Order(
        catalog_id=optional_text(order, "catalog_id", "order"),
        text=optional_text(order, "text", "order"),
        product_items=tuple(map(_item, optional_objects(order, "product_items", "order"))),
    )


def _item(item: JsonObject) -> OrderedItem:
    return OrderedItem(
        product_retailer_id=need_text(item, "product_retailer_id", "product_items"),
        quantity=item.get("quantity"),
        item_price=item.get("item_price"),
        currency=optional_text(item, "currency", "product_items"),
    )


def _read_system(message: JsonObject) -> InboundContent:
    system = need_object(message, "system", "message")
    return System(
        kind=need_text(system, "type", "system"),
        body=optional_text(system, "body", "system"),
        wa_id=new_number(system),
        user_id=find_text(system, "user_id"),
        identity=message.get("identity", system.get("identity")),
    )


def new_number(system: JsonObject) -> str | None:
    """Find the number a person has now."""
    return next((told for key in _NEW_NUMBER if (told := find_text(system, key))), None)


def _read_unsupported(message: JsonObject) -> InboundContent:
    """Read what Meta does not pass on; its `errors` are told with the message."""
    part = message.get("unsupported")
    return Unsupported(kind=find_text(part, "type") or find_text(message, "type"))


def _read_request_welcome(message: JsonObject) -> InboundContent:
    del message
    return RequestWelcome()


def _read_placeholder(message: JsonObject) -> InboundContent:
    del message
    return MediaPlaceholder()


NATIVE: MappingProxyType[str, Read] = MappingProxyType(
    {
        "order": _read_order,
        "system": _read_system,
        "unsupported": _read_unsupported,
        # Before `unsupported` there were other words for it.
        "unknown": _read_unsupported,
        "ephemeral": _read_unsupported,
        "request_welcome": _read_request_welcome,
        PLACEHOLDER: _read_placeholder,
    }
)
