"""What stops a whole account promises, and what lets it go on."""

from __future__ import annotations

import anyio
import pytest

from relevo.engines.port import CancelOutcome
from relevo.events import DeliveryStatus
from relevo.testing.engine_rules.scene import CLINIC, SHOP, SOON_S
from relevo.testing.engine_rules.stage import LOCKED_OUT, THROTTLED, Stage, StageSetup

_S = DeliveryStatus


@pytest.mark.anyio
class BlockRules(StageSetup):
    """The provider wants fewer requests of the whole account."""

    async def test_blocked_account_is_left_alone_until_then(self, stage: Stage) -> None:
        """Nothing of it is claimed, whoever it is for; other accounts go on."""
        for person in ("ana", "bea"):
            await stage.enter(person, person)
        first, _ = await stage.claim()
        await stage.throttle(first, 30)
        await stage.enter("cid", "cid")
        await stage.enter("ana", "elsewhere", account=CLINIC)
        assert await stage.claim_texts() == ["elsewhere"]
        stage.clock.advance(29.999)
        assert await stage.claim() == []
        stage.clock.advance(0.001)
        assert sorted(await stage.claim_texts()) == ["ana", "cid"]

    async def test_attempts_under_way_are_completed_while_blocked(self, stage: Stage) -> None:
        """What was handed over was."""
        for person in ("ana", "bea"):
            await stage.enter(person)
        first, second = await stage.claim()
        await stage.throttle(first, 30)
        await stage.hand_over(second)
        assert await stage.status(await stage.now_of(second)) is _S.ACCEPTED

    async def test_block_is_told_once_and_grows_only(self, stage: Stage) -> None:
        """A longer one is longer; a shorter one changes nothing; a new one is told again."""
        for person in ("ana", "bea", "cid"):
            await stage.enter(person)
        claims = await stage.claim()
        for claim, in_s in zip(claims, (30, 60, 10), strict=True):
            await stage.throttle(claim, in_s)
        (told,) = await stage.news_of()
        assert (told.data["kind"], told.data["why"]) == ("blocked", THROTTLED.code)
        assert told.data["until"] == stage.at(30).isoformat()
        assert (told.subject, told.source) == (None, f"/relevo/accounts/{SHOP}")
        state = (await stage.engine.account_states())[SHOP]
        assert state.blocked_until == stage.at(60)
        stage.clock.advance(60)
        await stage.throttle((await stage.claim())[0], 5)
        assert await stage.halts() == ["blocked", "blocked"]

    async def test_given_up_message_can_block_its_account_too(self, stage: Stage) -> None:
        """That the provider wants fewer requests holds all the same."""
        await stage.enter("ana")
        await stage.finish(await stage.claim_one(), _S.FAILED, error=THROTTLED, block_s=30)
        await stage.enter("bea")
        assert await stage.claim() == []

    async def test_resume_lifts_a_block(self, stage: Stage) -> None:
        """By hand, before its time; once."""
        await stage.enter()
        await stage.throttle(await stage.claim_one(), 30)
        await stage.enter("bea", "bea")
        assert await stage.engine.resume(SHOP, why="by_hand")
        assert await stage.claim_texts() == ["bea"]
        assert not await stage.engine.resume(SHOP, why="by_hand")
        assert await stage.halts() == ["blocked", "resumed"]

    async def test_block_that_is_over_needs_no_resume(self, stage: Stage) -> None:
        """Nothing kept the account any more."""
        await stage.enter()
        await stage.throttle(await stage.claim_one(), 30)
        stage.clock.advance(30)
        assert not await stage.engine.resume(SHOP, why="by_hand")
        assert await stage.halts() == ["blocked"]

    async def test_worker_waits_until_the_block_is_over(self, stage: Stage) -> None:
        """Not for lanes that are due behind it."""
        for person in ("ana", "bea"):
            await stage.enter(person)
        await stage.throttle((await stage.claim(limit=1))[0], 30)
        with anyio.move_on_after(0.05) as waiting:
            await stage.engine.wait_for_work(60, stage.terms)
        assert waiting.cancelled_caught
        stage.clock.advance(30)
        with anyio.fail_after(SOON_S):
            await stage.engine.wait_for_work(60, stage.terms)


