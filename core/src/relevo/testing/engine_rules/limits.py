"""What an account's limits promise: its rate, and its pace to one person."""

from __future__ import annotations

import anyio
import pytest

from relevo.engines.records import Claim
from relevo.events import DeliveryStatus
from relevo.terms import PairPace
from relevo.testing.engine_rules.scene import CLINIC, SHOP, SOON_S
from relevo.testing.engine_rules.stage import Stage, StageSetup

_S = DeliveryStatus
_EVERY_S = 6


@pytest.mark.anyio
class RateRules(StageSetup):
    """Messages per second, over all workers together."""

    async def test_burst_leaves_at_once_then_the_rate_holds(self, stage: Stage) -> None:
        """Exactly, however often and whenever is asked."""
        stage.limit(rate=4, burst=10)
        for number in range(80):
            await stage.enter(f"person-{number}", str(number))
        assert len(await stage.claim(limit=50)) == 10
        assert await stage.claim(limit=50) == []
        sent, tenths = 10, 0
        for step in (1, 2, 1, 5, 3, 1, 1, 10, 2, 4, 1, 7, 2, 1, 9):
            stage.clock.advance(step / 10)
            tenths += step
            sent += len(await stage.claim(limit=50))
            assert sent == 10 + tenths * 4 // 10
        stage.clock.advance(3600)
        assert len(await stage.claim(limit=50)) == 10

    async def test_burst_left_out_holds_a_fifth_of_a_second(self, stage: Stage) -> None:
        """At least one."""
        stage.limit(rate=20)
        stage.limit(CLINIC, rate=0.5)
        for number in range(9):
            await stage.enter(f"person-{number}")
            await stage.enter(f"person-{number}", account=CLINIC)
        accounts = [claim.account for claim in await stage.claim(limit=50)]
        assert (accounts.count(SHOP), accounts.count(CLINIC)) == (4, 1)
        stage.clock.advance(1.999)
        accounts = [claim.account for claim in await stage.claim(limit=50)]
        assert (accounts.count(SHOP), accounts.count(CLINIC)) == (4, 0)
        stage.clock.advance(0.001)
        assert CLINIC in {claim.account for claim in await stage.claim(limit=50)}

    async def test_only_what_was_claimed_is_paid_for(self, stage: Stage) -> None:
        """Not what a claim could have had."""
        stage.limit(rate=1, burst=5)
        await stage.enter("ana")
        assert len(await stage.claim(limit=50)) == 1
        for number in range(9):
            await stage.enter(f"person-{number}")
        assert len(await stage.claim(limit=2)) == 2
        assert len(await stage.claim(limit=50)) == 2

    async def test_slots_that_another_account_got_are_not_paid_for(self, stage: Stage) -> None:
        """An account pays for its own messages only."""
        stage.limit(rate=1, burst=5)
        for number in range(9):
            await stage.enter(f"person-{number}")
            await stage.enter(f"person-{number}", account=CLINIC)
        accounts = [claim.account for claim in await stage.claim(limit=4)]
        assert accounts.count(SHOP) == 2
        accounts = [claim.account for claim in await stage.claim(limit=50)]
        assert accounts.count(SHOP) == 3

    async def test_rate_is_each_accounts_own(self, stage: Stage) -> None:
        """Another goes on, and one without a rate has none."""
        stage.limit(rate=1, burst=1)
        for number in range(5):
            await stage.enter(f"person-{number}")
            await stage.enter(f"person-{number}", account=CLINIC)
        accounts = [claim.account for claim in await stage.claim(limit=50)]
        assert (accounts.count(SHOP), accounts.count(CLINIC)) == (1, 5)

    async def test_workers_share_the_rate(self, stage: Stage) -> None:
        """However many claim at the same moment."""
        stage.limit(rate=5, burst=10)
        for number in range(60):
            await stage.enter(f"person-{number}")
        claims: list[Claim] = []

        async def work(name: str) -> None:
            for _ in range(4):
                claims.extend(await stage.claim(limit=3, worker=name))

        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(work, f"worker-{number}")
        assert len(claims) <= 10
        claims += await stage.claim(limit=50)
        assert len(claims) == 10
        stage.clock.advance(1)
        assert len(await stage.claim(limit=50)) == 5

    async def test_worker_waits_for_the_rate(self, stage: Stage) -> None:
        """Not for a lane that is due but may not leave."""
        stage.limit(rate=0.1, burst=1)
        for person in ("ana", "bea"):
            await stage.enter(person)
        assert len(await stage.claim()) == 1
        with anyio.move_on_after(0.05) as waiting:
            await stage.engine.wait_for_work(60, stage.terms)
        assert waiting.cancelled_caught
        stage.clock.advance(10)
        with anyio.fail_after(SOON_S):
            await stage.engine.wait_for_work(60, stage.terms)
        assert len(await stage.claim()) == 1


