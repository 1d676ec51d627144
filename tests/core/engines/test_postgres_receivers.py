"""Receivers on PostgreSQL: one that was killed is not waited for, one bad value stops nobody."""

from __future__ import annotations

import secrets
import sys

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from relevo.contents import TextContent
from relevo.engines.postgres import PostgresEngine
from relevo.engines.records import Effect, EventQuery, InterpretedWebhook, ItemState, ParsedItem
from relevo.errors import EngineUnavailable
from relevo.events import EventType, InboundMessage
from relevo.messages import Address
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import Scene
from relevo.webhooks import WebhookItem, WebhookRequest

_CROWD = 40
_SOON_S = 10  # well before the half minute for which a receiver's webhooks are its own
_TAKES_AND_HANGS = """
import asyncio, sys
import relevo

async def main():
    async with relevo.open_engine(sys.argv[1]) as engine:
        print(len(await engine.pending_webhooks(10)), flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_webhooks_of_a_killed_receiver_are_taken_soon(postgres_dsn: str) -> None:
    """Not while it lives, however little it does; within moments once it is dead."""
    async with PostgresEngine(postgres_dsn) as engine:
        request = WebhookRequest("POST", "/", b"{}")
        kept = [await engine.keep_webhook("shop", request) for _ in range(3)]
        command = [sys.executable, "-c", _TAKES_AND_HANGS, postgres_dsn]
        async with await anyio.open_process(command, stderr=None) as receiver:
            try:
                assert receiver.stdout is not None
                said = BufferedByteReceiveStream(receiver.stdout)
                assert await said.receive_until(b"\n", 10) == b"3"
                kept.append(await engine.keep_webhook("shop", request))
                assert await engine.pending_webhooks(10) == []
            finally:
                receiver.kill()
        with anyio.fail_after(_SOON_S):
            while not (taken := await engine.pending_webhooks(10)):
                await engine.wait_for_webhooks(0.1)
        assert [webhook.webhook_id for webhook in taken] == kept


@pytest.mark.anyio
async def test_value_that_cannot_be_kept_holds_up_its_own_webhook_alone(postgres_dsn: str) -> None:
    """Those applied beside it are kept, in their order; it is pending still."""
    async with PostgresEngine(postgres_dsn) as engine:
        scene = Scene(engine, FakeClock())
        one, two, lost = (InboundMessage(Address("test", "ana"), word) for word in ("1", "2", "?"))
        # More than an index can hold, and nothing that could be packed.
        too_long = Effect(lost, lane_key=secrets.token_hex(8_000))
        items = (scene.item(one), ParsedItem(WebhookItem("bad"), (too_long,)), scene.item(two))
        webhooks = [
            InterpretedWebhook(
                await engine.keep_webhook("shop", WebhookRequest("POST", "/", b"{}")),
                "fake",
                [item],
            )
            for item in items
        ]
        with pytest.raises(EngineUnavailable):
            await engine.apply_items(webhooks)
        (left,) = await engine.pending_webhooks(10)
        assert left.webhook_id == webhooks[1].webhook_id
        told = await scene.log(EventQuery(types=frozenset({EventType.INBOUND})))
        assert [event.data["content"]["body"] for event in told] == ["1", "2"]


@pytest.mark.anyio
async def test_many_people_known_by_other_addresses_are_heard_in_one_webhook(
    postgres_dsn: str,
) -> None:
    """By a process that never heard of them: what a webhook lacks is learned all at once."""
    people = [(f"phone-{number}", f"name-{number}") for number in range(_CROWD)]

    def written(person: str, alias: str, text: str) -> ParsedItem:
        keys = [Address("test", one).uri() for one in (person, alias)]
        event = InboundMessage(Address("test", person), TextContent(body=text))
        effect = Effect(event, lane_key=keys[0], aliases=(keys[1],) if text == "first" else ())
        return ParsedItem(WebhookItem(f"{person}-{text}"), (effect,))

    for text in ("first", "again"):
        async with PostgresEngine(postgres_dsn) as engine:
            scene = Scene(engine, FakeClock())
            for phone, name in people if text == "first" else ():
                await scene.accept(phone)
                await scene.accept(name)
            items = [
                written(phone, name, text) if text == "first" else written(name, phone, text)
                for phone, name in people
            ]
            assert await scene.webhook(*items) == [ItemState.APPLIED] * _CROWD
    async with PostgresEngine(postgres_dsn) as engine:
        threads = (await engine.conversations(limit=2 * _CROWD)).items
    assert {thread.messages for thread in threads} == {4}
