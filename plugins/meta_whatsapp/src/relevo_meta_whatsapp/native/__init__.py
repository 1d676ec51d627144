"""Contents that only WhatsApp has. These are sent; what people send is in `inbound`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relevo import NativeContent
from relevo_meta_whatsapp.native.asking import (
    AddressRequest,
    CallPermissionRequest,
    ContactRequest,
    Flow,
    VoiceCall,
)
from relevo_meta_whatsapp.native.cards import ButtonsCard, Carousel, LinkCard, ProductCard
from relevo_meta_whatsapp.native.selling import (
    Catalog,
    Charge,
    OrderDetails,
    OrderItem,
    OrderStatus,
    Product,
    ProductList,
    ProductSection,
)
from relevo_meta_whatsapp.native.sending import MarketingTemplate, Pin

__all__ = [
    "NATIVE_CONTENTS",
    "AddressRequest",
    "ButtonsCard",
    "CallPermissionRequest",
    "Carousel",
    "Catalog",
    "Charge",
    "ContactRequest",
    "Flow",
    "LinkCard",
    "MarketingTemplate",
    "OrderDetails",
    "OrderItem",
    "OrderStatus",
    "Pin",
    "Product",
    "ProductCard",
    "ProductList",
    "ProductSection",
    "VoiceCall",
]

NATIVE_CONTENTS: Mapping[str, type[NativeContent]] = MappingProxyType(
    {
        "meta_whatsapp.address": AddressRequest,
        "meta_whatsapp.call_permission_request": CallPermissionRequest,
        "meta_whatsapp.carousel": Carousel,
        "meta_whatsapp.catalog": Catalog,
        "meta_whatsapp.contact_request": ContactRequest,
        "meta_whatsapp.flow": Flow,
        "meta_whatsapp.marketing_template": MarketingTemplate,
        "meta_whatsapp.order_details": OrderDetails,
        "meta_whatsapp.order_status": OrderStatus,
        "meta_whatsapp.pin": Pin,
        "meta_whatsapp.product": Product,
        "meta_whatsapp.product_list": ProductList,
        "meta_whatsapp.voice_call": VoiceCall,
    }
)
"""What can be sent, by its `type`."""
