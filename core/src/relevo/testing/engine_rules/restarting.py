"""What outlives the process: every wait, limit, doubt and decision, closed and opened again."""

from __future__ import annotations

from typing import Any

import pytest

from relevo.engines.records import Evidence, ItemFault, ItemState, Resolution, Retention
from relevo.events import AccountUpdate, DeliveryStatus, EventType
from relevo.messages import UnknownPolicy
from relevo.terms import PairPace
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import SHOP, OpenEngine
from relevo.testing.engine_rules.stage import (
    THROTTLED,
    Stage,
    StageSetup,
    key_for,
)

_S = DeliveryStatus
_LEASE_S = 20.0


@pytest.mark.anyio
class RestartRules(StageSetup):
    """Opening again the store that `open_engine` opened before."""

    @pytest.mark.parametrize("policy", list(UnknownPolicy))
    async def test_attempt_cut_off_by_a_restart_follows_its_policy(
        self, open_engine: OpenEngine, clock: FakeClock, policy: UnknownPolicy
    ) -> None:
        """It may have left: held, reconciled, or sent again; in that order of caution."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            record = await stage.enter(text="doubtful", on_unknown=policy)
            await stage.enter(text="behind")
            began_at = clock()
            await stage.claim_one(lease_s=_LEASE_S)
        clock.advance(_LEASE_S)
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            claims = await stage.claim()
            assert (await stage.story(record))[2] == "unknown"
            doubt = (await engine.standing(record.message_id)).doubt
            if policy is UnknownPolicy.RESEND:
                assert [(claim.message.text, claim.attempt) for claim in claims] == [
                    ("doubtful", 2)
                ]
                return
            assert claims == []
            assert doubt is not None
            assert (doubt.policy, doubt.began_at) == (policy, began_at)
            assert (doubt.look_at is None) is (policy is UnknownPolicy.HOLD)
            clock.advance(stage.terms[SHOP].unknown_lane_wait_s)
            assert await stage.everything_sent() == ["behind"]

    async def test_completion_after_a_restart_is_kept(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """A worker that outlived the engine tells what it knows."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            record = await stage.enter()
            claim = await stage.claim_one()
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            await stage.hand_over(claim)
            assert await stage.status(record) is _S.ACCEPTED
            assert await stage.claim() == []

    async def test_doubts_outlive_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Due, put off and held ones; and what is known about the echoes."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            echoed = await stage.enter("zoe")
            await stage.hand_over(await stage.claim_one())
            clock.advance(3)
            await stage.echo(echoed, 1)
            heard_at = clock()
            due = await stage.in_doubt("ana", policy=UnknownPolicy.RECONCILE)
            later = await stage.in_doubt("bea", policy=UnknownPolicy.RECONCILE)
            await stage.settle(later, look_in_s=600)
            held = await stage.in_doubt("cid", policy=UnknownPolicy.RECONCILE)
            await stage.settle(held, why="provider_has_no_echo")
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            clock.advance(60)
            (doubt,) = await stage.looks()
            assert doubt.message.message_id == due.message_id
            assert doubt.evidence == Evidence(heard_at, 0, 3, 0)
            standing = await engine.standing(held.message_id)
            assert standing.doubt is not None
            assert standing.doubt.held_for == "provider_has_no_echo"
            clock.advance(540)
            assert len(await stage.looks()) == 2
            assert await stage.settle(later, Resolution.SENT)

    async def test_limits_outlive_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """What was sent before counts: the account's rate, and the pace to a person."""
        limits: dict[str, Any] = {"rate": 1, "burst": 2, "pair_pace": PairPace(burst=1, every_s=60)}
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            stage.limit(**limits)
            for person in ("ana", "ana", "bea", "cid"):
                await stage.enter(person, person)
            assert await stage.everything_sent() == ["ana", "bea"]
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            stage.limit(**limits)
            assert await stage.claim() == []
            clock.advance(1)
            assert await stage.everything_sent() == ["cid"]
            clock.advance(59)
            assert await stage.everything_sent() == ["ana"]

    async def test_what_stops_an_account_outlives_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Pause, block, configuration and how often a person was throttled."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            await engine.configured({SHOP: "a"})
            await stage.enter()
            claim = await stage.claim_one()
            more: dict[str, Any] = {"lane_throttled": True, "pauses": True, "block_s": 600}
            await stage.finish(claim, _S.QUEUED, error=THROTTLED, **more)
            state = await engine.account_states()
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            assert await engine.account_states() == state
            assert await stage.claim() == []
            await engine.configured({SHOP: "b"})
            assert (await stage.claim_one()).throttles == 1
            assert await stage.halts() == ["paused", "blocked", "resumed"]

    async def test_requests_and_times_outlive_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """A key is still known, a scheduled message still waits, a dead letter can be replayed."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            dead = await stage.dead_letter("bea", "dead")
            asked = await stage.ask(stage.to("ana"), key_for())
            await stage.enter("cid", "later", send_at=stage.at(60))
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            again = await stage.ask(stage.to("ana"), key_for())
            assert (again.created, again.record) == (False, asked.record)
            assert await stage.replay() == [dead.message_id]
            assert sorted(await stage.everything_sent()) == ["dead", "hello"]
            clock.advance(60)
            assert await stage.everything_sent() == ["later"]

    async def test_purged_log_outlives_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Head and floor stay, also where every event is gone; a new epoch stays too."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            for _ in range(3):
                await stage.hear(AccountUpdate("quality"))
            clock.advance(10)
            await engine.tidy(Retention(events_s=5))
            epoch = await engine.renew_epoch(shown=100)
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            assert (engine.epoch, await engine.head()) == (epoch, 3)
            (gap,) = await stage.log()
            assert (gap.type, gap.position, gap.id) == (EventType.GAP, 3, f"{epoch}.3")
            await stage.hear(AccountUpdate("quality"))
            assert [event.position for event in await stage.log()] == [3, 4]

    async def test_items_set_aside_outlive_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Items set aside, with their faults; webhooks that were in somebody's hands."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            fault = ItemFault("odd", "Odd.", "frames")
            await stage.webhook(stage.item(key="bad", fault=fault))
            shown = (await engine.quarantined()).items
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            assert (await engine.quarantined()).items == shown
            (webhook_id,) = await engine.reopen()
            (webhook,) = await engine.pending_webhooks(10)
            assert webhook.webhook_id == webhook_id
            good = stage.item(AccountUpdate("quality"), key="bad")
            assert await stage.apply(webhook_id, [good]) == [ItemState.APPLIED]

    async def test_time_between_two_processes_is_an_outage(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Nobody was there to hear an echo, before and after the first beat."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            await engine.beat(every_s=10)
            stage.change_terms(looks_up=True)
            await stage.in_doubt(policy=UnknownPolicy.RECONCILE)
        clock.advance(100)
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            assert (await stage.evidence()).outage_s == 100
            await engine.beat(every_s=10)
            clock.advance(10)
            await engine.beat(every_s=10)
            assert (await stage.evidence()).outage_s == 100


@pytest.mark.anyio
class TakeBackRules(StageSetup):
    """A store that one process opens at a time: whoever opens it knows that nobody else sends."""

    async def test_leases_end_with_their_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """The first claim finds the doubts; nobody waits for leases that cannot be kept."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            people = ("ana", "bea")
            records = [await stage.enter(person) for person in people]
            stage.change_terms(on_unknown=UnknownPolicy.RECONCILE)
            assert len(await stage.claim(lease_s=3600)) == 2
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            assert await stage.claim() == []
            for record in records:
                assert await stage.story(record) == ["queued", "sending", "unknown"]
                error = (await stage.now(record)).error
                assert error is not None
                assert "restarted" in error.message

    async def test_acceptance_told_after_the_restart_counts(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Before anybody claims, and after."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            records = [await stage.enter(person) for person in ("ana", "bea")]
            early, late = await stage.claim()
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            await stage.hand_over(early)
            assert await stage.claim() == []
            await stage.hand_over(late)
            for record in records:
                now = await stage.now(record)
                assert (now.status, now.handovers) == (_S.ACCEPTED, 1)
