"""A worker that dies in an upload has sent nothing, and it is known that it has not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from tests.core.media.vendor import BYTES, Config, Vendor

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.errors import Phase
from relevo.media import MediaKeeper, MemoryMediaStore, Uploader
from relevo.messages import new_message_id
from relevo.middleware import build_pipeline
from relevo.retry import RetryPolicy
from relevo.terms import AccountTerms
from relevo.testing.clock import FakeClock
from relevo.worker import Worker, WorkerLimits

pytestmark = pytest.mark.anyio

S = relevo.DeliveryStatus
TERMS = {"shop": AccountTerms()}


class Shop:
    """One message with a file on its way, and workers that come for it one after another."""

    def __init__(self, engine: MemoryEngine, clock: FakeClock) -> None:
        self.engine, self.clock, store = engine, clock, MemoryMediaStore()
        self.keeper = MediaKeeper(engine, store, clock=clock)
        self.uploader = Uploader(engine, store, clock=clock)
        self.phases: list[Phase | None] = []

    async def begin(self) -> relevo.Message:
        kept = await self.keeper.keep(BYTES, mime_type="image/jpeg")
        content = relevo.ImageContent(media=str(kept.media_id))
        message = relevo.Message(to="5491155550100", content=content, account="shop")
        await self.engine.accept(message, provider="vendor", lane_key="tel:1")
        return message

    async def die_uploading(self) -> None:
        (claim,) = await self.engine.claim("dead", limit=1, lease_s=20, terms=TERMS)
        assert await self.engine.renew(claim, lease_s=20, phase=Phase.CONNECTING)
        self.clock.advance(21)

    async def work(self, message: relevo.Message, *, max_attempts: int = 8) -> S:
        """Let a worker that lives take it over; give what became of the message."""

        async def note() -> None:
            self.phases.append((await self.engine.attempts(message.message_id))[-1].phase)

        class Noting(Vendor):
            async def send(self, message: relevo.Message) -> relevo.Receipt:
                await note()
                return await super().send(message)

        Vendor.on_call = (note,)
        worker = Worker(
            self.engine,
            {"shop": Account("shop", Noting("shop", Config(), None))},
            build_pipeline([]),
            WorkerLimits(poll_s=0.01, retry=RetryPolicy(max_attempts=max_attempts)),
            terms=TERMS,
            clock=self.clock,
            uploader=self.uploader,
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            with anyio.fail_after(30):
                while (await self.engine.message(message.message_id)).status.on_its_way:
                    await anyio.sleep(0.001)
            worker.drain()
        return (await self.engine.message(message.message_id)).status


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    Vendor.forget()
    clock = FakeClock()
    async with MemoryEngine(clock) as engine:
        yield Shop(engine, clock)


async def test_message_whose_worker_died_in_the_upload_is_sent_by_the_next(shop: Shop) -> None:
    message = await shop.begin()
    await shop.die_uploading()
    assert await shop.work(message) is S.ACCEPTED
    attempts = await shop.engine.attempts(message.message_id)
    assert [one.status for one in attempts] == [S.QUEUED, S.ACCEPTED]
    assert (len(Vendor.uploads), len(Vendor.sent)) == (1, 1)


async def test_attempt_says_how_far_it_is_and_only_where_there_is_an_upload(shop: Shop) -> None:
    """A file that the provider has already costs no change of the store more."""
    first = await shop.begin()
    await shop.work(first)
    assert shop.phases == [Phase.CONNECTING, Phase.WRITING], "in the upload, then in `send`"
    again = first.model_copy(update={"message_id": new_message_id()})
    await shop.engine.accept(again, provider="vendor", lane_key="tel:1")
    await shop.work(again)
    assert shop.phases[2:] == [None]


async def test_upload_that_ends_worker_after_worker_is_given_up(shop: Shop) -> None:
    message = await shop.begin()
    for _ in range(2):
        await shop.die_uploading()
    assert await shop.work(message, max_attempts=2) is S.FAILED
    error = (await shop.engine.message(message.message_id)).error
    assert error is not None
    assert "lost during the upload of its file, 2 times; nothing was sent" in error.message
    assert (Vendor.uploads, Vendor.sent) == ([], [])
