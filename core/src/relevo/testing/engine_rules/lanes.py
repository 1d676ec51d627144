"""What lanes promise: order, one holder, leases, expiry."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import anyio
import pytest

from relevo.engines.records import Claim
from relevo.events import DeliveryStatus
from relevo.testing.engine_rules.scene import EngineSetup, Scene

_S = DeliveryStatus


@pytest.mark.anyio
class LaneRules(EngineSetup):
    """Order and holders."""

    async def test_messages_of_a_lane_go_one_at_a_time_in_order(self, scene: Scene) -> None:
        """The next is claimed only after the one before is done with."""
        for text in ("one", "two", "three"):
            await scene.accept(text=text)
        for text in ("one", "two", "three"):
            claim = await scene.claim_one()
            assert claim.message.text == text
            assert await scene.claim() == []
            await scene.hand_over(claim)
        assert await scene.claim() == []

    async def test_claim_begins_an_attempt(self, scene: Scene) -> None:
        """The message is `sending`, told so, and its attempt is on record."""
        record = await scene.accept()
        claim = await scene.claim_one(lease_s=20)
        assert claim.lease_until == scene.clock() + timedelta(seconds=20)
        assert (claim.attempt, claim.counted_attempts) == (1, 0)
        now = await scene.now(record)
        assert (now.status, now.attempts) == (_S.SENDING, 1)
        (attempt,) = await scene.engine.attempts(record.message_id)
        assert (attempt.number, attempt.status) == (1, _S.SENDING)
        assert attempt.started_at == scene.clock()
        assert attempt.finished_at is None
        assert await scene.story(record) == ["queued", "sending"]

    async def test_lanes_run_beside_each_other(self, scene: Scene) -> None:
        """One claim takes one head per lane, up to its limit, longest due first."""
        for person in ("ana", "bea", "cid"):
            await scene.accept(person, f"{person} 1")
            await scene.accept(person, f"{person} 2")
            scene.clock.advance(1)
        first = await scene.claim(limit=2)
        assert [claim.message.text for claim in first] == ["ana 1", "bea 1"]
        rest = await scene.claim(limit=10)
        assert [claim.message.text for claim in rest] == ["cid 1"]

    async def test_accounts_do_not_share_lanes(self, scene: Scene) -> None:
        """The same person on two accounts is two lanes."""
        await scene.accept("ana", account="shop")
        await scene.accept("ana", account="clinic")
        assert {claim.account for claim in await scene.claim()} == {"shop", "clinic"}

    async def test_tokens_never_repeat(self, scene: Scene) -> None:
        """Every claim has its own, also for the same message."""
        tokens = set[int]()
        await scene.accept()
        for _ in range(5):
            claim = await scene.claim_one()
            tokens.add(claim.token)
            await scene.retry(claim)
        assert len(tokens) == 5

    async def test_workers_at_once_never_get_the_same_message(self, scene: Scene) -> None:
        """However many claim at the same moment."""
        for number in range(40):
            await scene.accept(f"person-{number % 8}", str(number))
        claimed: list[Claim] = []

        async def work() -> None:
            while claims := await scene.claim(limit=3):
                claimed.extend(claims)
                for claim in claims:
                    await scene.hand_over(claim)

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(work)
        await scene.everything_sent()
        counts = Counter(claim.message.message_id for claim in claimed)
        assert set(counts.values()) == {1}

    async def test_retry_waits_and_nobody_overtakes(self, scene: Scene) -> None:
        """The lane waits with its head, and the head goes first then."""
        await scene.accept(text="one")
        await scene.accept(text="two")
        await scene.retry(await scene.claim_one(), in_s=30)
        scene.clock.advance(29.999)
        assert await scene.claim() == []
        scene.clock.advance(0.001)
        again = await scene.claim_one()
        assert (again.message.text, again.attempt) == ("one", 2)
        await scene.hand_over(again)
        assert await scene.everything_sent() == ["two"]

    async def test_new_message_neither_hurries_nor_frees_a_lane(self, scene: Scene) -> None:
        """It waits behind the one that is being sent, and behind the one that is to be retried."""
        await scene.accept(text="one")
        claim = await scene.claim_one()
        await scene.accept(text="two")
        assert await scene.claim() == []
        await scene.retry(claim, in_s=30)
        await scene.accept(text="three")
        assert await scene.claim() == []
        scene.clock.advance(30)
        assert await scene.everything_sent() == ["one", "two", "three"]

    async def test_retry_without_a_time_is_due_at_once(self, scene: Scene) -> None:
        """Nothing else has to happen first."""
        await scene.accept()
        await scene.retry(await scene.claim_one())
        assert (await scene.claim_one()).attempt == 2

    @pytest.mark.parametrize("outcome", [_S.FAILED, _S.UNKNOWN, _S.EXPIRED])
    async def test_lane_goes_on_after_a_message_that_leaves_it(
        self, scene: Scene, outcome: DeliveryStatus
    ) -> None:
        """Failed, expired or in doubt: it is not handed over again, the next one is."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        await scene.complete(await scene.claim_one(), outcome)
        assert await scene.everything_sent() == ["two"]
        assert await scene.status(record) is outcome


