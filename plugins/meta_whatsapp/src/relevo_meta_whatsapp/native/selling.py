"""Products of a catalog, and orders to pay. Amounts are whole hundredths of the currency."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue, NonNegativeInt, PositiveInt

from relevo import NativeContent
from relevo_meta_whatsapp.native.fields import Header, Ident, Piece, Words


class Product(NativeContent, frozen=True, extra="forbid"):
    """Show one product."""

    type: Literal["meta_whatsapp.product"] = "meta_whatsapp.product"
    catalog_id: Ident
    product_retailer_id: Ident
    body: Words | None = None
    footer: Words | None = None


class ProductSection(Piece, frozen=True):
    """Products, by their product_retailer_id, under a title."""

    products: tuple[Ident, ...] = Field(min_length=1, max_length=1_000)
    title: Words | None = None


class ProductList(NativeContent, frozen=True, extra="forbid"):
    """Show products of a catalog to choose from."""

    type: Literal["meta_whatsapp.product_list"] = "meta_whatsapp.product_list"
    catalog_id: Ident
    header: Words
    body: Words
    sections: tuple[ProductSection, ...] = Field(min_length=1, max_length=1_000)
    footer: Words | None = None


class Catalog(NativeContent, frozen=True, extra="forbid"):
    """Show the whole catalog, with one product's picture above it."""

    type: Literal["meta_whatsapp.catalog"] = "meta_whatsapp.catalog"
    body: Words
    thumbnail_product_retailer_id: Ident | None = None
    footer: Words | None = None


class OrderItem(Piece, frozen=True):
    """One line of an order; `amount` is the price of one piece."""

    name: Words
    amount: NonNegativeInt
    quantity: PositiveInt
    retailer_id: Ident | None = None
    sale_amount: NonNegativeInt | None = None


class Charge(Piece, frozen=True):
    """What comes on top of an order, or goes off it."""

    amount: NonNegativeInt
    description: Words | None = None


class OrderDetails(NativeContent, frozen=True, extra="forbid"):
    """Ask to pay an order; Meta offers it in Brazil, India and Singapore."""

    type: Literal["meta_whatsapp.order_details"] = "meta_whatsapp.order_details"
    body: Words
    reference_id: Ident = Field(description="Yours; order_status names it again.")
    goods: Literal["digital-goods", "physical-goods"]
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    total: NonNegativeInt
    items: tuple[OrderItem, ...] = Field(min_length=1, max_length=1_000)
    subtotal: NonNegativeInt
    tax: Charge
    shipping: Charge | None = None
    discount: Charge | None = None
    payment_type: Words | None = None
    payment_settings: tuple[dict[str, JsonValue], ...] = Field(
        default=(), description="Meta's own objects."
    )
    header: Header | None = None
    footer: Words | None = None


class OrderStatus(NativeContent, frozen=True, extra="forbid"):
    """Tell how an order goes on; `status` is Meta's word, such as `processing` or `shipped`."""

    type: Literal["meta_whatsapp.order_status"] = "meta_whatsapp.order_status"
    body: Words
    reference_id: Ident
    status: Ident
    description: Words | None = None
    footer: Words | None = None
