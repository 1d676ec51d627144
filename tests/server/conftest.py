"""A server with a provider of its own: these tests need no plugin."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest
from litestar import Litestar
from pydantic import BaseModel, JsonValue, SecretStr

import relevo
from relevo.keys import make_key
from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

API = "/api/v1/messaging"
SECRET = "acme-webhook-secret"
PERSON = "15550100001"

MakeSettings = Callable[..., relevo.Settings]
Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def anyio_backend() -> str:
    """The server promises asyncio only."""
    return "asyncio"


def _error(word: str) -> JsonValue:
    return {"error": {"code": 77, "word": word}}


REFUSALS: Mapping[str, Callable[[str], relevo.SendError]] = {
    "reject": lambda said: relevo.Rejected(
        said, provider_code="77", http_status=400, raw=_error("reject")
    ),
    "refuse without a word": lambda said: relevo.Rejected(said, http_status=400),
    "window": lambda said: relevo.WindowClosed(said, provider_code="131047"),
    "throttle": lambda said: relevo.Throttled(
        said, retry_after_s=7, http_status=429, raw=_error("throttle")
    ),
    "auth": lambda said: relevo.AuthFailed(said, http_status=401, raw=_error("auth")),
    "away": relevo.Unavailable,
    "cut": relevo.OutcomeUnknown,
}


class AcmeConfig(BaseModel):
    """What an account of Acme is made of."""

    secret: SecretStr


class AcmeSms(relevo.Provider[AcmeConfig]):
    """A vendor that does what the text of a message says."""

    name = "acme_sms"
    config_type = AcmeConfig
    capabilities = frozenset(
        {relevo.Capability.TEXT, relevo.Capability.INBOUND, relevo.Capability.STATUSES}
    )

    def check_message(self, message: relevo.Message) -> None:
        """Refuse what Acme would surely refuse."""
        if message.text == "too long":
            msg = f"Account {self.account!r}: content.body is longer than Acme takes."
            raise relevo.Rejected(msg, field="content.body")

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        """Take the message, or do what its text says."""
        if message.text == "hang":
            await anyio.sleep_forever()
        if message.text in REFUSALS:
            msg = f"Account {self.account!r}: as asked."
            raise REFUSALS[message.text](msg)
        if message.text == "mute":
            return relevo.Receipt(None)
        vendor_id = f"acme-{message.message_id}"
        return relevo.Receipt(vendor_id, {"messages": [{"id": vendor_id}]})

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        """Check the signature over the raw bytes."""
        given = request.headers.get("x-acme-signature", "").encode("latin-1")
        if not hmac.compare_digest(given, sign(request.body)["x-acme-signature"].encode()):
            msg = f"Account {self.account!r}: wrong signature."
            raise relevo.WebhookRejected(msg)

    def webhook_challenge(self, request: relevo.WebhookRequest) -> relevo.WebhookReply:
        """Echo the challenge to whoever knows the secret."""
        if request.query.get("token") != SECRET:
            msg = f"Account {self.account!r}: wrong verify token."
            raise relevo.WebhookRejected(msg)
        return relevo.WebhookReply(body=request.query.get("challenge", "").encode())

    def parse_item(self, item: relevo.WebhookItem) -> list[relevo.ProviderEvent]:
        """Read a text from a person, or news about a message."""
        raw = item.raw
        if not isinstance(raw, dict):
            msg = "Acme sends objects."
            raise relevo.WebhookMalformed(msg)
        if "status" in raw:
            status = relevo.DeliveryStatus(str(raw["status"]))
            return [relevo.StatusUpdate(str(raw["id"]), status, raw)]
        sender = relevo.Address("tel", str(raw["from"]))
        content = relevo.TextContent(body=str(raw["text"]))
        echo = bool(raw.get("echo"))
        return [relevo.InboundMessage(sender, content, raw, live=not echo, from_us=echo)]


def sign(body: bytes) -> dict[str, str]:
    """Sign a webhook as Acme does."""
    return {"x-acme-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


@pytest.fixture
def make_settings() -> MakeSettings:
    """Settings with one account of Acme, and whatever else is asked for."""

    def make(**tables: Any) -> relevo.Settings:
        accounts = {"shop": {"provider": "acme_sms", "secret": SECRET}}
        values = {"engine": "memory", "accounts": accounts, "plugins": {"enabled": []}} | tables
        return relevo.Settings.model_validate(values)

    return make


@pytest.fixture
def make_app(make_settings: MakeSettings) -> Callable[..., Litestar]:
    """Make the application, with these settings."""

    def make(**tables: Any) -> Litestar:
        return create_app(make_settings(**tables), providers=[AcmeSms])

    return make


@pytest.fixture
def acme() -> type[AcmeSms]:
    """The provider, for tests that build their own application."""
    return AcmeSms


@pytest.fixture
def in_process() -> Open:
    """Open an application and talk to it without a socket."""

    @asynccontextmanager
    async def open_app(
        app: Litestar, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with (
            app.lifespan(),
            httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:7062", headers=headers
            ) as client,
        ):
            yield client

    return open_app


@pytest.fixture
def over_http() -> Open:
    """Open an application and talk to it over a real socket."""

    @asynccontextmanager
    async def open_app(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
        with open_socket("127.0.0.1", 0) as listener:
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
                httpx.AsyncClient(base_url=url_of(listener), timeout=20) as client,
            ):
                yield client

    return open_app


@pytest.fixture
def signed() -> Callable[[Any], dict[str, Any]]:
    """Make the arguments of a POST that Acme signed, from an object or from bytes."""

    def make(payload: Any) -> dict[str, Any]:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return {"content": body, "headers": sign(body)}

    return make


@pytest.fixture
def give_key() -> Callable[..., Any]:
    """Put a key into an application's store, and give the header that shows it."""

    async def give(
        app: Litestar, *scopes: relevo.Scope, name: str = "a test", **limits: Any
    ) -> dict[str, str]:
        context = app.state["relevo_server"]
        now = datetime.now(UTC)
        secret, record = make_key(
            name=name, scopes=scopes or tuple(relevo.Scope), now=now, **limits
        )
        await context.engine.add_key(record)
        context.keys.forget()
        return {"authorization": f"Bearer {secret.get_secret_value()}"}

    return give


@pytest.fixture
def settled() -> Callable[[httpx.AsyncClient, str, str], Any]:
    """Wait until a message has a status, and give its full view."""

    async def wait(client: httpx.AsyncClient, message_id: str, status: str) -> dict[str, Any]:
        with anyio.fail_after(30):
            while True:
                shown = (await client.get(f"{API}/messages/{message_id}")).json()
                if shown["status"] == status:
                    return dict(shown)
                await anyio.sleep(0.01)

    return wait


@pytest.fixture
def refused() -> Callable[..., dict[str, Any]]:
    """Check that an answer is a proper problem, and give it."""

    def check(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem["type"] == f"/problems/{code}"
        assert (problem["code"], problem["status"]) == (code, status)
        assert problem["title"]
        assert problem["detail"]
        assert problem["instance"] == answer.request.url.raw_path.decode().partition("?")[0]
        return problem

    return check