@pytest.mark.anyio
class LeaseRules(EngineSetup):
    """Leases and expiry."""

    async def test_silent_worker_leaves_a_doubt_and_the_lane_goes_on(self, scene: Scene) -> None:
        """When its lease ends the message is `unknown`: it is never handed over by itself."""
        record = await scene.accept(text="one")
        await scene.accept(text="two")
        await scene.claim_one(lease_s=20)
        scene.clock.advance(19.999)
        assert await scene.claim() == []
        scene.clock.advance(0.001)
        assert (await scene.claim_one()).message.text == "two"
        now = await scene.now(record)
        assert now.status is _S.UNKNOWN
        assert now.error is not None
        assert now.error.code == "outcome_unknown"
        *_, doubt, gone_on = await scene.told(record)
        assert await scene.story(record) == ["queued", "sending", "unknown", "unknown"]
        assert doubt.data["error"]["code"] == "outcome_unknown"
        assert gone_on.data["lane"] == "went_on"
        (attempt,) = await scene.engine.attempts(record.message_id)
        assert (attempt.status, attempt.finished_at) == (_S.UNKNOWN, scene.clock())

    async def test_message_whose_time_is_over_expires_at_the_claim(self, scene: Scene) -> None:
        """It is told and not handed over; the next one of the lane is, by the same claim."""
        soon = scene.clock() + timedelta(seconds=10)
        record = await scene.accept(text="one", expires_at=soon)
        await scene.accept(text="two")
        scene.clock.advance(10)
        assert (await scene.claim_one()).message.text == "two"
        assert await scene.story(record) == ["queued", "expired"]
        assert (await scene.now(record)).attempts == 0

    async def test_message_is_handed_over_until_its_time_is_over(self, scene: Scene) -> None:
        """One moment before is early enough."""
        soon = scene.clock() + timedelta(seconds=10)
        await scene.accept(expires_at=soon)
        scene.clock.advance(9.999)
        assert await scene.everything_sent() == ["hello"]

    async def test_message_expires_while_it_waits_for_its_retry(self, scene: Scene) -> None:
        """Its lane is at rest then."""
        soon = scene.clock() + timedelta(seconds=10)
        record = await scene.accept(expires_at=soon)
        await scene.retry(await scene.claim_one(), in_s=30)
        scene.clock.advance(30)
        assert await scene.claim() == []
        assert await scene.status(record) is _S.EXPIRED
        await scene.accept(text="next")
        assert await scene.everything_sent() == ["next"]

    async def test_many_expired_messages_do_not_stop_a_lane(self, scene: Scene) -> None:
        """Claims may retire them in portions, but reach what can be sent."""
        soon = scene.clock() + timedelta(seconds=1)
        for _ in range(250):
            await scene.accept(expires_at=soon)
        await scene.accept(text="still good")
        scene.clock.advance(1)
        texts: list[str] = []
        for _ in range(10):
            texts += [claim.message.text for claim in await scene.claim()]
        assert texts == ["still good"]
