"""What a worker does with leases, drains and a store that is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import anyio
import pytest
from pydantic import BaseModel

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import Claim, Completion
from relevo.events import utc_now
from relevo.layers import DEFAULT_ORDER, choose_layers
from relevo.middleware import build_pipeline
from relevo.terms import AccountTerms
from relevo.worker import Worker, WorkerLimits

pytestmark = pytest.mark.anyio


class Config(BaseModel):
    """Nothing to configure."""


class Slow(relevo.Provider[Config]):
    """Take a message once the gate opens."""

    name = "slow"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT})

    def __init__(self) -> None:
        super().__init__("shop", Config(), None)
        self.began = anyio.Event()
        self.gate = anyio.Event()
        self.running = self.most = 0

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        self.running += 1
        self.most = max(self.most, self.running)
        self.began.set()
        try:
            await self.gate.wait()
        finally:
            self.running -= 1
        return relevo.Receipt(str(message.message_id))


class Recorder:
    """An outbox that hands out prepared claims and keeps completions; it may be away at first."""

    def __init__(self, claims: Sequence[Claim], away: int = 0) -> None:
        self._claims = list(claims)
        self._away = away
        self.limits: list[int] = []
        self.completions: list[Completion] = []
        self.completed = anyio.Event()

    async def claim(
        self, worker: str, *, limit: int, lease_s: float, terms: Mapping[str, AccountTerms]
    ) -> list[Claim]:
        del worker, lease_s
        assert set(terms) == {"shop"}
        self.limits.append(limit)
        taken, self._claims = self._claims[:limit], self._claims[limit:]
        return taken

    async def complete(self, completions: Sequence[Completion]) -> None:
        if self._away > 0:
            self._away -= 1
            msg = "the store is away"
            raise relevo.EngineUnavailable(msg)
        self.completions.extend(completions)
        self.completed.set()

    async def wait_for_work(self, timeout_s: float, terms: Mapping[str, AccountTerms]) -> None:
        del terms
        await anyio.sleep(timeout_s)


def claim_for(number: int = 0) -> Claim:
    message = relevo.Message(to=f"54119999{number:04}", text="hola", account="shop")
    return Claim(
        message=message,
        account="shop",
        lane_key=f"tel:{number}",
        attempt=1,
        counted_attempts=0,
        replayed_attempts=0,
        throttles=0,
        token=number + 1,
        lease_until=utc_now() + timedelta(seconds=20),
    )


def worker_on(outbox: Recorder, provider: Slow, **limits: float) -> Worker:
    numbers = {"slots": 4, "attempt_s": 5, "lease_s": 20, "poll_s": 0.01} | limits
    return Worker(
        outbox,  # type: ignore[arg-type] # the half of an outbox a worker touches
        {"shop": Account("shop", provider)},
        build_pipeline(choose_layers(DEFAULT_ORDER)),
        WorkerLimits(**numbers),  # type: ignore[arg-type] # slots is a whole number
    )


async def test_worker_claims_no_more_than_its_free_slots() -> None:
    provider = Slow()
    outbox = Recorder([claim_for(number=n) for n in range(10)])
    worker = worker_on(outbox, provider)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(worker.run)
        while provider.running < 4:
            await anyio.sleep(0.001)
        provider.gate.set()
        while len(outbox.completions) < 10:
            await anyio.sleep(0.001)
        worker.drain()
    assert provider.most == 4
    assert max(outbox.limits) <= 4


async def test_too_little_lease_left_means_nothing_is_written() -> None:
    """Giving up before the write is what keeps a stalled worker from doubling a message."""
    provider = Slow()
    outbox = Recorder([claim_for()])
    worker = worker_on(outbox, provider, lease_s=4, attempt_s=5)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(worker.run)
        await outbox.completed.wait()
        worker.drain()
    (completion,) = outbox.completions
    assert not provider.began.is_set()
    assert completion.status is relevo.DeliveryStatus.QUEUED
    assert completion.uses_attempt is False
    assert [draft.type for draft in completion.events] == [relevo.EventType.OUTBOUND]


async def test_outcome_is_not_forgotten_while_the_store_is_away() -> None:
    provider = Slow()
    provider.gate.set()
    outbox = Recorder([claim_for()], away=3)
    worker = worker_on(outbox, provider)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(worker.run)
        with anyio.fail_after(30):
            await outbox.completed.wait()
        worker.drain()
    assert [c.status for c in outbox.completions] == [relevo.DeliveryStatus.ACCEPTED]


async def test_worker_goes_on_when_the_store_is_away_while_it_rests() -> None:
    class Resting(Recorder):
        waits = 0

        async def wait_for_work(self, timeout_s: float, terms: Mapping[str, AccountTerms]) -> None:
            self.waits += 1
            if self.waits == 1:
                self._claims.append(claim_for())
                msg = "the store is away"
                raise relevo.EngineUnavailable(msg)
            await super().wait_for_work(timeout_s, terms)

    provider, outbox = Slow(), Resting([])
    provider.gate.set()
    worker = worker_on(outbox, provider)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            await outbox.completed.wait()
            worker.drain()
    assert outbox.waits >= 1


async def test_cancelled_worker_still_commits_how_far_it_got() -> None:
    provider = Slow()
    outbox = Recorder([claim_for()])
    worker = worker_on(outbox, provider)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(worker.run)
        await provider.began.wait()
        tasks.cancel_scope.cancel()
    (completion,) = outbox.completions
    assert completion.status is relevo.DeliveryStatus.UNKNOWN
    assert completion.error is not None
    assert completion.error.code == "outcome_unknown"


async def test_drained_worker_finishes_what_it_began_and_claims_nothing_new() -> None:
    provider = Slow()
    async with MemoryEngine() as engine:
        worker = worker_on(Recorder([]), provider)
        worker._engine = engine
        first = relevo.Message(to="54119999", text="1", account="shop")
        await engine.accept(first, provider="slow", lane_key="tel:54119999")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            await provider.began.wait()
            worker.drain()
            second = relevo.Message(to="54118888", text="2", account="shop")
            await engine.accept(second, provider="slow", lane_key="tel:54118888")
            provider.gate.set()
        assert (await engine.message(first.message_id)).status is relevo.DeliveryStatus.ACCEPTED
        assert (await engine.message(second.message_id)).status is relevo.DeliveryStatus.QUEUED


class Away(relevo.Provider[Config]):
    """Raise what it is given."""

    name = "away"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT})

    def __init__(self, error: relevo.SendError) -> None:
        super().__init__("shop", Config(), None)
        self.error = error

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        del message
        raise self.error


@pytest.mark.parametrize(
    ("error", "blocks", "pauses", "lane"),
    [
        (relevo.Throttled("slow", retry_after_s=30), 30, False, False),
        (relevo.Throttled("slow", scope="recipient"), 0, False, True),
        (relevo.AuthFailed("no"), 0, True, False),
        (relevo.Unavailable("away"), 0, False, False),
    ],
)
async def test_completion_says_whom_an_error_concerns(
    error: relevo.SendError, *, blocks: float, pauses: bool, lane: bool
) -> None:
    outbox = Recorder([claim_for()])
    worker = worker_on(outbox, Away(error))  # type: ignore[arg-type] # any provider
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(worker.run)
        with anyio.fail_after(30):
            await outbox.completed.wait()
        worker.drain()
    (completion,) = outbox.completions
    assert completion.status is relevo.DeliveryStatus.QUEUED
    assert (completion.block_s > 0) is (blocks > 0)
    assert completion.block_s >= blocks
    assert completion.pauses is pauses
    assert completion.lane_throttled is lane
