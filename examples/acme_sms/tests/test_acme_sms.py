"""The whole test of a provider: one subclass and a folder of fixtures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import JsonValue
from relevo_acme_sms import AcmeSms

from relevo import WebhookRequest
from relevo.testing import ProviderConformance


class TestAcmeSms(ProviderConformance):
    provider = AcmeSms
    config: ClassVar[Mapping[str, JsonValue]] = {
        "token": "made-up-token",
        "webhook_token": "made-up-webhook-token",
    }
    fixtures = Path(__file__).parent / "fixtures"
    signature_covers_body = False

    def accept(self, request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(202, json={"id": "sms-1"})

    def webhook(self, body: bytes) -> WebhookRequest:
        return WebhookRequest("POST", "/", body, {"X-Acme-Token": "made-up-webhook-token"})
