"""What Meta takes of orders to pay, as tables; their sums have to be right. Pure.

Meta's pages name the sums and no words or code for a wrong one: it is told as any wrong value.
"""

from __future__ import annotations

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.answers import raise_invalid
from relevo_meta_whatsapp.sandbox.graph.rules import (
    JsonObject,
    a_list,
    anything,
    fields,
    number,
    one_of,
    text,
    value_at,
)

_VALUE = number(0, 10**12, whole=True)
_OFFSET = number(100, 100)
_AMOUNT = fields({"value": _VALUE, "offset": _OFFSET})
_CHARGE = fields({"value": _VALUE, "offset": _OFFSET}, is_open=True)
_ITEM = fields(
    {"name": text(), "amount": _AMOUNT, "quantity": number(1, 10**6, whole=True)},
    {"retailer_id": text(), "sale_amount": _AMOUNT},
    is_open=True,
)


def _check_sums(order: JsonObject, where: str) -> None:
    items = value_at(order["order"], "items")
    lines = items if isinstance(items, list) else []
    subtotal = _value(order, "order.subtotal")
    # Its pages do not say which price counts of an item that is on sale.
    prices = ("amount.value", "sale_amount.value")
    if subtotal not in {sum(_line(one, price) for one in lines) for price in prices}:
        raise_invalid(
            f"{where}.order.subtotal.value", "must be the sum of the items' amount times quantity"
        )
    total = (
        subtotal
        + _value(order, "order.tax")
        + _value(order, "order.shipping")
        - _value(order, "order.discount")
    )
    if _value(order, "total_amount") != total:
        raise_invalid(f"{where}.total_amount.value", "must be subtotal + tax + shipping - discount")


def _line(item: JsonValue, price: str) -> int:
    each = value_at(item, price)
    return _whole(value_at(item, "amount.value") if each is None else each) * _whole(
        value_at(item, "quantity")
    )


def _value(order: JsonObject, path: str) -> int:
    return _whole(value_at({**order}, f"{path}.value"))


def _whole(value: JsonValue) -> int:
    return int(value) if isinstance(value, int | float) else 0


ORDER = fields(
    {
        "reference_id": text(35),
        "type": one_of("digital-goods", "physical-goods"),
        "currency": text(3),
        "total_amount": _AMOUNT,
        "order": fields(
            {
                "status": text(),
                "items": a_list(_ITEM, 1, 999),
                "subtotal": _AMOUNT,
                "tax": _CHARGE,
            },
            {"shipping": _CHARGE, "discount": _CHARGE},
            is_open=True,
        ),
    },
    {"payment_type": text(), "payment_settings": a_list(anything, 1, 10)},
    is_open=True,
    also=_check_sums,
)
"""An order that somebody is asked to pay."""
ORDER_NEWS = fields(
    {
        "reference_id": text(35),
        "order": fields(
            {
                "status": one_of(
                    "pending",
                    "processing",
                    "partially_shipped",
                    "shipped",
                    "completed",
                    "canceled",
                )
            },
            is_open=True,
        ),
    },
    is_open=True,
)
"""How an order goes on."""
