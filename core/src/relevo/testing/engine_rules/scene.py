"""One account, a few people, and short words for what is done with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue

from relevo.contents import TextContent
from relevo.engines.port import Clock, Engine
from relevo.engines.records import (
    Claim,
    Completion,
    Effect,
    EventQuery,
    InterpretedWebhook,
    ItemFault,
    ItemOutcome,
    ItemState,
    MessageRecord,
    ParsedItem,
)
from relevo.errors import Phase
from relevo.events import (
    DeliveryStatus,
    ErrorDetail,
    Event,
    EventType,
    InboundMessage,
    ProviderEvent,
    Receipt,
    StatusUpdate,
)
from relevo.messages import Address, Message
from relevo.middleware import EventDraft
from relevo.terms import AccountTerms
from relevo.testing.clock import FakeClock
from relevo.webhooks import WebhookItem, WebhookRequest

OpenEngine = Callable[[Clock], AbstractAsyncContextManager[Engine]]

SHOP = "shop"
CLINIC = "clinic"
PROVIDER = "fake"
SOON_S = 30.0
"""Long for a computer, busy as it may be; only a wake that never came takes so long."""
TERMS = AccountTerms(unknown_lane_wait_s=0)
"""No limits; a doubt is held, and its lane goes on at the next claim."""
REFUSED = ErrorDetail(code="rejected", message="The provider refused.", provider_code="131026")
AWAY = ErrorDetail(code="unavailable", message="The provider is away.", retryable=True)
DOUBT = ErrorDetail(code="outcome_unknown", message="No answer came.", phase=Phase.WRITTEN)


class Scene:
    """An engine with its clock, and verbs that keep rules readable."""

    def __init__(self, engine: Engine, clock: FakeClock) -> None:
        self.engine = engine
        self.clock = clock
        self.terms: dict[str, AccountTerms] = {SHOP: TERMS, CLINIC: TERMS}
        self._keys = count(1)

    async def accept(
        self,
        person: str = "ana",
        text: str = "hello",
        *,
        account: str = SHOP,
        message_id: UUID | None = None,
        expires_at: datetime | None = None,
    ) -> MessageRecord:
        """Accept a text to a person."""
        message = Message(account=account, to=Address("test", person), text=text)
        if message_id is not None:
            message = message.model_copy(update={"message_id": message_id})
        return await self.accept_message(message.model_copy(update={"expires_at": expires_at}))

    async def accept_message(self, message: Message) -> MessageRecord:
        """Accept a message as it is."""
        lane_key = message.to.uri()
        return (await self.engine.accept(message, provider=PROVIDER, lane_key=lane_key)).record

    async def claim(self, limit: int = 10, *, lease_s: float = 20) -> list[Claim]:
        """Claim as a worker does."""
        return await self.engine.claim("worker-1", limit=limit, lease_s=lease_s, terms=self.terms)

    async def wait_for_work(self, timeout_s: float) -> None:
        """Wait as a worker does."""
        await self.engine.wait_for_work(timeout_s, self.terms)

    async def claim_one(self, *, lease_s: float = 20) -> Claim:
        """Claim where exactly one message is due."""
        (claim,) = await self.claim(lease_s=lease_s)
        return claim

    async def complete(
        self,
        claim: Claim,
        status: DeliveryStatus,
        *,
        receipt: Receipt | None = None,
        error: ErrorDetail | None = None,
        retry_in_s: float | None = None,
        uses_attempt: bool = True,
        aliases: tuple[str, ...] = (),
        **data: JsonValue,
    ) -> None:
        """Complete an attempt, with one draft of an event as the bundled layers make it."""
        await self.engine.complete(
            [
                Completion(
                    claim=claim,
                    status=status,
                    terms=self.terms[claim.account],
                    phase=Phase.ANSWERED,
                    receipt=receipt,
                    error=error,
                    retry_in_s=retry_in_s or 0,
                    uses_attempt=uses_attempt,
                    aliases=aliases,
                    events=(EventDraft(EventType.OUTBOUND, {"attempt": claim.attempt, **data}),),
                )
            ]
        )

    async def hand_over(self, claim: Claim, provider_id: str | None = None) -> str:
        """Complete as accepted; give the provider's id."""
        provider_id = provider_id or f"v-{claim.message.message_id}"
        receipt = Receipt(provider_id, {"id": provider_id})
        await self.complete(claim, DeliveryStatus.ACCEPTED, receipt=receipt)
        return provider_id

    async def retry(self, claim: Claim, in_s: float | None = None) -> None:
        """Complete as surely not sent: to be tried again."""
        await self.complete(claim, DeliveryStatus.QUEUED, error=AWAY, retry_in_s=in_s)

    async def doubt(self, claim: Claim) -> None:
        """Complete as possibly sent."""
        await self.complete(claim, DeliveryStatus.UNKNOWN, error=DOUBT)

    async def refuse(self, claim: Claim) -> None:
        """Complete as finally refused."""
        await self.complete(claim, DeliveryStatus.FAILED, error=REFUSED)

    async def webhook(self, *results: ParsedItem, account: str = SHOP) -> list[ItemState]:
        """Keep a webhook and apply these items of it."""
        return [outcome.state for outcome in await self.outcomes(*results, account=account)]

    async def apply(self, webhook_id: int, results: Sequence[ParsedItem]) -> list[ItemState]:
        """Apply the items of a webhook that was kept."""
        return [outcome.state for outcome in await self._apply(webhook_id, results)]

    async def outcomes(self, *results: ParsedItem, account: str = SHOP) -> list[ItemOutcome]:
        """Keep a webhook and apply these items of it; tell all that is told of each."""
        request = WebhookRequest("POST", f"/webhooks/{account}", b"{}")
        return await self._apply(await self.engine.keep_webhook(account, request), results)

    async def _apply(self, webhook_id: int, results: Sequence[ParsedItem]) -> list[ItemOutcome]:
        interpreted = InterpretedWebhook(webhook_id, PROVIDER, results)
        (outcomes,) = await self.engine.apply_items([interpreted])
        return outcomes

    async def hear(self, *news: ProviderEvent, account: str = SHOP) -> None:
        """Hear news, each in an item of its own."""
        states = await self.webhook(*(self.item(one) for one in news), account=account)
        assert states == [ItemState.APPLIED] * len(news)

    async def hear_status(
        self,
        provider_id: str,
        status: DeliveryStatus | None,
        *,
        account: str = SHOP,
        echo: UUID | None = None,
        error: ErrorDetail | None = None,
        occurred_at: datetime | None = None,
    ) -> None:
        """Hear one status."""
        raw: JsonValue = {"status": status.value if status else "?"}
        update = StatusUpdate(
            provider_id, status, raw, message_id=echo, error=error, occurred_at=occurred_at
        )
        await self.hear(update, account=account)

    async def hear_from(
        self, person: str, text: str = "hi", *, account: str = SHOP, name: str | None = None
    ) -> None:
        """Hear from a person."""
        content = TextContent(body=text)
        inbound = InboundMessage(Address("test", person), content, sender_name=name)
        await self.hear(inbound, account=account)

    def item(
        self, *news: ProviderEvent, key: str | None = None, fault: ItemFault | None = None
    ) -> ParsedItem:
        """Make an item; without a key, one that never came before."""
        item = WebhookItem(key or f"key-{next(self._keys)}", {"raw": True})
        return ParsedItem(item, tuple(_effect(one) for one in news), fault)

    async def now(self, record: MessageRecord) -> MessageRecord:
        """Read a message as it is now."""
        return await self.engine.message(record.message_id)

    async def status(self, record: MessageRecord) -> DeliveryStatus:
        """Tell where a message is now."""
        return (await self.now(record)).status

    async def log(self, query: EventQuery | None = None) -> list[Event]:
        """Read the whole log."""
        return await self.engine.events(0, limit=10_000, query=query)

    async def told(self, record: MessageRecord) -> list[Event]:
        """Read what was told about one message."""
        return await self.log(EventQuery(message_ids=frozenset({record.message_id})))

    async def story(self, record: MessageRecord) -> list[Any]:
        """Tell the statuses of a message's events, in order."""
        return [event.data["status"] for event in await self.told(record)]

    async def everything_sent(self) -> list[str]:
        """Hand over whatever is due until nothing is; tell the texts in order."""
        texts: list[str] = []
        while claims := await self.claim():
            for claim in claims:
                texts.append(claim.message.text)
                await self.hand_over(claim)
        return texts


def _effect(news: ProviderEvent) -> Effect:
    return Effect(news, news.sender.uri() if isinstance(news, InboundMessage) else None)


class EngineSetup:
    """What a suite gives: the engine under test, on a clock that is turned by hand."""

    @pytest.fixture
    def open_engine(self) -> OpenEngine:
        """Give a function that takes a clock and opens the engine under test."""
        msg = f"{type(self).__name__} must define the fixture open_engine."
        raise NotImplementedError(msg)

    @pytest.fixture
    def clock(self) -> FakeClock:
        """Give the clock of the engine under test."""
        return FakeClock()

    @pytest.fixture
    async def scene(self, open_engine: OpenEngine, clock: FakeClock) -> AsyncIterator[Scene]:
        """Give the open engine."""
        async with open_engine(clock) as engine:
            yield Scene(engine, clock)