@pytest.mark.anyio
class PaceRules(StageSetup):
    """How often one person may be written to."""

    async def test_from_rest_a_burst_then_a_pause_for_all_of_it(self, stage: Stage) -> None:
        """45 at once, then none until 6 s times 45 has passed since the first."""
        stage.limit(pair_pace=PairPace())
        for number in range(60):
            await stage.enter(text=str(number))
        assert await stage.everything_sent() == [str(number) for number in range(45)]
        stage.clock.advance(45 * _EVERY_S - 0.001)
        assert await stage.claim() == []
        stage.clock.advance(0.001)
        assert await stage.everything_sent() == [str(number) for number in range(45, 60)]

    async def test_burst_has_six_seconds(self, stage: Stage) -> None:
        """After them, what was sent so far is paid for first."""
        stage.limit(pair_pace=PairPace())
        for number in range(3):
            await stage.enter(text=str(number))
            assert await stage.everything_sent() == [str(number)]
            stage.clock.advance(2)
        await stage.enter(text="late")
        assert await stage.claim() == []
        stage.clock.advance(3 * _EVERY_S - 6 - 0.001)
        assert await stage.claim() == []
        stage.clock.advance(0.001)
        assert await stage.everything_sent() == ["late"]

    async def test_person_at_rest_begins_a_new_run(self, stage: Stage) -> None:
        """What was sent before is paid for."""
        stage.limit(pair_pace=PairPace(burst=2, every_s=10))
        for _ in range(2):
            await stage.enter(text="before")
        assert len(await stage.everything_sent()) == 2
        stage.clock.advance(20)
        for number in range(3):
            await stage.enter(text=str(number))
        assert await stage.everything_sent() == ["0", "1"]

    async def test_pace_is_each_persons_own(self, stage: Stage) -> None:
        """Others go on, and so does the person on another account."""
        stage.limit(pair_pace=PairPace(burst=1, every_s=10))
        for person, account in (("ana", SHOP), ("ana", SHOP), ("bea", SHOP), ("ana", CLINIC)):
            await stage.enter(person, account=account)
        assert len(await stage.everything_sent()) == 3

    async def test_pace_holds_for_a_retry_too(self, stage: Stage) -> None:
        """A retry that is due earlier waits for the pace."""
        stage.limit(pair_pace=PairPace(burst=1, every_s=10))
        await stage.enter()
        await stage.retry(await stage.claim_one(), in_s=1)
        stage.clock.advance(9.999)
        assert await stage.claim() == []
        stage.clock.advance(0.001)
        assert (await stage.claim_one()).attempt == 2

    async def test_pace_that_waits_costs_no_rate(self, stage: Stage) -> None:
        """Another person gets what the account may send."""
        stage.limit(rate=0.001, burst=2, pair_pace=PairPace(burst=1, every_s=10))
        for text in ("one", "two"):
            await stage.enter("ana", text)
        assert await stage.everything_sent() == ["one"]
        stage.clock.advance(1)
        await stage.enter("bea", "three")
        assert await stage.everything_sent() == ["three"]
