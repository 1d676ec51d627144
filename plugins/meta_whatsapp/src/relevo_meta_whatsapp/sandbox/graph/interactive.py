"""What Meta takes in interactive messages, as tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.answers import raise_invalid, raise_missing
from relevo_meta_whatsapp.sandbox.graph.payments import ORDER, ORDER_NEWS
from relevo_meta_whatsapp.sandbox.graph.rules import (
    Check,
    Checks,
    JsonObject,
    a_list,
    anything,
    fields,
    kinds,
    number,
    one_of,
    text,
    value_at,
    web_address,
)

_MEDIA = fields(
    optional={"id": text(), "link": web_address, "filename": text()}, exactly_one=("id", "link")
)
_TEXT_HEADER: Checks = {"text": fields({"type": anything, "text": text(60)})}
_MEDIA_HEADERS: Checks = {
    kind: fields({"type": anything, kind: _MEDIA}) for kind in ("image", "video", "document")
}
_ANY_HEADER = kinds({**_TEXT_HEADER, **_MEDIA_HEADERS})
_FOOTER = fields({"text": text(60)})
_BODY = fields({"text": text(1024)})
_LONG_BODY = fields({"text": text(4096)})
_LABEL = text(20)
_ROWS = 10
_LAST_SIGN = 0x2BFF
"""Where the blocks of arrows and dingbats end; beyond it what is no letter is a picture."""
_ITEMS = 30


def _parts(
    action: Check, needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None
) -> Check:
    return fields({"type": anything, "action": action, **needed}, optional or {})


def _named(name: str, parameters: Check | None = None, *, needed: bool = True) -> Check:
    inner: Checks = {} if parameters is None else {"parameters": parameters}
    own: Checks = {"name": one_of(name)}
    return fields({**own, **inner}) if needed else fields(own, inner)


def _check_rows(action: JsonObject, where: str) -> None:
    rows = _inside(action, "rows")
    if len(rows) > _ROWS:
        raise_invalid(f"{where}.sections", f"must have at most {_ROWS} rows in all")
    ids = [value_at(row, "id") for row in rows]
    if any(one in ids[:place] for place, one in enumerate(ids)):
        raise_invalid(f"{where}.sections[].rows[].id", "must be unique")
    _check_titles(action, where)


def _check_items(action: JsonObject, where: str) -> None:
    if len(_inside(action, "product_items")) > _ITEMS:
        raise_invalid(f"{where}.sections", f"must have at most {_ITEMS} products in all")
    _check_titles(action, where)


def _inside(action: JsonObject, name: str) -> list[JsonValue]:
    found: list[JsonValue] = []
    sections = action["sections"]
    for section in sections if isinstance(sections, list) else ():
        items = value_at(section, name)
        found += items if isinstance(items, list) else []
    return found


def _check_titles(action: JsonObject, where: str) -> None:
    sections = action["sections"]
    if not isinstance(sections, list) or len(sections) == 1:
        return
    for place, section in enumerate(sections):
        if not value_at(section, "title"):
            raise_missing(f"{where}.sections[{place}].title")


_BUTTONS = fields(
    {
        "buttons": a_list(
            fields({"type": one_of("reply"), "reply": fields({"id": text(256), "title": _LABEL})}),
            1,
            3,
            unique=("reply.id", "reply.title"),
        )
    }
)
_ROW = fields({"id": text(200), "title": text(24)}, {"description": text(72)})
_LIST = fields(
    {
        "button": _LABEL,
        "sections": a_list(fields({"rows": a_list(_ROW, 1, _ROWS)}, {"title": text(24)}), 1, 10),
    },
    also=_check_rows,
)
_LINK = _named("cta_url", fields({"display_text": _LABEL, "url": web_address}))


def _check_flow(parameters: JsonObject, where: str) -> None:
    if not str(parameters["flow_cta"]).isprintable() or any(
        ord(letter) > _LAST_SIGN and not letter.isalpha() for letter in str(parameters["flow_cta"])
    ):
        raise_invalid(f"{where}.flow_cta", "may hold no emoji")
    if parameters.get("flow_action") == "data_exchange" and "flow_action_payload" in parameters:
        raise_invalid(f"{where}.flow_action_payload", "goes only with flow_action navigate")


_FLOW = _named(
    "flow",
    fields(
        {"flow_message_version": one_of("3"), "flow_cta": text(30)},
        {
            "flow_id": text(),
            "flow_name": text(),
            "flow_token": text(),
            "mode": one_of("draft", "published"),
            "flow_action": one_of("navigate", "data_exchange"),
            "flow_action_payload": fields({"screen": text()}, {"data": anything}),
        },
        exactly_one=("flow_id", "flow_name"),
        also=_check_flow,
    ),
)
_PRODUCT = fields({"catalog_id": text(), "product_retailer_id": text()})
_PRODUCTS = fields(
    {
        "catalog_id": text(),
        "sections": a_list(
            fields(
                {"product_items": a_list(fields({"product_retailer_id": text()}), 1, _ITEMS)},
                {"title": text(24)},
            ),
            1,
            10,
        ),
    },
    also=_check_items,
)


def _card_body(value: JsonValue, where: str) -> None:
    fields({"text": text(160)})(value, where)
    if str(value_at(value, "text")).count("\n") > 2:  # noqa: PLR2004 - Meta's own limit
        raise_invalid(f"{where}.text", "may hold at most 2 line breaks")


_QUICK_REPLIES = fields(
    {
        "buttons": a_list(
            fields(
                {
                    "type": one_of("quick_reply"),
                    "quick_reply": fields({"id": text(256), "title": _LABEL}),
                }
            ),
            1,
            3,
        )
    }
)


def _card_action(value: JsonValue, where: str) -> None:
    with_buttons = isinstance(value, dict) and "buttons" in value
    (_QUICK_REPLIES if with_buttons else _LINK)(value, where)


_LINK_CARD = fields(
    {
        "card_index": number(0, 9, whole=True),
        "type": anything,
        "header": kinds({kind: _MEDIA_HEADERS[kind] for kind in ("image", "video")}),
        "action": _card_action,
    },
    {"body": _card_body, "footer": _FOOTER},
)
_PRODUCT_CARD = fields(
    {"card_index": number(0, 9, whole=True), "type": anything, "action": _PRODUCT}
)


def _check_cards(action: JsonObject, where: str) -> None:
    cards = action["cards"]
    for path in ("type", "header.type"):
        if isinstance(cards, list) and len({str(value_at(card, path)) for card in cards}) > 1:
            raise_invalid(f"{where}.cards[].{path}", "must be the same on all cards")


_CARDS = fields(
    {
        "cards": a_list(
            kinds({"cta_url": _LINK_CARD, "product": _PRODUCT_CARD}),
            2,
            10,
            unique=("card_index",),
        )
    },
    also=_check_cards,
)
_ADDRESS = fields(
    {"country": one_of("IN", "SG")},
    {"values": anything, "saved_addresses": anything, "validation_errors": anything},
)
_CALL = fields(
    optional={
        "display_text": _LABEL,
        "ttl_minutes": number(1, 43_200, whole=True),
        "payload": text(512),
    }
)
_AROUND: Checks = {"header": _ANY_HEADER, "footer": _FOOTER}
_THUMBNAIL = fields(optional={"thumbnail_product_retailer_id": text()})

INTERACTIVE: Checks = MappingProxyType(
    {
        "button": _parts(_BUTTONS, {"body": _BODY}, _AROUND),
        "list": _parts(
            _LIST, {"body": _LONG_BODY}, {"header": kinds(_TEXT_HEADER), "footer": _FOOTER}
        ),
        "cta_url": _parts(_LINK, {"body": _BODY}, _AROUND),
        "location_request_message": _parts(_named("send_location"), {"body": _BODY}),
        "flow": _parts(_FLOW, {"body": _BODY}, _AROUND),
        "product": _parts(_PRODUCT, {}, {"body": _BODY, "footer": _FOOTER}),
        "product_list": _parts(
            _PRODUCTS, {"header": kinds(_TEXT_HEADER), "body": _BODY}, {"footer": _FOOTER}
        ),
        "catalog_message": _parts(
            _named("catalog_message", _THUMBNAIL, needed=False),
            {"body": _BODY},
            {"footer": _FOOTER},
        ),
        "carousel": _parts(_CARDS, {"body": _BODY}),
        "address_message": _parts(_named("address_message", _ADDRESS), {"body": _BODY}, _AROUND),
        "call_permission_request": _parts(_named("call_permission_request"), {}, {"body": _BODY}),
        "voice_call": _parts(_named("voice_call", _CALL, needed=False), {"body": _BODY}, _AROUND),
        "request_contact_info": _parts(_named("request_contact_info"), {"body": _BODY}),
        "order_details": _parts(_named("review_and_pay", ORDER), {"body": _BODY}, _AROUND),
        "order_status": _parts(
            _named("review_order", ORDER_NEWS), {"body": _BODY}, {"footer": _FOOTER}
        ),
    }
)
"""The kinds of interactive messages, and the table each is checked by."""
