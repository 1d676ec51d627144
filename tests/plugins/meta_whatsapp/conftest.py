"""A provider that needs no network, and a sandbox that runs in a thread of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from pydantic import JsonValue

from relevo.http import account_client, open_transport
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.sandbox import Behaviour, MetaSandbox
from relevo_meta_whatsapp.sandbox.state import SandboxState

NUMBER_ID = "770055001122"
TOKEN = "canary-access-token"
NOBODY = "http://127.0.0.1:9/"
"""A webhook URL nobody answers."""


@pytest.fixture
def config() -> MetaWhatsAppConfig:
    return MetaWhatsAppConfig.model_validate(
        {
            "phone_number_id": NUMBER_ID,
            "access_token": TOKEN,
            "app_secret": ["canary-app-secret", "canary-older-app-secret"],
            "verify_token": "canary-verify-token",
        }
    )


@pytest.fixture
def provider(config: MetaWhatsAppConfig) -> MetaWhatsApp:
    return MetaWhatsApp("shop", config, None)


@dataclass
class Remote:
    """A sandbox in another thread: reachable from any event loop, by HTTP only."""

    url: str
    account: dict[str, JsonValue]
    state: SandboxState


@pytest.fixture(scope="session")
def remote_sandbox() -> Iterator[Remote]:
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(MetaSandbox().start(NOBODY)) as running,
    ):
        yield Remote(running.url, running.account, running.state)


@pytest.fixture
def remote(remote_sandbox: Remote) -> Remote:
    """The sandbox of the session with an empty memory, telling nothing."""
    remote_sandbox.state.behave(Behaviour(story=()))
    remote_sandbox.state.forget()
    return remote_sandbox


@pytest.fixture
async def whatsapp(remote: Remote) -> AsyncIterator[MetaWhatsApp]:
    """The provider as core runs it, on this test's event loop, against the sandbox."""
    settings = {key: value for key, value in remote.account.items() if key != "provider"}
    config = MetaWhatsAppConfig.model_validate(settings)
    async with open_transport() as transport:
        client = account_client("shop", MetaWhatsApp.client_settings(config), transport)
        async with client:
            yield MetaWhatsApp("shop", config, client)


class Graph:
    """The sandbox of the session, fresh, and its Graph API as any client calls it."""

    def __init__(self, remote: Remote, client: httpx.Client) -> None:
        self.remote = remote
        self.client = client
        self.state = remote.state
        self.number = str(remote.account["phone_number_id"])
        self.waba = str(remote.account["waba_id"])
        self.token = str(remote.account["access_token"])

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        """Call a Graph route; `path` begins after the version."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        url = f"{self.remote.url}/v25.0/{path}"
        return self.client.request(method, url, json=json, headers=headers, **more)

    def send(self, to: str = "34600111222", **content: Any) -> httpx.Response:
        """Send a message; without a type its content's key is the type."""
        envelope = {
            "messaging_product": "whatsapp",
            "to": to,
            "type": next(iter(content)),
            **content,
        }
        return self.call("POST", f"{self.number}/messages", envelope)

    def order(self, path: str, json: Any = None, method: str = "POST") -> Any:
        """Order the sandbox about by its own routes."""
        url = f"{self.remote.url}/sandbox/{path}"
        answer = self.client.request(method, url, json=json, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.order("clock", {"advance_s": seconds})

    def fate(self, answer: httpx.Response) -> int | None:
        """Tell why a message that was taken will fail."""
        assert answer.status_code == 200, answer.text
        wamid = answer.json()["messages"][0]["id"]
        return next(one.fails_with for one in self.state.messages if one.wamid == wamid)


@pytest.fixture
def graph(remote: Remote) -> Iterator[Graph]:
    """The sandbox of the session, without any memory, telling nothing."""
    remote.state.reset()
    # What nobody takes is lost at once.
    remote.state.behave(Behaviour(story=(), retry_for_s=0))
    with httpx.Client(trust_env=False, verify=False) as client:  # noqa: S501 - plain http
        yield Graph(remote, client)
