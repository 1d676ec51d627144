"""A provider that breaks no rule, and how the suite is run on others."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import anyio
import httpx
import pytest
from pydantic import BaseModel, JsonValue, SecretStr

from relevo import (
    Address,
    Capability,
    ClientSettings,
    DeliveryStatus,
    InboundMessage,
    Message,
    Provider,
    ProviderEvent,
    Receipt,
    StatusUpdate,
    TextContent,
    WebhookItem,
    WebhookMalformed,
    WebhookRejected,
    WebhookRequest,
)
from relevo.testing import ProviderConformance

TOKEN = "made-up-token"
ROWS: list[dict[str, str]] = [
    {"id": "1", "state": "dlvrd"},
    {"id": "1", "state": "new word"},
    {"id": "9", "from": "541130946950", "text": "hola"},
]
MEANING: list[dict[str, object]] = [
    {"type": "StatusUpdate", "provider_message_id": "1", "status": "delivered"},
    {"type": "StatusUpdate", "provider_message_id": "1", "status": None},
    {
        "type": "InboundMessage",
        "sender": {"scheme": "tel", "value": "541130946950"},
        "content": "hola",
    },
]
FIFTH = {"type": "StatusUpdate", "provider_message_id": "5", "status": "delivered"}


def hashed(*parts: JsonValue) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class GoodConfig(BaseModel):
    token: SecretStr


class Good(Provider[GoodConfig]):
    name: ClassVar[str] = "good"
    config_type: ClassVar[type[BaseModel]] = GoodConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.TEXT, Capability.INBOUND, Capability.STATUSES}
    )

    @classmethod
    def client_settings(cls, config: GoodConfig) -> ClientSettings | None:
        return ClientSettings("https://good.example", {"Authorization": config.token})

    async def send(self, message: Message) -> Receipt:
        reply = await self.http.post("/sms", json={"to": message.to.value, "text": message.text})
        self.raise_for_status(reply)
        try:
            return Receipt(reply.json()["id"])
        except (ValueError, KeyError, TypeError):
            return Receipt(None)

    def verify_webhook(self, request: WebhookRequest) -> None:
        if request.headers.get("x-token") != self.config.token.get_secret_value():
            msg = "Header X-Token is missing or wrong."
            raise WebhookRejected(msg)

    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        try:
            rows = json.loads(request.body)
        except (ValueError, RecursionError):
            rows = None
        if not isinstance(rows, list):
            msg = "A list was expected."
            raise WebhookMalformed(msg)
        return [WebhookItem(hashed(row), row) for row in rows]

    def parse_item(self, item: WebhookItem) -> Sequence[ProviderEvent]:
        match item.raw:
            case {"id": str(key), "state": str(state)} if key:
                known = {"dlvrd": DeliveryStatus.DELIVERED}
                return [StatusUpdate(key, known.get(state), item.raw)]
            case {"id": str(), "from": str(sender), "text": str(text)} if sender and text.strip():
                return [InboundMessage(Address("tel", sender), TextContent(body=text), item.raw)]
        msg = "The row is not as documented."
        raise WebhookMalformed(msg)


class Suite(ProviderConformance):
    __test__ = False
    provider = Good
    config: ClassVar[Mapping[str, JsonValue]] = {"token": TOKEN}
    signature_covers_body = False

    def accept(self, request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, json={"id": "1"})

    def webhook(self, body: bytes) -> WebhookRequest:
        return WebhookRequest("POST", "/", body, {"x-token": TOKEN})


def run_suite(provider: type[Provider[Any]], folder: Path, **changes: object) -> set[str]:
    """Run every rule on asyncio, with each of its parameters; give the names of the broken ones."""
    if not any(folder.glob("day*.json")):
        put_pair(folder, "day", ROWS, MEANING)
    suite = type("Suite", (Suite,), {"provider": provider, "fixtures": folder, **changes})()
    broken = set()
    for name, rule in inspect.getmembers(suite, inspect.ismethod):
        if name.startswith("test_"):
            for arguments in _parameters(rule):
                try:
                    _call(partial(rule, **arguments))
                except pytest.skip.Exception:
                    continue
                except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever breaks it
                    broken.add(name.removeprefix("test_"))
    return broken


def put_pair(folder: Path, name: str, rows: Sequence[object], meaning: Sequence[object]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(rows), "utf-8")
    (folder / f"{name}.expected.json").write_text(json.dumps(meaning), "utf-8")


def _parameters(rule: Callable[..., object]) -> list[dict[str, object]]:
    marks = [mark for mark in getattr(rule, "pytestmark", []) if mark.name == "parametrize"]
    named = [[{mark.args[0]: value} for value in mark.args[1]] for mark in marks]
    return [dict(ChainMap(*one)) for one in product(*named)]


def _call(rule: Callable[[], object]) -> None:
    if inspect.iscoroutinefunction(rule.func if isinstance(rule, partial) else rule):
        anyio.run(rule)  # type: ignore[arg-type]
    else:
        rule()
