"""The WhatsApp provider passes the suite that every provider has to pass."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import JsonValue

from relevo import NativeContent, WebhookRequest
from relevo.testing import ProviderConformance
from relevo_meta_whatsapp import MetaWhatsApp
from relevo_meta_whatsapp.native import (
    AddressRequest,
    CallPermissionRequest,
    Carousel,
    Catalog,
    Charge,
    ContactRequest,
    Flow,
    MarketingTemplate,
    OrderDetails,
    OrderItem,
    OrderStatus,
    Pin,
    Product,
    ProductCard,
    ProductList,
    ProductSection,
    VoiceCall,
)

_SECRET = "made-up-app-secret"

NATIVE_SAMPLES: tuple[NativeContent, ...] = (
    AddressRequest(body="Where to?", country="IN"),
    CallPermissionRequest(body="May we call?"),
    Carousel(
        body="Two",
        cards=(
            ProductCard(catalog_id="6001", product_retailer_id="sku-1"),
            ProductCard(catalog_id="6001", product_retailer_id="sku-2"),
        ),
    ),
    Catalog(body="Browse"),
    ContactRequest(body="Your number?"),
    Flow(body="Book", label="Book", flow_id="5550001", screen="START", data={"name": "Ana"}),
    MarketingTemplate(name="sale", language="en_US", parameters=("Ana",)),
    OrderDetails(
        body="Pay",
        reference_id="77",
        goods="digital-goods",
        currency="BRL",
        total=1_000,
        subtotal=1_000,
        tax=Charge(amount=0),
        items=(OrderItem(name="Book", amount=1_000, quantity=1),),
    ),
    OrderStatus(body="On its way", reference_id="77", status="shipped"),
    Pin(target="wamid.1"),
    Product(catalog_id="6001", product_retailer_id="sku-1"),
    ProductList(
        catalog_id="6001",
        header="Shoes",
        body="New",
        sections=(ProductSection(products=("sku-1",)),),
    ),
    VoiceCall(body="Talk to us", label="Call"),
)


class TestMetaWhatsApp(ProviderConformance):
    provider = MetaWhatsApp
    config: ClassVar[Mapping[str, JsonValue]] = {
        "phone_number_id": "770055001122",
        "waba_id": "881100220033",
        "access_token": "made-up-access-token",
        "app_secret": [_SECRET, "made-up-older-app-secret"],
        "verify_token": "made-up-verify-token",
    }
    fixtures = Path(__file__).parent / "fixtures" / "meta_whatsapp"
    natives = NATIVE_SAMPLES

    def accept(self, request: httpx.Request) -> httpx.Response:
        del request
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": self.recipient, "wa_id": "5491130946950"}],
            "messages": [{"id": "wamid.CONFORMANCE1"}],
        }
        return httpx.Response(200, json=answer)

    def healthy(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v25.0/770055001122":
            return httpx.Response(200, json={"data": []})
        health = {"can_send_message": "AVAILABLE", "entities": []}
        return httpx.Response(200, json={"id": "770055001122", "health_status": health})

    def obey(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v25.0/conformance-file-91":
            url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&hash=AT1"
            told = {"id": "1", "url": url, "mime_type": "text/plain", "file_size": "17"}
            return httpx.Response(200, json=told)
        if request.url.host == "lookaside.fbsbx.com":
            return httpx.Response(200, content=b"conformance bytes")
        if request.url.path.endswith("/media"):
            return httpx.Response(200, json={"id": "900100"})
        if request.url.path.endswith("/message_templates"):
            made = {"id": "7700001", "status": "PENDING", "category": "UTILITY"}
            return httpx.Response(200, json={"data": []} if request.method == "GET" else made)
        return httpx.Response(200, json={"success": True})

    def webhook(self, body: bytes) -> WebhookRequest:
        # Made here and not by the plugin, so that both would have to be wrong in the same way.
        digest = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return WebhookRequest("POST", "/", body, {"X-Hub-Signature-256": f"sha256={digest}"})
