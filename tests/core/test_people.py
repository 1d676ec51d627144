"""What an account's rules make of what is known about people, from webhook to handover."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import anyio
import pytest
from pydantic import BaseModel

import relevo
from relevo.testing.clock import FakeClock

pytestmark = pytest.mark.anyio

DAY_S = 86_400
ANA = "541130946950"
ANA_TOO = "5491130946950"
MARKETING = "marketing"
_S = relevo.DeliveryStatus


class Config(BaseModel):
    """Nothing to configure."""


class Choosy(relevo.Provider[Config]):
    """A vendor with a window of a day, marketing people can stop, and numbers of its own."""

    name = "choosy"
    config_type = Config
    capabilities = frozenset(
        {relevo.Capability.TEXT, relevo.Capability.TEMPLATE, relevo.Capability.INBOUND}
    )
    window_s: ClassVar[float | None] = DAY_S

    def needs_window(self, message: relevo.Message) -> bool:
        return isinstance(message.content, relevo.TextContent)

    def preference_of(self, message: relevo.Message) -> str | None:
        return None if isinstance(message.content, relevo.TextContent) else MARKETING

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        if message.extra.get("answer") == "stopped":
            msg = "The person stopped marketing."
            raise relevo.OptedOut(msg, provider_code="131050")
        if message.extra.get("answer") == "closed":
            msg = "Too late."
            raise relevo.WindowClosed(msg, provider_code="131047")
        known = relevo.Address("tel", ANA_TOO) if message.to.value == ANA else None
        return relevo.Receipt(str(message.message_id), recipient=known)

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        del request

    def parse_item(self, item: relevo.WebhookItem) -> list[relevo.ProviderEvent]:
        raw: Any = json.loads(item.raw) if isinstance(item.raw, str) else item.raw
        person = relevo.Address("tel", raw["from"])
        if "allowed" in raw:
            return [
                relevo.PersonUpdate(
                    person, "preference", category=MARKETING, allowed=raw["allowed"]
                )
            ]
        others = tuple(relevo.Address("tel", one) for one in raw.get("aliases", ()))
        content = relevo.TextContent(body="hi")
        return [relevo.InboundMessage(person, content, aliases=others)]


class Place:
    """A running Relevo whose clock is turned by hand."""

    def __init__(self, runtime: relevo.Runtime, clock: FakeClock) -> None:
        self.runtime = runtime
        self.dispatcher = runtime.dispatcher
        self.clock = clock

    async def hear(self, **raw: Any) -> None:
        body = json.dumps(raw | {"nonce": str(self.clock())}).encode()
        request = relevo.WebhookRequest("POST", "/", body)
        await self.runtime.receiver.receive("shop", request)
        with anyio.fail_after(30):
            while (await self.runtime.engine.pulse()).pending_webhooks:
                await anyio.sleep(0.01)

    async def over(self, message_id: UUID) -> relevo.MessageRecord:
        """Wait until a message is handed over or given up."""
        with anyio.fail_after(30):
            while (record := await self.dispatcher.message(message_id)).closed_at is None:
                await anyio.sleep(0.01)
        return record


@asynccontextmanager
async def place_with(**rules: str) -> AsyncIterator[Place]:
    settings = relevo.Settings.model_validate(
        {"accounts": {"shop": {"provider": "choosy", **rules}}}
    )
    clock = FakeClock()
    async with relevo.open_runtime(settings, providers=[Choosy], clock=clock) as runtime:
        yield Place(runtime, clock)


def text(to: str = ANA, **more: Any) -> relevo.Message:
    return relevo.Message(to=to, text="hola", **more)


def template(to: str = ANA, **more: Any) -> relevo.Message:
    content = relevo.TemplateContent(name="sale", language="en")
    return relevo.Message(to=to, content=content, **more)


def codes(warnings: tuple[relevo.SendWarning, ...]) -> list[str]:
    return [one.code for one in warnings]


async def test_closed_window_is_warned_of_unless_the_account_says_otherwise() -> None:
    async with place_with() as place:
        await place.hear(**{"from": ANA})
        assert (await place.dispatcher.accept(text())).record.warnings == ()
        place.clock.advance(DAY_S)
        record = (await place.dispatcher.accept(text())).record
        assert codes(record.warnings) == ["window_closed"]
        assert (await place.over(record.message_id)).status is _S.ACCEPTED
        told = await place.dispatcher.explain(record.message_id)
        assert record.warnings[0].advice in " ".join(told.why)
        assert (await place.dispatcher.accept(template())).record.warnings == ()


async def test_closed_window_refuses_where_the_account_says_so() -> None:
    async with place_with(window="refuse") as place:
        await place.dispatcher.send(text())  # nobody seen writing yet: never treated as closed
        await place.hear(**{"from": ANA})
        place.clock.advance(DAY_S)
        with pytest.raises(relevo.WindowClosed, match=r"'shop'.*window = 'refuse'.*template"):
            await place.dispatcher.send(text())
        await place.dispatcher.send(template())


async def test_nobody_looks_where_the_account_says_off() -> None:
    async with place_with(window="off", opt_out="off") as place:
        await place.hear(**{"from": ANA})
        await place.hear(**{"from": ANA, "allowed": False})
        place.clock.advance(DAY_S)
        for message in (text(), template()):
            assert (await place.dispatcher.accept(message)).record.warnings == ()


async def test_opt_out_refuses_unless_the_account_says_otherwise() -> None:
    for rules, warned in (({}, None), ({"opt_out": "warn"}, ["opted_out"])):
        async with place_with(**rules) as place:
            await place.hear(**{"from": ANA, "allowed": False})
            await place.dispatcher.send(text())
            if warned is None:
                with pytest.raises(relevo.OptedOut, match=r"'shop'.*marketing"):
                    await place.dispatcher.send(template())
            else:
                record = (await place.dispatcher.accept(template())).record
                assert codes(record.warnings) == warned


@pytest.mark.parametrize(
    ("rules", "message", "news", "code"),
    [
        ({"window": "refuse"}, text, None, "window_closed"),
        ({}, template, {"from": ANA, "allowed": False}, "opted_out"),
    ],
)
async def test_what_waited_is_looked_at_again_before_it_is_handed_over(
    rules: dict[str, str], message: Any, news: dict[str, Any] | None, code: str
) -> None:
    """Much may have changed since it was accepted. That refusal is ours, and no evidence."""
    async with place_with(**rules) as place:
        await place.hear(**{"from": ANA})
        place.clock.advance(DAY_S - 5)
        later = message(send_at=place.clock() + timedelta(seconds=10))
        waits = (await place.dispatcher.accept(later)).record
        if news:
            await place.hear(**news)
        place.clock.advance(20)
        record = await place.over(waits.message_id)
        assert record.error is not None
        assert (record.status, record.error.code) == (_S.FAILED, code)
        assert record.provider_message_id is None
        known = await place.runtime.engine.person("shop", f"tel:{ANA}")
        assert known.conversation is not None
        assert known.conversation.refused_at is None


async def test_answers_of_the_provider_are_remembered() -> None:
    """That a window is closed, that a person stopped something, and under which number."""
    async with place_with() as place:
        with pytest.raises(relevo.WindowClosed):
            await place.dispatcher.send(text(extra={"answer": "closed"}))
        assert codes((await place.dispatcher.accept(text())).record.warnings) == ["window_closed"]
        with pytest.raises(relevo.OptedOut):
            await place.dispatcher.send(template(extra={"answer": "stopped"}))
        plan = await place.dispatcher.plan(template())
        assert plan.refusal is not None
        assert plan.refusal.code == "opted_out"


async def test_person_is_one_under_every_number_the_provider_names() -> None:
    """Asked for one, it answers with another; what comes from that is the same thread."""
    async with place_with() as place:
        sent = text()
        await place.dispatcher.send(sent)
        await place.hear(**{"from": ANA_TOO, "aliases": ["15550100001"]})
        (thread,) = (await place.runtime.engine.conversations()).items
        assert thread.messages == 2
        other = (await place.dispatcher.accept(text("15550100001"))).record
        record = await place.dispatcher.message(sent.message_id)
        assert other.conversation_id == record.conversation_id == thread.conversation_id


async def test_plan_tells_the_window_and_keeps_nothing() -> None:
    async with place_with() as place:
        plan = await place.dispatcher.plan(text())
        assert plan.window is not None
        assert (plan.account, plan.provider) == ("shop", "choosy")
        assert (plan.window.state, plan.person.conversation) == (relevo.WindowState.UNKNOWN, None)
        await place.hear(**{"from": ANA})
        place.clock.advance(DAY_S)
        plan = await place.dispatcher.plan(text())
        assert plan.window is not None
        assert (plan.window.state, plan.window.since) == (
            relevo.WindowState.CLOSED,
            place.clock(),
        )
        assert (codes(plan.warnings), plan.refusal) == (["window_closed"], None)
        (thread,) = (await place.runtime.engine.conversations()).items
        assert thread.messages == 1


async def test_word_that_is_no_rule_is_refused_with_those_there_are() -> None:
    with pytest.raises(relevo.ConfigurationError, match=r"window.*'warn', 'refuse' or 'off'"):
        async with place_with(window="maybe"):
            pass
