"""A provider that needs no network, and a sandbox that runs in a thread of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

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
