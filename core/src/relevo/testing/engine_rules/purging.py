"""What is kept and for how long, and that a reader is told what it missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from relevo.contents import OtherContent
from relevo.engines.records import (
    EventQuery,
    ItemFault,
    ItemState,
    MessageQuery,
    Resolution,
    Retention,
)
from relevo.errors import UnknownWebhook
from relevo.events import AccountUpdate, DeliveryStatus, EventType
from relevo.terms import PairPace
from relevo.testing.engine_rules.scene import CLINIC, REFUSED, SHOP
from relevo.testing.engine_rules.stage import (
    DAY_S,
    HOUR_S,
    LOCKED_OUT,
    Stage,
    StageSetup,
    key_for,
)
from relevo.webhooks import WebhookRequest

_S = DeliveryStatus
_PURGED = OtherContent(kind="purged")
_FAULT = ItemFault("parser_failed", "The parser raised KeyError.")
_NOTHING = Retention()


async def _tell(stage: Stage, times: int) -> None:
    for number in range(times):
        await stage.hear(AccountUpdate(f"news-{number}"))


async def _positions(stage: Stage, after: int = 0, limit: int = 500) -> list[int]:
    return [event.position for event in await stage.engine.events(after, limit=limit)]


@pytest.mark.anyio
class GapRules(StageSetup):
    """A reader misses nothing without being told."""

    async def test_purged_events_are_told_as_a_gap(self, stage: Stage) -> None:
        """It stands at the last position that is gone, and says from where to where."""
        await _tell(stage, 3)
        stage.clock.advance(10)
        await _tell(stage, 2)
        purged = await stage.engine.tidy(Retention(events_s=5))
        assert purged.events == 3
        gap, *rest = await stage.engine.events(0)
        assert (gap.type, gap.position, gap.subject) == (EventType.GAP, 3, None)
        assert (gap.id, gap.source) == (f"{stage.engine.epoch}.3", "/relevo")
        assert (gap.data["from"], gap.data["to"], gap.data["reason"]) == (1, 3, "purged")
        assert [event.position for event in rest] == [4, 5]
        assert await stage.engine.head() == 5
        assert (await stage.engine.pulse()).floor == 3

    async def test_reader_in_the_middle_is_told_what_it_missed(self, stage: Stage) -> None:
        """A reader that saw the last one that is gone missed nothing."""
        await _tell(stage, 3)
        stage.clock.advance(10)
        await _tell(stage, 1)
        await stage.engine.tidy(Retention(events_s=5))
        gap, last = await stage.engine.events(2)
        assert (gap.data["from"], gap.data["to"], last.position) == (3, 3, 4)
        for after in (3, 4, 5):
            assert await _positions(stage, after) == [4][after - 3 :]

    async def test_gap_is_told_whatever_is_asked_for(self, stage: Stage) -> None:
        """What is gone may have been meant by any filter; it counts as one event."""
        record = await stage.enter()
        await _tell(stage, 2)
        stage.clock.advance(10)
        await _tell(stage, 1)
        await stage.engine.tidy(Retention(events_s=5))
        for query in (
            EventQuery(types=frozenset({EventType.INBOUND})),
            EventQuery(accounts=frozenset({CLINIC})),
            EventQuery(message_ids=frozenset({record.message_id})),
            EventQuery(conversation_ids=frozenset({record.conversation_id})),
        ):
            (gap,) = await stage.engine.events(0, query=query)
            assert gap.type is EventType.GAP
        (gap,) = await stage.engine.events(0, limit=1)
        assert gap.type is EventType.GAP
        assert await _positions(stage, gap.position, limit=1) == [4]

    async def test_log_goes_on_after_everything_was_purged(self, stage: Stage) -> None:
        """No position comes twice."""
        await _tell(stage, 3)
        stage.clock.advance(10)
        await stage.engine.tidy(Retention(events_s=5))
        assert await stage.engine.head() == 3
        assert await _positions(stage) == [3]
        assert await stage.engine.wait_for_events(0, 60) == 3
        await _tell(stage, 1)
        assert await _positions(stage) == [3, 4]

    async def test_gap_grows(self, stage: Stage) -> None:
        """One round takes no more than it may, oldest first, and says that there is more."""
        await _tell(stage, 5)
        stage.clock.advance(10)
        first = await stage.engine.tidy(Retention(events_s=5), limit=2)
        assert (first.events, first.more) == (2, True)
        assert await _positions(stage) == [2, 3, 4, 5]
        second = await stage.engine.tidy(Retention(events_s=5), limit=10)
        assert (second.events, second.more) == (3, False)
        gap = (await stage.engine.events(0))[0]
        assert (gap.data["from"], gap.data["to"]) == (1, 5)

    async def test_log_without_a_retention_is_kept(self, stage: Stage) -> None:
        """For ever."""
        await _tell(stage, 2)
        stage.clock.advance(1_000 * DAY_S)
        assert (await stage.engine.tidy(_NOTHING)).events == 0
        assert await _positions(stage) == [1, 2]


@pytest.mark.anyio
class EpochRules(StageSetup):
    """A store that was put back to an earlier day."""

    async def test_reader_ahead_of_the_head_begins_a_new_epoch(self, stage: Stage) -> None:
        """Positions mean other events now: all ids carry it."""
        await _tell(stage, 2)
        before = stage.engine.epoch
        renewed = await stage.engine.renew_epoch(shown=3)
        assert renewed == stage.engine.epoch != before
        assert "." not in renewed
        assert (await stage.engine.pulse()).epoch == renewed
        await _tell(stage, 1)
        ids = [event.id for event in await stage.log()]
        assert ids == [f"{renewed}.{position}" for position in (1, 2, 3)]

    async def test_reader_at_the_head_or_behind_changes_nothing(self, stage: Stage) -> None:
        """The log is the one it knows."""
        await _tell(stage, 2)
        before = stage.engine.epoch
        for shown in (0, 1, 2):
            assert await stage.engine.renew_epoch(shown=shown) == before
        assert stage.engine.epoch == before


@pytest.mark.anyio
class TidyRules(StageSetup):
    """Each kind by its own age."""

    async def test_nothing_is_purged_before_its_time(self, stage: Stage) -> None:
        """And what has no time at all is kept."""
        record = await stage.enter("ana")
        await stage.ask(stage.to("bea"), key_for())
        for claim in await stage.claim():
            await stage.hand_over(claim)
        await stage.hear_status("v-nobody", _S.SENT)
        before, log = await stage.now(record), await stage.log()
        stage.clock.advance(DAY_S - 1)
        limits = Retention(events_s=DAY_S, webhooks_s=DAY_S, contents_s=DAY_S)
        purged = await stage.engine.tidy(limits)
        assert (purged.events, purged.webhooks, purged.contents) == (0, 0, 0)
        assert (purged.keys, purged.shelved, purged.expired, purged.more) == (0, 0, 0, False)
        assert await stage.now(record) == before
        assert await stage.log() == log

    async def test_contents_of_closed_messages_are_purged(self, stage: Stage) -> None:
        """What was said and what the provider answered; the rest of the record stays."""
        record = await stage.enter(extra={"biz": "secret"})
        await stage.finish(
            await stage.claim_one(), _S.FAILED, error=REFUSED, detail={"answer": "secret"}
        )
        await stage.hear_from("ana", "hi")
        before = await stage.now(record)
        stage.clock.advance(10)
        assert (await stage.engine.tidy(Retention(contents_s=5))).contents == 2
        now = await stage.now(record)
        assert (now.content, now.raw) == (_PURGED, None)
        assert (now.status, now.error, now.closed_at) == (
            before.status,
            before.error,
            before.closed_at,
        )
        (attempt,) = await stage.engine.attempts(record.message_id)
        assert (attempt.detail, attempt.error) == ({}, REFUSED)
        for one in (await stage.engine.messages(MessageQuery())).items:
            assert (one.content, one.raw) == (_PURGED, None)
        assert (await stage.engine.tidy(Retention(contents_s=5))).contents == 0

    async def test_contents_of_open_messages_are_kept(self, stage: Stage) -> None:
        """They are still to be sent; age counts from when they are closed."""
        waiting = await stage.enter("ana", "waiting")
        later = await stage.enter("bea", "later", send_at=stage.at(3 * DAY_S))
        stage.clock.advance(DAY_S)
        assert (await stage.engine.tidy(Retention(contents_s=5))).contents == 0
        assert await stage.everything_sent() == ["waiting"]
        assert (await stage.engine.tidy(Retention(contents_s=5))).contents == 0
        stage.clock.advance(6)
        assert (await stage.engine.tidy(Retention(contents_s=5))).contents == 1
        assert (await stage.now(waiting)).content == _PURGED
        assert (await stage.now(later)).content == later.content

    async def test_news_of_a_purged_message_still_reaches_it(self, stage: Stage) -> None:
        """Its words are gone, its story goes on."""
        record = await stage.enter()
        provider_id = await stage.hand_over(await stage.claim_one())
        stage.clock.advance(10)
        await stage.engine.tidy(Retention(contents_s=5))
        await stage.hear_status(provider_id, _S.READ)
        now = await stage.now(record)
        assert (now.status, now.content) == (_S.READ, _PURGED)

    async def test_applied_webhooks_are_purged(self, stage: Stage) -> None:
        """Those that wait, and those with items set aside, stay."""
        request = WebhookRequest("POST", "/", b"{}")
        applied, aside, mixed, waiting = [
            await stage.engine.keep_webhook(SHOP, request) for _ in range(4)
        ]
        bad = stage.item(key="bad", fault=_FAULT)
        also_bad = stage.item(key="also bad", fault=_FAULT)
        news = AccountUpdate("quality")
        await stage.apply(applied, [stage.item(news)])
        await stage.apply(aside, [bad])
        await stage.apply(mixed, [stage.item(news), also_bad])
        stage.clock.advance(10)
        assert (await stage.engine.tidy(Retention(webhooks_s=5))).webhooks == 1
        with pytest.raises(UnknownWebhook, match=str(applied)):
            await stage.engine.webhook(applied)
        for webhook_id in (aside, mixed, waiting):
            assert (await stage.engine.webhook(webhook_id)).webhook_id == webhook_id
        assert len((await stage.engine.quarantined()).items) == 2
        assert sorted(await stage.engine.reopen()) == [aside, mixed]

    async def test_repeated_items_are_known_for_eight_days(self, stage: Stage) -> None:
        """A provider may repeat them for a week, however short webhooks are kept."""
        item = stage.item(AccountUpdate("quality"))
        await stage.webhook(item)
        stage.clock.advance(8 * DAY_S - 1)
        await stage.engine.tidy(Retention(webhooks_s=5))
        assert await stage.webhook(item) == [ItemState.DUPLICATE]
        stage.clock.advance(2)
        await stage.engine.tidy(_NOTHING)
        assert await stage.webhook(item) == [ItemState.DUPLICATE]
        await stage.engine.tidy(Retention(webhooks_s=5))
        assert await stage.webhook(item) == [ItemState.APPLIED]

    async def test_idempotency_keys_are_purged_a_day_after_closing(self, stage: Stage) -> None:
        """Not while their message is open."""
        await stage.ask(stage.to("ana"), key_for("closed"))
        await stage.hand_over(await stage.claim_one())
        await stage.ask(stage.to("bea"), key_for("open"))
        stage.clock.advance(DAY_S + 1)
        assert (await stage.engine.tidy(_NOTHING)).keys == 1
        assert (await stage.engine.tidy(_NOTHING)).keys == 0
        assert not (await stage.ask(stage.to("bea"), key_for("open"))).created
        assert (await stage.ask(stage.to("ana"), key_for("closed"))).created

    async def test_lanes_at_rest_are_purged(self, stage: Stage) -> None:
        """Nobody waits in them, nobody holds them, and their pace is over."""
        stage.limit(pair_pace=PairPace(burst=1, every_s=60))
        done = await stage.enter("ana")
        await stage.hand_over(await stage.claim_one())
        assert (await stage.engine.tidy(_NOTHING)).lanes == 0
        await stage.enter("bea")
        held = await stage.claim_one()
        await stage.enter("cid", send_at=stage.at(DAY_S))
        stage.clock.advance(61)
        assert (await stage.engine.tidy(_NOTHING)).lanes == 1
        assert (await stage.engine.standing(done.message_id)).lane is None
        await stage.hand_over(held)
        await stage.enter("ana", "again")
        assert await stage.everything_sent() == ["again"]

    async def test_lane_of_a_doubt_may_be_purged(self, stage: Stage) -> None:
        """Once it went on; the message still finds its way back."""
        record = await stage.in_doubt(text="doubtful")
        stage.clock.advance(DAY_S)
        assert (await stage.engine.tidy(_NOTHING)).lanes == 0
        assert await stage.claim() == []
        assert (await stage.engine.tidy(_NOTHING)).lanes == 1
        await stage.engine.resolve(record.message_id, Resolution.RESEND)
        assert await stage.everything_sent() == ["doubtful"]

    async def test_status_nobody_claimed_becomes_an_event_without_a_message(
        self, stage: Stage
    ) -> None:
        """After a day on the shelf, once; its message no longer finds it."""
        await stage.enter()
        claim = await stage.claim_one()
        await stage.hear_status("v-1", _S.FAILED, error=REFUSED)
        await stage.hear_status("v-1", None)
        stage.clock.advance(DAY_S - 1)
        assert (await stage.engine.tidy(_NOTHING)).shelved == 0
        stage.clock.advance(2)
        assert (await stage.engine.tidy(_NOTHING)).shelved == 2
        assert (await stage.engine.tidy(_NOTHING)).shelved == 0
        failed, odd = await stage.log(EventQuery(types=frozenset({EventType.STATUS})))
        assert (failed.subject, failed.source) == (None, f"/relevo/accounts/{SHOP}")
        assert (failed.data["status"], failed.data["provider_message_id"]) == ("failed", "v-1")
        assert failed.data["error"]["code"] == REFUSED.code
        assert "message_id" not in failed.data
        assert odd.data["status"] is None
        await stage.hand_over(claim, "v-1")
        assert await stage.status(await stage.now_of(claim)) is _S.ACCEPTED

    async def test_messages_expire_where_no_claim_looks(self, stage: Stage) -> None:
        """In a paused account, behind a head that waits; never while it is sent or in doubt."""
        await stage.engine.pause(CLINIC, LOCKED_OUT)
        over: dict[str, Any] = {"expires_at": stage.at(HOUR_S)}
        paused = await stage.enter("ana", account=CLINIC, **over)
        await stage.enter("bea", "head")
        await stage.retry(await stage.claim_one(), in_s=2 * HOUR_S)
        behind = await stage.enter("bea", "behind", **over)
        later = await stage.enter("bea", "later", expires_at=stage.at(HOUR_S + 1))
        sending = await stage.enter("cid", **over)
        await stage.claim_one(lease_s=2 * HOUR_S)
        stage.clock.advance(HOUR_S)
        assert (await stage.engine.tidy(_NOTHING)).expired == 2
        for record in (paused, behind):
            assert await stage.story(record) == ["queued", "expired"]
        assert await stage.status(later) is _S.QUEUED
        assert await stage.status(sending) is _S.SENDING
        stage.clock.advance(HOUR_S)
        assert await stage.everything_sent() == ["head"]

    async def test_one_round_takes_no_more_than_it_may(self, stage: Stage) -> None:
        """Of each kind; it says that another has work."""
        kinds: Sequence[str] = ("keys", "contents", "webhooks", "lanes")
        for number in range(3):
            await stage.ask(stage.to(f"person-{number}"), key_for(str(number)))
            await stage.hear(AccountUpdate("quality"))
        await stage.everything_sent()
        stage.clock.advance(DAY_S + 1)
        keep = Retention(webhooks_s=5, contents_s=5)
        first = await stage.engine.tidy(keep, limit=2)
        assert [getattr(first, kind) for kind in kinds] == [2, 2, 2, 2]
        assert first.more
        second = await stage.engine.tidy(keep, limit=2)
        assert [getattr(second, kind) for kind in kinds] == [1, 1, 1, 1]
        assert not second.more
