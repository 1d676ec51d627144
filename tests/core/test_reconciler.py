"""Doubts end by the vendor's word, by proven silence, or wait for a person."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import Completion, InterpretedWebhook
from relevo.errors import Phase
from relevo.messages import UnknownPolicy
from relevo.meter import NoMeter
from relevo.reconciler import Reconciler
from relevo.terms import AccountTerms
from relevo.testing import FakeClock
from relevo.webhooks import WebhookRequest

pytestmark = pytest.mark.anyio

S = relevo.DeliveryStatus
DOUBT = relevo.ErrorDetail(code="outcome_unknown", message="No answer came.", phase=Phase.WRITTEN)


class Config(BaseModel):
    """Nothing to configure."""


class Echoing(relevo.Provider[Config]):
    """Repeat our ids by webhook."""

    name = "echoing"
    config_type = Config
    capabilities = frozenset(
        {relevo.Capability.TEXT, relevo.Capability.STATUSES, relevo.Capability.ECHO}
    )
    holds_back = False

    def __init__(self) -> None:
        super().__init__("shop", Config(), None)

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    def may_hold_back(self, message: relevo.Message) -> bool:
        del message
        return self.holds_back


class Asked(Echoing):
    """Tell what became of a message when asked."""

    answer: relevo.Receipt | relevo.Lookup | Exception = relevo.Lookup.UNDECIDED
    seen: str = ""
    broken_lanes = False

    def lane_key(self, address: relevo.Address) -> str:
        if self.broken_lanes:
            raise KeyError(address.value)
        return super().lane_key(address)

    async def lookup(
        self, message: relevo.Message, provider_message_id: str | None
    ) -> relevo.Receipt | relevo.Lookup:
        del provider_message_id
        self.seen = message.echo_id
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Scene:
    """One message in doubt, and who looks at it."""

    def __init__(self, engine: MemoryEngine, clock: FakeClock, provider: Echoing) -> None:
        self.engine, self.clock = engine, clock
        self.terms = {
            "shop": AccountTerms(
                on_unknown=UnknownPolicy.RECONCILE, looks_up=isinstance(provider, Asked)
            )
        }
        accounts = {"shop": Account("shop", provider)}
        self.reconciler = Reconciler(engine, accounts, self.terms)
        self.message = relevo.Message(to="5491155550001", text="hola", account="shop")

    async def doubt(self) -> None:
        """Send it, and lose the answer."""
        await self.engine.beat(every_s=5)
        await self.engine.accept(self.message, provider="echoing", lane_key="tel:1")
        (claim,) = await self.engine.claim("w", limit=1, lease_s=20, terms=self.terms)
        lost = Completion(claim, S.UNKNOWN, terms=self.terms["shop"], error=DOUBT)
        await self.engine.complete([lost])

    async def pass_time(self, seconds: int) -> None:
        """Let time pass while the receiver is up."""
        for _ in range(seconds):
            self.clock.advance(1)
            await self.engine.beat(every_s=5)

    async def hear_something(self) -> None:
        """Take a webhook of the account that is about something else."""
        webhook = WebhookRequest("POST", "/", b"{}", {}, {})
        webhook_id = await self.engine.keep_webhook("shop", webhook)
        await self.engine.apply_items([InterpretedWebhook(webhook_id, "echoing", [])])

    async def status(self) -> relevo.DeliveryStatus:
        return (await self.engine.message(self.message.message_id)).status


@pytest.fixture
def provider() -> Echoing:
    return Echoing()


@pytest.fixture
async def scene(provider: Echoing) -> AsyncIterator[Scene]:
    clock = FakeClock()
    async with MemoryEngine(clock) as engine:
        scene = Scene(engine, clock, provider)
        await scene.doubt()
        yield scene


async def test_proven_silence_sends_again(scene: Scene) -> None:
    await scene.pass_time(65)
    await scene.hear_something()
    await scene.pass_time(20)
    assert await scene.reconciler.look() == 1
    assert await scene.status() is S.QUEUED
    (claim,) = await scene.engine.claim("w", limit=1, lease_s=20, terms=scene.terms)
    assert claim.attempt == 2


async def test_silence_without_other_news_is_looked_at_again_and_at_last_held(
    scene: Scene,
) -> None:
    for _ in range(70):
        await scene.pass_time(10)
        await scene.reconciler.look()
    assert await scene.status() is S.UNKNOWN
    standing = await scene.engine.standing(scene.message.message_id)
    assert standing.doubt is not None
    assert standing.doubt.held_for == "echo_channel_unproven"


async def test_nothing_is_looked_at_before_its_time(scene: Scene) -> None:
    await scene.pass_time(59)
    assert await scene.reconciler.look() == 0


async def test_content_the_vendor_may_hold_back_waits_for_a_person(
    scene: Scene, provider: Echoing
) -> None:
    provider.holds_back = True
    await scene.pass_time(65)
    await scene.hear_something()
    await scene.pass_time(20)
    await scene.reconciler.look()
    assert await scene.status() is S.UNKNOWN


class TestLookup:
    """A vendor that can be asked is asked at once."""

    @pytest.fixture
    def provider(self) -> Asked:
        return Asked()

    async def test_receipt_settles_the_doubt_at_once(self, scene: Scene, provider: Asked) -> None:
        provider.answer = relevo.Receipt("vendor-1")
        assert await scene.reconciler.look() == 1
        record = await scene.engine.message(scene.message.message_id)
        assert (record.status, record.provider_message_id) == (S.ACCEPTED, "vendor-1")
        assert record.handovers == 1
        assert provider.seen == f"{scene.message.message_id}.1"

    async def test_receipt_teaches_other_addresses_of_the_person(
        self, scene: Scene, provider: Asked
    ) -> None:
        """As the answer to a send does."""
        other = relevo.Address("tel", "5491130946950")
        provider.answer = relevo.Receipt("vendor-1", recipient=other)
        await scene.reconciler.look()
        person = await scene.engine.person("shop", provider.lane_key(other))
        record = await scene.engine.message(scene.message.message_id)
        assert person.conversation is not None
        assert person.conversation.conversation_id == record.conversation_id

    async def test_address_that_cannot_be_read_leaves_the_message_sent(
        self, scene: Scene, provider: Asked
    ) -> None:
        provider.answer = relevo.Receipt("vendor-1", recipient=relevo.Address("tel", "1" * 9))
        provider.broken_lanes = True
        await scene.reconciler.look()
        assert await scene.status() is S.ACCEPTED

    async def test_not_taken_sends_again_at_once(self, scene: Scene, provider: Asked) -> None:
        provider.answer = relevo.Lookup.NOT_TAKEN
        await scene.reconciler.look()
        assert await scene.status() is S.QUEUED

    @pytest.mark.parametrize(
        "answer", [relevo.Lookup.UNDECIDED, relevo.Unavailable("away"), RuntimeError("broken")]
    )
    async def test_question_without_an_answer_leaves_it_to_the_rule(
        self, scene: Scene, provider: Asked, answer: relevo.Lookup | Exception
    ) -> None:
        provider.answer = answer
        assert await scene.reconciler.look() == 1
        assert await scene.status() is S.UNKNOWN
        assert await scene.reconciler.look() == 0
        await scene.pass_time(61)
        assert await scene.reconciler.look() == 1


class Settled(NoMeter):
    """Count doubts that are over."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def settled(self, account: str, how: str) -> None:
        self.told.append((account, how))


async def test_doubt_is_counted_once_where_it_is_really_settled(scene: Scene) -> None:
    """Neither a look that decides nothing nor a second process adds to the sum."""
    meter = Settled()
    accounts = {"shop": Account("shop", Echoing())}
    one = Reconciler(scene.engine, accounts, scene.terms, meter=meter)
    other = Reconciler(scene.engine, accounts, scene.terms, meter=meter)
    await scene.pass_time(65)
    assert await one.look() == 1
    assert meter.told == []
    await scene.hear_something()
    await scene.pass_time(20)
    assert await one.look() == 1
    await other.look()
    assert meter.told == [("shop", "silence_after_news")]


async def test_doubt_that_is_held_for_a_person_is_not_settled(scene: Scene) -> None:
    meter = Settled()
    accounts = {"shop": Account("shop", Echoing())}
    reconciler = Reconciler(scene.engine, accounts, scene.terms, meter=meter)
    for _ in range(70):
        await scene.pass_time(10)
        await reconciler.look()
    standing = await scene.engine.standing(scene.message.message_id)
    assert standing.doubt is not None
    assert standing.doubt.held_for
    assert meter.told == []
