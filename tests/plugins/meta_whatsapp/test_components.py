"""What fills a template: each builder against the JSON that Meta documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import relevo
from relevo_meta_whatsapp import components as fill
from relevo_meta_whatsapp.native import Charge, OrderDetails, OrderItem, ProductSection
from relevo_meta_whatsapp.payloads import build_payload

LINK = "https://cdn.example/h.jpg"
ORDER = OrderDetails(
    body="unused",
    reference_id="77",
    goods="digital-goods",
    currency="BRL",
    total=100,
    subtotal=100,
    tax=Charge(amount=0),
    items=(OrderItem(name="Book", amount=100, quantity=1),),
)


def button(kind: str, index: str, parameter: dict[str, Any]) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]}


def action(told: dict[str, Any]) -> dict[str, Any]:
    return {"type": "action", "action": told}


@pytest.mark.parametrize(
    ("built", "wire"),
    [
        (
            fill.header(relevo.ImageContent(link=LINK)),
            {"type": "header", "parameters": [{"type": "image", "image": {"link": LINK}}]},
        ),
        (
            fill.header(relevo.DocumentContent(id="9", filename="a.pdf")),
            {
                "type": "header",
                "parameters": [{"type": "document", "document": {"id": "9", "filename": "a.pdf"}}],
            },
        ),
        (
            fill.header(relevo.LocationContent(latitude=1, longitude=2, name="N", address="A")),
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "location",
                        "location": {"latitude": 1, "longitude": 2, "name": "N", "address": "A"},
                    }
                ],
            },
        ),
        (
            fill.header("77"),
            {"type": "header", "parameters": [{"type": "text", "text": "77"}]},
        ),
        (
            fill.header("77", name="order"),
            {
                "type": "header",
                "parameters": [{"type": "text", "text": "77", "parameter_name": "order"}],
            },
        ),
        (
            fill.body("Ana", fill.currency("USD", 100_990, "$100.99"), fill.date_time("May 1")),
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "Ana"},
                    {
                        "type": "currency",
                        "currency": {
                            "fallback_value": "$100.99",
                            "code": "USD",
                            "amount_1000": 100_990,
                        },
                    },
                    {"type": "date_time", "date_time": {"fallback_value": "May 1"}},
                ],
            },
        ),
        (
            fill.body(customer="Ana", day=fill.date_time("May 1")),
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "Ana", "parameter_name": "customer"},
                    {
                        "type": "date_time",
                        "date_time": {"fallback_value": "May 1"},
                        "parameter_name": "day",
                    },
                ],
            },
        ),
        (
            fill.quick_reply(0, "keep-77"),
            button("quick_reply", "0", {"type": "payload", "payload": "keep-77"}),
        ),
        (fill.url(1, "77"), button("url", "1", {"type": "text", "text": "77"})),
        (
            fill.copy_code(0, "SAVE5"),
            button("copy_code", "0", {"type": "coupon_code", "coupon_code": "SAVE5"}),
        ),
        (
            fill.flow(0, token="t", data={"a": 1}),
            button("flow", "0", action({"flow_token": "t", "flow_action_data": {"a": 1}})),
        ),
        (
            fill.catalog(0, "sku-1"),
            button("catalog", "0", action({"thumbnail_product_retailer_id": "sku-1"})),
        ),
        (
            fill.products(0, "sku-1", [ProductSection(title="Run", products=("sku-1",))]),
            button(
                "mpm",
                "0",
                action(
                    {
                        "thumbnail_product_retailer_id": "sku-1",
                        "sections": [
                            {"title": "Run", "product_items": [{"product_retailer_id": "sku-1"}]}
                        ],
                    }
                ),
            ),
        ),
        (
            fill.voice_call(0, 60),
            button("voice_call", "0", {"type": "ttl_minutes", "ttl_minutes": 60}),
        ),
        (
            fill.order_details(0, ORDER),
            button(
                "order_details",
                "0",
                action(
                    {
                        "order_details": {
                            "reference_id": "77",
                            "type": "digital-goods",
                            "currency": "BRL",
                            "total_amount": {"value": 100, "offset": 100},
                            "order": {
                                "status": "pending",
                                "items": [
                                    {
                                        "name": "Book",
                                        "amount": {"value": 100, "offset": 100},
                                        "quantity": 1,
                                    }
                                ],
                                "subtotal": {"value": 100, "offset": 100},
                                "tax": {"value": 0, "offset": 100},
                            },
                        }
                    }
                ),
            ),
        ),
        (
            fill.carousel([fill.body("A")], [fill.body("B"), fill.url(0, "b")]),
            {
                "type": "carousel",
                "cards": [
                    {"card_index": 0, "components": [fill.body("A")]},
                    {"card_index": 1, "components": [fill.body("B"), fill.url(0, "b")]},
                ],
            },
        ),
        (
            fill.limited_time_offer(datetime.fromtimestamp(1_770_000_000, UTC)),
            {
                "type": "limited_time_offer",
                "parameters": [
                    {
                        "type": "limited_time_offer",
                        "limited_time_offer": {"expiration_time_ms": 1_770_000_000_000},
                    }
                ],
            },
        ),
    ],
)
def test_component_is_written_as_meta_documents_it(built: Any, wire: Any) -> None:
    assert built == wire


def test_authentication_fills_the_body_and_the_button_with_the_same_code() -> None:
    assert fill.one_time_code("123456") == (
        {"type": "body", "parameters": [{"type": "text", "text": "123456"}]},
        button("url", "0", {"type": "text", "text": "123456"}),
    )


def test_code_that_is_too_long_is_refused_without_showing_it() -> None:
    fill.one_time_code("x" * 15)
    with pytest.raises(ValueError, match="has 16 characters; WhatsApp takes 15") as caught:
        fill.one_time_code("x" * 16)
    assert "xxxx" not in str(caught.value)


def test_offer_needs_a_moment_with_its_zone() -> None:
    with pytest.raises(ValueError, match="no zone"):
        fill.limited_time_offer(datetime(2026, 1, 1))  # noqa: DTZ001 - this is what is refused


def test_components_go_on_after_the_parameters() -> None:
    content = relevo.TemplateContent(
        name="order_update",
        language="es_AR",
        parameters=("Ana",),
        components=(fill.header("77"), fill.url(0, "77")),
    )
    payload = build_payload("shop", relevo.Message(to="34600111222", content=content))
    assert payload["template"] == {
        "name": "order_update",
        "language": {"code": "es_AR"},
        "components": [fill.body("Ana"), fill.header("77"), fill.url(0, "77")],
    }
