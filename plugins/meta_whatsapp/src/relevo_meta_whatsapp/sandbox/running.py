"""Run one sandbox: its HTTP server, its postman, and the way in for a person."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import anyio
from pydantic import JsonValue

from relevo import ConfigurationError
from relevo_meta_whatsapp.config import is_loopback
from relevo_meta_whatsapp.sandbox.app import create_app
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour
from relevo_meta_whatsapp.sandbox.control_routes import Reply, tell_reply
from relevo_meta_whatsapp.sandbox.desk import Desk
from relevo_meta_whatsapp.sandbox.postman import Postman
from relevo_meta_whatsapp.sandbox.serving import LOOPBACK, require_asyncio, serve
from relevo_meta_whatsapp.sandbox.state import SandboxNumber, SandboxState

logger = logging.getLogger("relevo_meta_whatsapp.sandbox")

_WEBHOOK_TIMEOUT = aiohttp.ClientTimeout(total=10)


class RunningMetaSandbox:
    """A sandbox that is up: where it answers, how to send to it, and its knobs."""

    def __init__(self, url: str, desk: Desk) -> None:
        self.url = url
        self._desk = desk

    @property
    def account(self) -> dict[str, JsonValue]:
        """An account's config that sends to this sandbox."""
        return self._desk.state.number.account(self.url)

    @property
    def state(self) -> SandboxState:
        """What the sandbox has taken, and how it behaves."""
        return self._desk.state

    async def reply(self, text: str, person: str) -> None:
        """Let a person write; the webhook is on its way."""
        tell_reply(self._desk, Reply.model_validate({"from": person, "text": text}))

    async def shake_hands(self) -> bool:
        """Do Meta's handshake with the webhook URL; tell whether it was answered rightly."""
        return await self._desk.postman.shake_hands()


@asynccontextmanager
async def run(
    webhook_url: str, *, port: int, number: SandboxNumber, behaviour: Behaviour
) -> AsyncIterator[RunningMetaSandbox]:
    """Run a sandbox until the block ends.

    Raises:
        ConfigurationError: The webhook URL leaves this machine, the port is taken, or this
            loop is not asyncio's.
    """
    require_asyncio()
    _check_webhook_url(webhook_url)
    state = SandboxState(number, behaviour)
    failure: BaseException | None = None
    async with (
        aiohttp.ClientSession(timeout=_WEBHOOK_TIMEOUT, auto_decompress=False) as client,
        anyio.create_task_group() as tasks,
    ):
        postman = Postman(state, webhook_url, client)
        desk = Desk(state, postman)
        tasks.start_soon(postman.run, tasks)
        try:
            async with serve(create_app(desk), port) as bound:
                url = f"http://{LOOPBACK}:{bound}"
                logger.info("Sandbox: up on %s; nothing leaves this machine.", url)
                try:
                    yield RunningMetaSandbox(url, desk)
                finally:
                    state.closing.set()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - raised again below
            # Kept from the task group, which would wrap it.
            failure = error
        tasks.cancel_scope.cancel()
    logger.info("Sandbox: closed.")
    if failure is not None:
        raise failure


def _check_webhook_url(webhook_url: str) -> None:
    parts = urlsplit(webhook_url)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        msg = (
            "The sandbox posts webhooks to this machine only: give a URL such as "
            "http://127.0.0.1:7062/webhooks/demo."
        )
        raise ConfigurationError(msg)
