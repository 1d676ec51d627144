"""The WhatsApp provider passes the suite that every provider has to pass."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import JsonValue

from relevo import WebhookRequest
from relevo.testing import ProviderConformance
from relevo_meta_whatsapp import MetaWhatsApp

_SECRET = "made-up-app-secret"


class TestMetaWhatsApp(ProviderConformance):
    provider = MetaWhatsApp
    config: ClassVar[Mapping[str, JsonValue]] = {
        "phone_number_id": "770055001122",
        "access_token": "made-up-access-token",
        "app_secret": [_SECRET, "made-up-older-app-secret"],
        "verify_token": "made-up-verify-token",
    }
    fixtures = Path(__file__).parent / "fixtures" / "meta_whatsapp"

    def accept(self, request: httpx.Request) -> httpx.Response:
        del request
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": self.recipient, "wa_id": "5491130946950"}],
            "messages": [{"id": "wamid.CONFORMANCE1"}],
        }
        return httpx.Response(200, json=answer)

    def healthy(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v25.0/770055001122"
        health = {"can_send_message": "AVAILABLE", "entities": []}
        return httpx.Response(200, json={"id": "770055001122", "health_status": health})

    def webhook(self, body: bytes) -> WebhookRequest:
        # Made here and not by the plugin, so that both would have to be wrong in the same way.
        digest = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return WebhookRequest("POST", "/", body, {"X-Hub-Signature-256": f"sha256={digest}"})
