"""Write the components of a template: what fills its header, body, buttons and cards.

    TemplateContent(
        name="order_update",
        language="es_AR",
        components=(
            header(ImageContent(link="https://cdn.example/h.jpg")),
            body("Ana", currency("ARS", 125_000, "$ 1.250")),
            quick_reply(0, "keep-77"),
            url(1, "77"),
        ),
    )

Each gives the JSON that Meta documents; whoever sends over HTTP writes that JSON. A button's
index is its place in the template, from 0; buttons without places to fill are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from relevo import DocumentContent, ImageContent, LocationContent, VideoContent
from relevo_meta_whatsapp.native import OrderDetails, ProductSection
from relevo_meta_whatsapp.payloads.media import named_file
from relevo_meta_whatsapp.payloads.part import given
from relevo_meta_whatsapp.payloads.selling import write_order, write_sections
from relevo_meta_whatsapp.payloads.words import build_location

Component = dict[str, JsonValue]
Parameter = dict[str, JsonValue]

LONGEST_CODE = 15
"""Characters of a one-time code."""


def header(
    content: str | ImageContent | VideoContent | DocumentContent | LocationContent,
    *,
    name: str | None = None,
) -> Component:
    """Fill the header: a file, a place, or the text of its one place (`name`: a named one).

    A file of ours (`media`) is uploaded before the message leaves, as everywhere.
    """
    if isinstance(content, str):
        return {"type": "header", "parameters": [_text(content, name)]}
    if isinstance(content, LocationContent):
        filled = build_location(content).body
    else:
        filled = named_file(content)
    return {"type": "header", "parameters": [{"type": content.type, content.type: filled}]}


def body(*values: str | Parameter, **named: str | Parameter) -> Component:
    """Fill the body: in order, or by the names of its places."""
    return {
        "type": "body",
        "parameters": [
            *(_text(value) for value in values),
            *(_text(value, name) for name, value in named.items()),
        ],
    }


def currency(code: str, amount_1000: int, fallback: str) -> Parameter:
    """Fill a place with money, in thousandths; `fallback` is shown where it cannot be localised."""
    money: Parameter = {"fallback_value": fallback, "code": code, "amount_1000": amount_1000}
    return {"type": "currency", "currency": money}


def date_time(fallback: str) -> Parameter:
    """Fill a place with a moment; Meta shows `fallback`."""
    return {"type": "date_time", "date_time": {"fallback_value": fallback}}


def quick_reply(index: int, reply_id: str) -> Component:
    """Say what comes back when a quick reply is tapped."""
    return _button("quick_reply", index, {"type": "payload", "payload": reply_id})


def url(index: int, end: str) -> Component:
    """Fill the end of a link's URL."""
    return _button("url", index, {"type": "text", "text": end})


def copy_code(index: int, code: str) -> Component:
    """Give the code that a button copies."""
    return _button("copy_code", index, {"type": "coupon_code", "coupon_code": code})


def flow(
    index: int, *, token: str | None = None, data: Mapping[str, JsonValue] | None = None
) -> Component:
    """Give a flow's token and the data of its first screen."""
    action = given([("flow_token", token), ("flow_action_data", dict(data) if data else None)])
    return _action("flow", index, action)


def catalog(index: int, thumbnail_product_retailer_id: str | None = None) -> Component:
    """Choose the product whose picture stands for the catalog."""
    shown = given([("thumbnail_product_retailer_id", thumbnail_product_retailer_id)])
    return _action("catalog", index, shown)


def products(
    index: int, thumbnail_product_retailer_id: str, sections: Sequence[ProductSection]
) -> Component:
    """Choose the products that a button shows (`mpm`)."""
    action: Component = {
        "thumbnail_product_retailer_id": thumbnail_product_retailer_id,
        "sections": write_sections(sections),
    }
    return _action("mpm", index, action)


def voice_call(index: int, ttl_minutes: int) -> Component:
    """Say for how long a button to call can be tapped."""
    return _button("voice_call", index, {"type": "ttl_minutes", "ttl_minutes": ttl_minutes})


def order_details(index: int, order: OrderDetails) -> Component:
    """Give the order that a button lets people pay; its words and header are the template's."""
    return _action("order_details", index, {"order_details": write_order(order)})


def carousel(*cards: Sequence[Component]) -> Component:
    """Fill two to ten cards, each with components of its own."""
    written: list[JsonValue] = [
        {"card_index": index, "components": [*card]} for index, card in enumerate(cards)
    ]
    return {"type": "carousel", "cards": written}


def limited_time_offer(ends_at: datetime) -> Component:
    """Say when an offer ends.

    Raises:
        ValueError: The moment has no zone.
    """
    if ends_at.tzinfo is None:
        msg = "ends_at has no zone: nobody knows which moment it is"
        raise ValueError(msg)
    offer: Component = {"expiration_time_ms": round(ends_at.timestamp() * 1000)}
    return {
        "type": "limited_time_offer",
        "parameters": [{"type": "limited_time_offer", "limited_time_offer": offer}],
    }


def one_time_code(code: str) -> tuple[Component, Component]:
    """Fill an authentication template, whichever way its button takes the code.

    Raises:
        ValueError: The code is longer than Meta takes.
    """
    if len(code) > LONGEST_CODE:
        msg = f"the code has {len(code)} characters; WhatsApp takes {LONGEST_CODE}"
        raise ValueError(msg)
    return body(code), url(0, code)


def _text(value: str | Parameter, name: str | None = None) -> Parameter:
    filled: Parameter = {"type": "text", "text": value} if isinstance(value, str) else {**value}
    return filled if name is None else {**filled, "parameter_name": name}


def _action(kind: str, index: int, action: Component) -> Component:
    return _button(kind, index, {"type": "action", "action": action})


def _button(kind: str, index: int, parameter: Parameter) -> Component:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}
