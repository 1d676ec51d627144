"""What holds between machines: a store that several engines have open at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest

from relevo.engines.records import Claim, Resolution
from relevo.events import AccountUpdate, DeliveryStatus
from relevo.messages import UnknownPolicy
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import CLINIC, SHOP, SOON_S, OpenEngine
from relevo.testing.engine_rules.stage import LOCKED_OUT, Stage, StageSetup, key_for
from relevo.webhooks import WebhookRequest

_S = DeliveryStatus
_ROUNDS = 20
Pair = tuple[Stage, Stage]


@pytest.mark.anyio
class SharedRules(StageSetup):
    """Two engines on one store."""

    @pytest.fixture
    async def pair(self, open_engine: OpenEngine, clock: FakeClock) -> AsyncIterator[Pair]:
        """Give two machines."""
        async with open_engine(clock) as one, open_engine(clock) as other:
            yield Stage(one, clock), Stage(other, clock)

    async def test_machines_see_one_truth(self, pair: Pair) -> None:
        """What one returned, the other reads."""
        here, there = pair
        record = await here.enter()
        assert await there.now(record) == record
        claim = await there.claim_one()
        assert await here.claim() == []
        await there.hand_over(claim)
        assert await here.status(record) is _S.ACCEPTED
        # A log is told in its own time elsewhere; what one reader saw, every other sees.
        assert await there.log() == await here.log()
        assert here.engine.epoch == there.engine.epoch
        assert here.engine.seal == there.engine.seal

    async def test_lane_has_one_holder_over_all_machines(self, pair: Pair) -> None:
        """Each message is claimed once, in order."""
        for number in range(60):
            await pair[number % 2].enter(f"person-{number % 6}", str(number))
        claimed: list[Claim] = []
        held: set[str] = set()

        async def work(stage: Stage, name: str) -> None:
            while len(claimed) < 60:
                claims = await stage.claim(limit=3, worker=name)
                for claim in claims:
                    assert claim.lane_key not in held
                    held.add(claim.lane_key)
                claimed.extend(claims)
                for claim in claims:
                    held.discard(claim.lane_key)
                    await stage.hand_over(claim)

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for number in range(4):
                    tasks.start_soon(work, pair[number % 2], f"worker-{number}")
        assert set(Counter(claim.message.message_id for claim in claimed).values()) == {1}
        for person in range(6):
            to = f"person-{person}"
            texts = [int(one.message.text) for one in claimed if one.message.to.value == to]
            assert texts == sorted(texts)
            assert len(texts) == 10

    async def test_machines_share_the_rate(self, pair: Pair) -> None:
        """However they claim."""
        for stage in pair:
            stage.limit(rate=5, burst=10)
        for number in range(60):
            await pair[0].enter(f"person-{number}")
        claims: list[Claim] = []

        async def work(stage: Stage) -> None:
            for _ in range(5):
                claims.extend(await stage.claim(limit=3))

        async with anyio.create_task_group() as tasks:
            for stage in (*pair, *pair):
                tasks.start_soon(work, stage)
        assert len(claims) <= 10
        claims += await pair[1].claim(limit=50)
        assert len(claims) == 10

    async def test_same_request_at_two_machines_is_one_message(self, pair: Pair) -> None:
        """Exactly one created it."""
        created: list[bool] = []

        async def ask(stage: Stage, key: str) -> None:
            created.append((await stage.ask(stage.to("ana"), key_for(key))).created)

        for number in range(_ROUNDS):
            async with anyio.create_task_group() as tasks:
                for stage in (*pair, *pair):
                    tasks.start_soon(ask, stage, str(number))
        assert created.count(True) == _ROUNDS

    async def test_status_here_and_completion_there_always_meet(self, pair: Pair) -> None:
        """The webhook reached another machine than the one that sends."""
        here, there = pair
        for number in range(_ROUNDS):
            await here.enter(f"person-{number}")
        for number, claim in enumerate(await there.claim(limit=_ROUNDS)):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(here.hear_status, f"v-{number}", _S.DELIVERED)
                tasks.start_soon(there.hand_over, claim, f"v-{number}")
            assert (await here.now_of(claim)).status is _S.DELIVERED

    async def test_log_of_two_writers_has_no_gap(self, pair: Pair) -> None:
        """A reader that follows sees every position once, in order, and each writer's order."""
        seen: list[tuple[int, str]] = []
        writing = 2

        async def write(stage: Stage, name: str) -> None:
            nonlocal writing
            for number in range(30):
                await stage.hear(AccountUpdate(f"{name}-{number}"))
            writing -= 1

        async def follow(stage: Stage) -> None:
            while writing or len(seen) < 60:
                after = seen[-1][0] if seen else 0
                found = await stage.engine.events(after, limit=7)
                seen.extend((event.position, event.data["kind"]) for event in found)
                await stage.engine.wait_for_events(seen[-1][0] if seen else 0, 0.05)

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(follow, pair[1])
                for stage, name in zip(pair, "ab", strict=True):
                    tasks.start_soon(write, stage, name)
        assert [position for position, _ in seen] == list(range(1, 61))
        for name in "ab":
            told = [kind for _, kind in seen if kind.startswith(name)]
            assert told == [f"{name}-{number}" for number in range(30)]

    async def test_who_waits_on_one_machine_hears_of_the_other(self, pair: Pair) -> None:
        """Readers, workers, receivers and those who look at doubts."""
        here, there = pair
        for stage in pair:
            stage.change_terms(on_unknown=UnknownPolicy.RECONCILE, looks_up=True)
        head = await here.engine.head()

        async def open_doubt() -> None:
            await there.doubt(await there.claim_one())

        async def keep() -> None:
            await there.engine.keep_webhook(SHOP, WebhookRequest("POST", "/", b"{}"))

        await _wakes(lambda: here.engine.wait_for_events(head, 60), there.enter)
        await _wakes(lambda: here.engine.wait_for_doubts(60), open_doubt)
        await _wakes(lambda: here.engine.wait_for_webhooks(60), keep)
        await _wakes(lambda: here.engine.wait_for_work(60, here.terms), lambda: there.enter("bea"))

    async def test_halt_on_one_machine_stops_all(self, pair: Pair) -> None:
        """So does its end let all go on."""
        here, there = pair
        await here.enter()
        await there.engine.pause(SHOP, LOCKED_OUT)
        assert await here.claim() == []
        assert await here.engine.resume(SHOP, why="by_hand")
        assert not await there.engine.resume(SHOP, why="by_hand")
        assert len(await there.claim()) == 1

    async def test_receivers_of_two_machines_share_the_work(self, pair: Pair) -> None:
        """Each account is with one of them at a time; what both apply is applied once."""
        here, there = pair
        request = WebhookRequest("POST", "/", b"{}")
        ids = {
            name: [await here.engine.keep_webhook(name, request) for _ in range(10)]
            for name in (SHOP, CLINIC, "school")
        }
        applied: dict[str, list[int]] = {name: [] for name in ids}

        async def receive(stage: Stage) -> None:
            while applied != ids:
                for webhook in await stage.engine.pending_webhooks(3):
                    await anyio.sleep(0.001)
                    applied[webhook.account].append(webhook.webhook_id)
                    await stage.apply(webhook.webhook_id, [])

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for stage in (here, there, here, there):
                    tasks.start_soon(receive, stage)
        item = here.item(AccountUpdate("quality"))
        async with anyio.create_task_group() as tasks:
            for stage in (here, there, here, there):
                tasks.start_soon(stage.webhook, item)
        assert len(await here.news_of()) == 1

    async def test_one_doubt_is_settled_once(self, pair: Pair) -> None:
        """Both machines look at it."""
        here, there = pair
        record = await here.in_doubt(policy=UnknownPolicy.RECONCILE)
        answers: list[bool] = []

        async def settle(stage: Stage) -> None:
            answers.append(await stage.settle(record, Resolution.RESEND, attempt=1))

        async with anyio.create_task_group() as tasks:
            for stage in (here, there, here, there):
                tasks.start_soon(settle, stage)
        assert answers.count(True) == 1
        assert len(await there.everything_sent()) == 1

    async def test_webhooks_of_a_machine_that_is_gone_are_taken(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """At once: whether a machine is there can be seen. Not those of one that is there."""
        request = WebhookRequest("POST", "/", b"{}")
        async with open_engine(clock) as engine:
            async with open_engine(clock) as other:
                webhook_id = await other.keep_webhook(SHOP, request)
                assert len(await other.pending_webhooks(10)) == 1
                assert await engine.pending_webhooks(10) == []
                await engine.hand_back([webhook_id])
                assert await engine.pending_webhooks(10) == [], "another's cannot be handed back"
            (webhook,) = await engine.pending_webhooks(10)
            assert webhook.webhook_id == webhook_id

    async def test_lease_of_a_machine_that_is_gone_ends(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Not before its time: others cannot know that it is gone."""
        async with open_engine(clock) as engine:
            here = Stage(engine, clock)
            async with open_engine(clock) as other:
                record = await Stage(other, clock).enter()
                await Stage(other, clock).claim_one(lease_s=20)
            clock.advance(19.999)
            assert await here.claim() == []
            assert await here.status(record) is _S.SENDING
            clock.advance(0.001)
            assert await here.claim() == []
            assert await here.status(record) is _S.UNKNOWN


async def _wakes(
    wait: Callable[[], Awaitable[object]], cause: Callable[[], Awaitable[object]]
) -> None:
    ended = anyio.Event()

    async def waiter() -> None:
        await wait()
        ended.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waiter)
        with anyio.move_on_after(0.1):
            await ended.wait()
        assert not ended.is_set(), "it returned before anything happened"
        await cause()
        with anyio.fail_after(SOON_S):
            await ended.wait()
