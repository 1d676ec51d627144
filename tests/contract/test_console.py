"""The console provider passes the suite that every provider has to pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import JsonValue

from relevo import WebhookRequest
from relevo.testing import ProviderConformance
from relevo_console import ConsoleProvider

_TOKEN = "made-up-console-token"


class TestConsole(ProviderConformance):
    provider = ConsoleProvider
    config: ClassVar[Mapping[str, JsonValue]] = {
        "webhook_token": _TOKEN,
        "statuses": ["sent", "read"],
    }
    fixtures = Path(__file__).parent / "fixtures" / "console"
    signature_covers_body = False

    def webhook(self, body: bytes) -> WebhookRequest:
        return WebhookRequest("POST", "/", body, {"x-console-token": _TOKEN})
