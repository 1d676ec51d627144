"""A scene whose accounts have terms: more verbs, for rules about time, limits and doubts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue

from relevo.engines.port import Engine
from relevo.engines.records import (
    Accepted,
    Claim,
    Completion,
    Doubt,
    EventQuery,
    Evidence,
    IdempotencyKey,
    MessageRecord,
    ReplayQuery,
    Resolution,
    Settlement,
)
from relevo.errors import Phase
from relevo.events import DeliveryStatus, ErrorDetail, Event, EventType, Receipt, StatusUpdate
from relevo.messages import Address, Message, Priority, UnknownPolicy
from relevo.middleware import EventDraft
from relevo.terms import AccountTerms, Limits
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import (
    AWAY,
    CLINIC,
    DOUBT,
    PROVIDER,
    SHOP,
    EngineSetup,
    OpenEngine,
    Scene,
)

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
THROTTLED = ErrorDetail(code="throttled", message="Slow down.", retryable=True)
LOCKED_OUT = ErrorDetail(code="auth_failed", message="The token was refused.", retryable=True)
_FIRST_KEYS = count(1, 1_000_000)
"""Two stages on one store make items of their own."""


class Stage(Scene):
    """A scene that knows the terms of each account."""

    def __init__(self, engine: Engine, clock: FakeClock) -> None:
        super().__init__(engine, clock)
        self._keys = count(next(_FIRST_KEYS))
        self.terms: dict[str, AccountTerms] = {SHOP: AccountTerms(), CLINIC: AccountTerms()}

    def change_terms(self, account: str = SHOP, **terms: Any) -> None:
        """Let an account have other terms from now on."""
        self.terms[account] = replace(self.terms[account], **terms)

    def limit(self, account: str = SHOP, **limits: Any) -> None:
        """Let an account have these limits, and no others, from now on."""
        self.change_terms(account, limits=Limits(**limits))

    def at(self, in_s: float) -> datetime:
        """Tell a moment from now."""
        return self.clock() + timedelta(seconds=in_s)

    def to(self, person: str, *, account: str = SHOP) -> Message:
        """Make a message to a person."""
        return Message(account=account, to=Address("test", person), text="hello")

    async def ask(self, message: Message, key: IdempotencyKey | None = None) -> Accepted:
        """Accept a message, with an idempotency key or without."""
        lane_key = message.to.uri()
        return await self.engine.accept(
            message, provider=PROVIDER, lane_key=lane_key, idempotency=key
        )

    async def accept_message(self, message: Message) -> MessageRecord:
        """Accept a message as it is."""
        return (await self.ask(message)).record

    async def enter(
        self, person: str = "ana", text: str = "hello", *, account: str = SHOP, **more: Any
    ) -> MessageRecord:
        """Accept a message with any of its parts."""
        message = Message(account=account, to=Address("test", person), text=text, **more)
        return (await self.ask(message)).record

    async def enter_bulk(self, person: str, text: str, *, account: str = SHOP) -> MessageRecord:
        """Accept a message that lets everything normal go first."""
        return await self.enter(person, text, account=account, priority=Priority.BULK)

    async def claim(
        self, limit: int = 10, *, lease_s: float = 20, worker: str = "worker-1"
    ) -> list[Claim]:
        """Claim as a worker does that has every account."""
        return await self.engine.claim(worker, limit=limit, lease_s=lease_s, terms=self.terms)

    async def claim_texts(self, limit: int = 10) -> list[str]:
        """Claim, and tell the texts."""
        return [claim.message.text for claim in await self.claim(limit)]

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
        await self.finish(
            claim,
            status,
            receipt=receipt,
            error=error,
            retry_in_s=retry_in_s or 0,
            uses_attempt=uses_attempt,
            aliases=aliases,
            events=(EventDraft(EventType.OUTBOUND, {"attempt": claim.attempt, **data}),),
        )

    async def finish(self, claim: Claim, status: DeliveryStatus, **more: Any) -> None:
        """Complete an attempt under its account's terms, with any part of a completion."""
        told = (EventDraft(EventType.OUTBOUND, {"attempt": claim.attempt}),)
        more = {"phase": Phase.ANSWERED, "events": told, **more}
        terms = self.terms[claim.account]
        await self.engine.complete([Completion(claim, status, terms=terms, **more)])

    async def throttle(self, claim: Claim, in_s: float) -> None:
        """Complete as throttled for the whole account."""
        await self.finish(
            claim,
            DeliveryStatus.QUEUED,
            error=THROTTLED,
            retry_in_s=in_s,
            block_s=in_s,
            uses_attempt=False,
        )

    async def lock_out(self, claim: Claim) -> None:
        """Complete as refused for the account's credentials."""
        await self.finish(
            claim, DeliveryStatus.QUEUED, error=LOCKED_OUT, pauses=True, uses_attempt=False
        )

    async def lose(self, claim: Claim) -> list[Claim]:
        """Let a worker fall silent until its lease is over, and claim again."""
        self.clock.advance((claim.lease_until - self.clock()).total_seconds())
        return await self.claim()

    async def in_doubt(
        self,
        person: str = "ana",
        *,
        policy: UnknownPolicy = UnknownPolicy.HOLD,
        text: str = "hello",
        account: str = SHOP,
    ) -> MessageRecord:
        """Bring a message in doubt, under a policy of its own."""
        record = await self.enter(person, text, account=account, on_unknown=policy)
        await self.doubt(await self.claim_one())
        return await self.now(record)

    async def dead_letter(
        self, person: str = "ana", text: str = "hello", *, error: ErrorDetail = AWAY, **more: Any
    ) -> MessageRecord:
        """Bring a message that was given up after one attempt."""
        record = await self.enter(person, text, **more)
        await self.finish(await self.claim_one(), DeliveryStatus.FAILED, error=error)
        return await self.now(record)

    async def replay(self, *records: MessageRecord, **query: Any) -> list[UUID]:
        """Put dead letters back: these, or those that a query means."""
        ids = frozenset(record.message_id for record in records)
        return await self.engine.replay(ReplayQuery(message_ids=ids, **query))

    async def now_of(self, claim: Claim) -> MessageRecord:
        """Read a claim's message as it is now."""
        return await self.engine.message(claim.message.message_id)

    async def looks(self, *accounts: str, limit: int = 10) -> list[Doubt]:
        """Give the doubts of these accounts, or of the shop, that are due for a look."""
        return await self.engine.doubts(accounts or (SHOP,), limit)

    async def evidence(self) -> Evidence:
        """Give what is known about the one doubt that is due for a look."""
        (doubt,) = await self.looks()
        return doubt.evidence

    async def settle(
        self,
        record: MessageRecord,
        resolution: Resolution | None = None,
        *,
        attempt: int | None = None,
        why: str = "a_test",
        look_in_s: float | None = None,
        receipt: Receipt | None = None,
        aliases: tuple[str, ...] = (),
    ) -> bool:
        """Settle the doubt about a message's latest attempt, or about another."""
        settlement = Settlement(
            message_id=record.message_id,
            attempt=attempt or (await self.now(record)).attempts,
            why=why,
            resolution=resolution,
            look_in_s=look_in_s,
            receipt=receipt,
            aliases=aliases,
        )
        return await self.engine.settle(settlement, self.terms[record.account])

    async def echo(
        self,
        record: MessageRecord,
        attempt: int | None = None,
        *,
        status: DeliveryStatus | None = DeliveryStatus.SENT,
        provider_id: str | None = None,
    ) -> None:
        """Hear a status with our own id, and with the attempt's number where one is given."""
        update = StatusUpdate(
            provider_id or f"v-{record.message_id}-{attempt}",
            status,
            message_id=record.message_id,
            attempt=attempt,
        )
        await self.hear(update, account=record.account)

    async def doubt_again(self, claim: Claim) -> None:
        """Complete as possibly sent, in so many words."""
        await self.finish(claim, DeliveryStatus.UNKNOWN, error=DOUBT)

    async def halts(self, account: str = SHOP) -> list[Any]:
        """Tell the kinds of an account's own events, in order."""
        return [event.data["kind"] for event in await self.news_of(account)]

    async def news_of(self, account: str = SHOP) -> list[Event]:
        """Read an account's own events."""
        only = EventQuery(types=frozenset({EventType.ACCOUNT}), accounts=frozenset({account}))
        return await self.log(only)

    async def attempts(self, record: MessageRecord) -> list[tuple[int, DeliveryStatus]]:
        """Tell a message's attempts, with what each came to."""
        found = await self.engine.attempts(record.message_id)
        return [(attempt.number, attempt.status) for attempt in found]


def key_for(key: str = "order-7", fingerprint: str = "asked this") -> IdempotencyKey:
    """Make an idempotency key."""
    return IdempotencyKey(key, fingerprint)


class StageSetup(EngineSetup):
    """What a suite gives: the engine under test with every account's terms."""

    @pytest.fixture
    async def stage(self, open_engine: OpenEngine, clock: FakeClock) -> AsyncIterator[Stage]:
        """Give the open engine."""
        async with open_engine(clock) as engine:
            yield Stage(engine, clock)
