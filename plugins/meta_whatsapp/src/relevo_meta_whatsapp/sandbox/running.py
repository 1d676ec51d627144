"""Run one sandbox: its HTTP server, its postman, and the way in for a person."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import anyio
from pydantic import JsonValue

from relevo import ConfigurationError, SandboxSwitch
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent
from relevo_meta_whatsapp.sandbox.app import create_app
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour
from relevo_meta_whatsapp.sandbox.control import orders, steering
from relevo_meta_whatsapp.sandbox.desk import Desk
from relevo_meta_whatsapp.sandbox.scenario.player import begin_scenario
from relevo_meta_whatsapp.sandbox.scenario.script import Scenario
from relevo_meta_whatsapp.sandbox.serving import LOOPBACK, require_asyncio, serve
from relevo_meta_whatsapp.sandbox.state import SandboxNumber, SandboxState
from relevo_meta_whatsapp.sandbox.webhooks.inbound import Inbound, UnknownKind
from relevo_meta_whatsapp.sandbox.webhooks.links import LinkFetcher
from relevo_meta_whatsapp.sandbox.webhooks.postman import Postman
from relevo_meta_whatsapp.sandbox.webhooks.teller import Teller

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

    @property
    def desk(self) -> Desk:
        """What orders are given to."""
        return self._desk

    async def reply(self, text: str, person: str) -> None:
        """Let a person write; the webhook is on its way."""
        orders.tell_reply(self._desk, orders.Reply.model_validate({"from": person, "text": text}))

    async def write(
        self, content: InboundContent, person: str, *, reply_to: str | None = None
    ) -> None:
        """Let a person write any content; files are samples of the sandbox's own."""
        steering.write_as(self._desk, content, person, reply_to)

    def switches(self) -> Sequence[SandboxSwitch]:
        """List what the Lab can switch."""
        return steering.list_switches(self._desk)

    def turn(self, name: str, *, on: bool) -> None:
        """Turn one of `switches`."""
        steering.turn_switch(self._desk, name, on=on)

    async def inbound(self, **asked: object) -> str:
        """Let a person do something, as `POST /sandbox/inbound` does; give the message's id."""
        return orders.tell_inbound(self._desk, Inbound.model_validate(asked))

    async def advance(self, seconds: float) -> None:
        """Move the sandbox's time on, letting happen what was to happen meanwhile."""
        await self.state.clock.advance(seconds)

    async def play(self, scenario: Scenario) -> None:
        """Play a scenario, from now on."""
        begin_scenario(self._desk, scenario)

    async def shake_hands(self) -> bool:
        """Do Meta's handshake with the webhook URL; tell whether it was answered rightly."""
        return await self._desk.postman.shake_hands()


def _begin(desk: Desk, scenario: Scenario) -> None:
    """Begin the scenario that a sandbox starts with.

    Raises:
        ConfigurationError: It names what there is not.
    """
    try:
        begin_scenario(desk, scenario)
    except UnknownKind as error:
        msg = f"The scenario is wrong: {error}"
        raise ConfigurationError(msg) from None


@asynccontextmanager
async def run(
    webhook_url: str,
    *,
    port: int,
    numbers: Sequence[SandboxNumber],
    behaviour: Behaviour,
    scenario: Scenario | None = None,
) -> AsyncIterator[RunningMetaSandbox]:
    """Run a sandbox until the block ends.

    Raises:
        ConfigurationError: The webhook URL leaves this machine, the port is taken, the scenario
            names what there is not, or this loop is not asyncio's.
    """
    require_asyncio()
    orders.check_webhook_url(webhook_url)
    state = SandboxState(numbers, behaviour, webhook_url)
    failure: BaseException | None = None
    async with (
        aiohttp.ClientSession(timeout=_WEBHOOK_TIMEOUT, auto_decompress=False) as client,
        anyio.create_task_group() as tasks,
    ):
        postman = Postman(state, client)
        teller = Teller(state, postman, LinkFetcher(state, client))
        desk = Desk(state, postman, teller)
        teller.begin(tasks)
        tasks.start_soon(postman.run, tasks)
        try:
            async with serve(create_app(desk), port) as bound:
                state.base_url = f"http://{LOOPBACK}:{bound}"
                logger.info("Sandbox: up on %s; nothing leaves this machine.", state.base_url)
                if scenario is not None:
                    _begin(desk, scenario)
                try:
                    yield RunningMetaSandbox(state.base_url, desk)
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
