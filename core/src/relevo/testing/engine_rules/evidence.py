"""What a look at a doubt is told about the account's webhooks, its echoes and our receiver."""

from __future__ import annotations

import pytest

from relevo.engines.records import Evidence, ItemFault, MessageRecord, Retention
from relevo.events import AccountUpdate
from relevo.messages import UnknownPolicy
from relevo.testing.engine_rules.scene import CLINIC, SHOP
from relevo.testing.engine_rules.stage import DAY_S, Stage, StageSetup
from relevo.webhooks import WebhookRequest

_FAULT = ItemFault("parser_failed", "The parser raised KeyError.")
_EVERY_S = 10


async def _due(stage: Stage) -> MessageRecord:
    """Bring a message in doubt that can be looked at any time from now on."""
    stage.change_terms(looks_up=True)
    return await stage.in_doubt(policy=UnknownPolicy.RECONCILE)


async def _beat(stage: Stage, seconds: float) -> None:
    """Let the receiver show itself for so long, at its own pace."""
    for _ in range(int(seconds // _EVERY_S)):
        stage.clock.advance(_EVERY_S)
        await stage.engine.beat(every_s=_EVERY_S)


@pytest.mark.anyio
class EvidenceRules(StageSetup):
    """Webhooks and echoes."""

    async def test_nothing_is_known_of_an_account_that_was_silent(self, stage: Stage) -> None:
        """Nobody may take that for a proof."""
        await _due(stage)
        assert await stage.evidence() == Evidence()

    async def test_read_until_is_the_accounts_own(self, stage: Stage) -> None:
        """Whatever was in it, and when it came, not when it was read."""
        await _due(stage)
        await stage.hear(AccountUpdate("quality"))
        came_at = stage.clock()
        stage.clock.advance(5)
        await stage.hear(AccountUpdate("quality"), account=CLINIC)
        assert (await stage.evidence()).read_until == came_at
        request = WebhookRequest("POST", "/", b"{}")
        webhook_id = await stage.engine.keep_webhook(SHOP, request)
        came_at = stage.clock()
        stage.clock.advance(5)
        await stage.apply(webhook_id, [])
        assert (await stage.evidence()).read_until == came_at

    async def test_read_until_ends_before_the_first_unread_webhook(self, stage: Stage) -> None:
        """What came later may be read already; what came before it is not known."""
        await _due(stage)
        request = WebhookRequest("POST", "/", b"{}")
        ids, came_at = [], []
        for _ in range(3):
            stage.clock.advance(1)
            ids.append(await stage.engine.keep_webhook(SHOP, request))
            came_at.append(stage.clock())
        assert (await stage.evidence()).read_until is None
        await stage.apply(ids[2], [])
        await stage.apply(ids[0], [])
        assert (await stage.evidence()).read_until == came_at[0]
        await stage.apply(ids[1], [stage.item(key="bad", fault=_FAULT)])
        assert (await stage.evidence()).read_until == came_at[0]
        stage.clock.advance(1)
        await stage.webhook(stage.item(AccountUpdate("quality"), key="bad"))
        assert (await stage.evidence()).read_until == stage.clock()

    async def test_webhooks_nobody_read_are_counted(self, stage: Stage) -> None:
        """An echo may be among them, also while somebody has them in hand."""
        await _due(stage)
        request = WebhookRequest("POST", "/", b"{}")
        ids = [await stage.engine.keep_webhook(SHOP, request) for _ in range(3)]
        await stage.engine.keep_webhook(CLINIC, request)
        assert len(await stage.engine.pending_webhooks(2)) == 2
        assert (await stage.evidence()).unread_webhooks == 3
        await stage.apply(ids[0], [])
        assert (await stage.evidence()).unread_webhooks == 2

    async def test_items_set_aside_since_the_attempt_are_unread(self, stage: Stage) -> None:
        """Those from before cannot speak of it; those that were mended are read."""
        await stage.webhook(stage.item(key="old", fault=_FAULT))
        stage.clock.advance(1)
        await _due(stage)
        assert (await stage.evidence()).unread_webhooks == 0
        stage.clock.advance(1)
        await stage.webhook(stage.item(key="new", fault=_FAULT))
        await stage.webhook(stage.item(key="else", fault=_FAULT), account=CLINIC)
        assert (await stage.evidence()).unread_webhooks == 1
        await stage.webhook(stage.item(AccountUpdate("quality"), key="new"))
        assert (await stage.evidence()).unread_webhooks == 0

    async def test_slowest_echo_is_remembered(self, stage: Stage) -> None:
        """From the attempt's start to its first echo; a quicker one changes nothing."""
        for person, took_s in (("bea", 3), ("cid", 7), ("dan", 5)):
            record = await stage.enter(person)
            claim = await stage.claim_one()
            await stage.hand_over(claim)
            stage.clock.advance(took_s)
            await stage.echo(record, 1)
        stage.clock.advance(100)
        await stage.echo(record, 1)
        await _due(stage)
        assert (await stage.evidence()).slowest_echo_s == 7

    async def test_how_slow_echoes_come_is_measured_afresh(self, stage: Stage) -> None:
        """One bad day is not held against an account for ever."""
        for person, took_s in (("bea", 300), ("cid", 2)):
            record = await stage.enter(person)
            await stage.hand_over(await stage.claim_one())
            stage.clock.advance(took_s)
            await stage.echo(record, 1)
            stage.clock.advance(8 * DAY_S)
        await _due(stage)
        assert (await stage.evidence()).slowest_echo_s == 2

    async def test_status_without_our_id_is_no_echo(self, stage: Stage) -> None:
        """It says nothing about how well echoes come."""
        await stage.enter("bea")
        provider_id = await stage.hand_over(await stage.claim_one())
        await stage.hear_status(provider_id, None)
        await _due(stage)
        assert (await stage.evidence()).slowest_echo_s is None


@pytest.mark.anyio
class OutageRules(StageSetup):
    """Times in which no receiver of ours was up."""

    async def test_receiver_that_shows_itself_is_up(self, stage: Stage) -> None:
        """A beat may be late, up to twice its time."""
        await stage.engine.beat(every_s=_EVERY_S)
        await _due(stage)
        await _beat(stage, 60)
        stage.clock.advance(2 * _EVERY_S)
        assert (await stage.evidence()).outage_s == 0
        await stage.engine.beat(every_s=_EVERY_S)
        assert (await stage.evidence()).outage_s == 0

    async def test_silence_between_beats_is_an_outage(self, stage: Stage) -> None:
        """From the last beat to the next; several add up."""
        await stage.engine.beat(every_s=_EVERY_S)
        await _due(stage)
        for silent_s in (25, 100):
            stage.clock.advance(silent_s)
            await stage.engine.beat(every_s=_EVERY_S)
            await _beat(stage, 30)
        assert (await stage.evidence()).outage_s == 125

    async def test_outage_that_goes_on_counts_too(self, stage: Stage) -> None:
        """Nobody has said yet that it is over."""
        await stage.engine.beat(every_s=_EVERY_S)
        await _due(stage)
        stage.clock.advance(50)
        assert (await stage.evidence()).outage_s == 50
        stage.clock.advance(50)
        await stage.engine.beat(every_s=_EVERY_S)
        assert (await stage.evidence()).outage_s == 100

    async def test_only_what_lies_after_the_attempt_counts(self, stage: Stage) -> None:
        """Before it no echo can have been missed."""
        await stage.engine.beat(every_s=_EVERY_S)
        stage.clock.advance(100)
        await stage.engine.beat(every_s=_EVERY_S)
        stage.clock.advance(40)
        await _due(stage)
        stage.clock.advance(20)
        await stage.engine.beat(every_s=_EVERY_S)
        assert (await stage.evidence()).outage_s == 20

    async def test_old_outages_are_forgotten(self, stage: Stage) -> None:
        """After a week; those since are not."""
        await stage.engine.beat(every_s=_EVERY_S)
        await _due(stage)
        for silent_s in (100, 6 * DAY_S, 200):
            stage.clock.advance(silent_s)
            await stage.engine.beat(every_s=_EVERY_S)
        await stage.engine.tidy(Retention())
        assert (await stage.evidence()).outage_s == 6 * DAY_S + 300
        stage.clock.advance(DAY_S)
        await stage.engine.beat(every_s=_EVERY_S)
        await stage.engine.tidy(Retention())
        assert (await stage.evidence()).outage_s == 7 * DAY_S + 200
