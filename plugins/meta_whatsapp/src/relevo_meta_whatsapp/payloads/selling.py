"""Products of a catalog, and orders to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from relevo_meta_whatsapp.native import (
    Catalog,
    Charge,
    OrderDetails,
    OrderStatus,
    Product,
    ProductList,
    ProductSection,
)
from relevo_meta_whatsapp.payloads.interactive import interactive, named_action
from relevo_meta_whatsapp.payloads.part import Part, Payload, given


def _product(content: Product) -> Part:
    action: Payload = {
        "catalog_id": content.catalog_id,
        "product_retailer_id": content.product_retailer_id,
    }
    return interactive("product", action, body=content.body, footer=content.footer)


def _product_list(content: ProductList) -> Part:
    return interactive(
        "product_list",
        {"catalog_id": content.catalog_id, "sections": write_sections(content.sections)},
        body=content.body,
        header=content.header,
        footer=content.footer,
    )


def write_sections(sections: Iterable[ProductSection]) -> list[JsonValue]:
    """Write products under their titles."""
    return [
        given(
            [
                ("title", section.title),
                (
                    "product_items",
                    [{"product_retailer_id": product} for product in section.products],
                ),
            ]
        )
        for section in sections
    ]


def _catalog(content: Catalog) -> Part:
    shown = given([("thumbnail_product_retailer_id", content.thumbnail_product_retailer_id)])
    action = named_action("catalog_message", shown)
    return interactive("catalog_message", action, body=content.body, footer=content.footer)


def _order_details(content: OrderDetails) -> Part:
    return interactive(
        "order_details",
        named_action("review_and_pay", write_order(content)),
        body=content.body,
        header=content.header,
        footer=content.footer,
    )


def write_order(content: OrderDetails) -> Payload:
    """Write an order as Meta's payments take it; `offset` 100 means hundredths."""
    items: list[JsonValue] = [
        given(
            [
                ("retailer_id", item.retailer_id),
                ("name", item.name),
                ("amount", _money(item.amount)),
                ("quantity", item.quantity),
                ("sale_amount", None if item.sale_amount is None else _money(item.sale_amount)),
            ]
        )
        for item in content.items
    ]
    order = given(
        [
            ("status", "pending"),
            ("items", items),
            ("subtotal", _money(content.subtotal)),
            ("tax", _charge(content.tax)),
            ("shipping", _charge(content.shipping)),
            ("discount", _charge(content.discount)),
        ]
    )
    return given(
        [
            ("reference_id", content.reference_id),
            ("type", content.goods),
            ("payment_type", content.payment_type),
            ("payment_settings", [*content.payment_settings] or None),
            ("currency", content.currency),
            ("total_amount", _money(content.total)),
            ("order", order),
        ]
    )


def _order_status(content: OrderStatus) -> Part:
    order = given([("status", content.status), ("description", content.description)])
    parameters: Payload = {"reference_id": content.reference_id, "order": order}
    action = named_action("review_order", parameters)
    return interactive("order_status", action, body=content.body, footer=content.footer)


def _money(hundredths: int) -> Payload:
    return {"value": hundredths, "offset": 100}


def _charge(charge: Charge | None) -> JsonValue:
    if charge is None:
        return None
    return _money(charge.amount) | given([("description", charge.description)])


SELLING: Mapping[str, Callable[[Any], Part]] = MappingProxyType(
    {
        "meta_whatsapp.product": _product,
        "meta_whatsapp.product_list": _product_list,
        "meta_whatsapp.catalog": _catalog,
        "meta_whatsapp.order_details": _order_details,
        "meta_whatsapp.order_status": _order_status,
    }
)