@pytest.mark.anyio
class PauseRules(StageSetup):
    """The provider refuses the account."""

    async def test_refused_account_is_paused_until_it_is_resumed(self, stage: Stage) -> None:
        """Its messages wait, however long; nothing is lost, and order holds."""
        for text in ("one", "two"):
            await stage.enter("ana", text)
        await stage.enter("bea", "three")
        first, _ = await stage.claim()
        await stage.lock_out(first)
        await stage.enter("ana", "elsewhere", account=CLINIC)
        assert await stage.claim_texts() == ["elsewhere"]
        stage.clock.advance(30 * 24 * 3600)
        assert await stage.claim() == []
        assert await stage.engine.resume(SHOP, why="by_hand")
        texts = await stage.everything_sent()
        assert texts[:1] + [text for text in texts if text == "two"] == ["one", "two"]

    async def test_pause_says_why(self, stage: Stage) -> None:
        """In the account's state and in one event, however many attempts were refused."""
        for person in ("ana", "bea"):
            await stage.enter(person)
        for claim in await stage.claim():
            await stage.lock_out(claim)
        state = (await stage.engine.account_states())[SHOP]
        assert (state.paused_at, state.pause_error) == (stage.clock(), LOCKED_OUT)
        (told,) = await stage.news_of()
        assert (told.data["kind"], told.data["why"]) == ("paused", LOCKED_OUT.code)
        assert told.data["error"]["message"] == LOCKED_OUT.message

    async def test_account_is_paused_by_hand(self, stage: Stage) -> None:
        """Again is the same pause; resuming is told with its reason, and once."""
        await stage.enter()
        await stage.engine.pause(SHOP, LOCKED_OUT)
        stage.clock.advance(1)
        await stage.engine.pause(SHOP, THROTTLED)
        state = (await stage.engine.account_states())[SHOP]
        assert (state.paused_at, state.pause_error) == (stage.at(-1), LOCKED_OUT)
        assert await stage.claim() == []
        assert await stage.engine.resume(SHOP, why="healthy_again")
        assert not await stage.engine.resume(SHOP, why="healthy_again")
        state = (await stage.engine.account_states())[SHOP]
        assert (state.paused_at, state.pause_error) == (None, None)
        assert await stage.halts() == ["paused", "resumed"]
        assert (await stage.news_of())[-1].data["why"] == "healthy_again"

    async def test_account_nobody_stopped_has_nothing_to_resume(self, stage: Stage) -> None:
        """Nothing is told."""
        assert not await stage.engine.resume(SHOP, why="by_hand")
        assert await stage.log() == []

    async def test_paused_account_takes_messages_and_cancels_them(self, stage: Stage) -> None:
        """Only handing over stops."""
        await stage.engine.pause(SHOP, LOCKED_OUT)
        record = await stage.enter()
        assert record.status is _S.QUEUED
        assert await stage.engine.cancel(record.message_id) is CancelOutcome.CANCELLED

    async def test_worker_wakes_when_the_account_is_resumed(self, stage: Stage) -> None:
        """Until then it waits, however much is due."""
        await stage.enter()
        await stage.engine.pause(SHOP, LOCKED_OUT)
        woken = anyio.Event()

        async def wait() -> None:
            await stage.engine.wait_for_work(60, stage.terms)
            woken.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            with anyio.move_on_after(0.05):
                await woken.wait()
            assert not woken.is_set()
            await stage.engine.resume(SHOP, why="by_hand")
            with anyio.fail_after(SOON_S):
                await woken.wait()


@pytest.mark.anyio
class ConfiguredRules(StageSetup):
    """An account that was mended in the settings goes on by itself."""

    async def test_changed_configuration_resumes_a_paused_account(self, stage: Stage) -> None:
        """Said once, with its reason."""
        await stage.engine.configured({SHOP: "a", CLINIC: "b"})
        await stage.enter()
        await stage.lock_out(await stage.claim_one())
        await stage.engine.configured({SHOP: "c", CLINIC: "b"})
        assert await stage.halts() == ["paused", "resumed"]
        assert (await stage.news_of())[-1].data["why"] == "configuration_changed"
        assert len(await stage.claim()) == 1

    async def test_same_configuration_changes_nothing(self, stage: Stage) -> None:
        """A restart alone does not mend an account."""
        await stage.engine.configured({SHOP: "a"})
        await stage.engine.pause(SHOP, LOCKED_OUT)
        for _ in range(2):
            await stage.engine.configured({SHOP: "a"})
        assert await stage.halts() == ["paused"]
        await stage.enter()
        assert await stage.claim() == []

    async def test_configuration_seen_for_the_first_time_is_no_change(self, stage: Stage) -> None:
        """Nobody knows what it was when the account was paused."""
        await stage.engine.pause(SHOP, LOCKED_OUT)
        await stage.engine.configured({SHOP: "a"})
        assert await stage.halts() == ["paused"]
        await stage.engine.configured({SHOP: "b"})
        assert await stage.halts() == ["paused", "resumed"]

    async def test_change_of_an_account_that_runs_tells_nothing(self, stage: Stage) -> None:
        """It is noted for later."""
        await stage.engine.configured({SHOP: "a"})
        await stage.engine.configured({SHOP: "b"})
        assert await stage.log() == []
        assert (await stage.engine.account_states())[SHOP].fingerprint == "b"
        await stage.engine.pause(SHOP, LOCKED_OUT)
        await stage.engine.configured({SHOP: "b"})
        assert await stage.halts() == ["paused"]
