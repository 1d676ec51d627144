"""What an engine promises about items that a person gave up."""

from __future__ import annotations

from functools import partial

import anyio
import pytest

from relevo.engines.records import (
    DiscardedItem,
    EventQuery,
    ItemFault,
    ItemState,
    Retention,
    WebhookState,
)
from relevo.errors import UnknownWebhook
from relevo.events import AccountUpdate, DeliveryStatus, EventType, StatusUpdate
from relevo.messages import UnknownPolicy
from relevo.testing.engine_rules.scene import CLINIC, PROVIDER, SHOP
from relevo.testing.engine_rules.stage import DAY_S, Stage, StageSetup
from relevo.webhooks import WebhookRequest

_APPLIED, _DUPLICATE, _QUARANTINED, _DISCARDED = (
    ItemState.APPLIED,
    ItemState.DUPLICATE,
    ItemState.QUARANTINED,
    ItemState.DISCARDED,
)
_FAULT = ItemFault("parser_failed", "The parser raised KeyError.", "KeyError\n  frames")
_NEWS = AccountUpdate("quality")


async def _set_aside(stage: Stage, *keys: str, account: str = SHOP) -> int:
    """Keep a webhook of which all items are set aside."""
    request = WebhookRequest("POST", f"/webhooks/{account}", b"{}")
    webhook_id = await stage.engine.keep_webhook(account, request)
    await stage.apply(webhook_id, [stage.item(key=key, fault=_FAULT) for key in keys])
    return webhook_id


async def _keys_set_aside(stage: Stage) -> set[str]:
    return {item.key for item in (await stage.engine.quarantined()).items}


async def _webhook_events(stage: Stage) -> list[tuple[str, str]]:
    told = await stage.log(EventQuery(types=frozenset({EventType.WEBHOOK})))
    return [(event.data["key"], event.data["state"]) for event in told]


@pytest.mark.anyio
class DiscardRules(StageSetup):
    """Items that were set aside and can never be applied."""

    async def test_discarded_item_is_set_aside_no_more(self, stage: Stage) -> None:
        """Neither listed nor counted; its raw webhook stays, done with once nothing else is."""
        webhook_id = await _set_aside(stage, "a", "b")
        assert await stage.engine.discard(webhook_ids=[webhook_id], key="a") == [
            DiscardedItem(SHOP, "a", webhook_id, _FAULT)
        ]
        assert await _keys_set_aside(stage) == {"b"}
        assert (await stage.engine.webhook(webhook_id)).state is WebhookState.QUARANTINED
        await stage.engine.discard(webhook_ids=[webhook_id])
        assert await _keys_set_aside(stage) == set()
        assert (await stage.engine.pulse()).quarantined == 0
        kept = await stage.engine.webhook(webhook_id)
        assert (kept.body, kept.state) == (b"{}", WebhookState.DONE)
        assert await stage.engine.discard() == []

    async def test_discarded_item_is_told_once_with_why_it_was_set_aside(
        self, stage: Stage
    ) -> None:
        """Without what it says."""
        webhook_id = await _set_aside(stage, "a")
        stage.clock.advance(5)
        for _ in range(2):
            await stage.engine.discard(webhook_ids=[webhook_id], providers={SHOP: PROVIDER})
        assert await _webhook_events(stage) == [("a", "quarantined"), ("a", "discarded")]
        told = (await stage.log())[-1]
        assert (told.time, told.subject) == (stage.clock(), None)
        assert told.data == {
            "account": SHOP,
            "provider": PROVIDER,
            "webhook_id": webhook_id,
            "key": "a",
            "state": "discarded",
            "error": {"code": _FAULT.code, "message": _FAULT.message},
        }

    async def test_discarded_item_stays_so_however_often_it_comes(self, stage: Stage) -> None:
        """In another webhook, in its own worked through again, bad or well understood."""
        webhook_id = await _set_aside(stage, "a", "b")
        await stage.engine.discard(webhook_ids=[webhook_id], key="a")
        head = await stage.engine.head()
        bad = stage.item(key="a", fault=_FAULT)
        for item in (bad, stage.item(_NEWS, key="a")):
            assert await stage.webhook(item) == [_DISCARDED]
        assert await stage.engine.reopen() == [webhook_id]
        still_bad = stage.item(key="b", fault=_FAULT)
        assert await stage.apply(webhook_id, [bad, still_bad]) == [_DISCARDED, _QUARANTINED]
        assert (await stage.engine.webhook(webhook_id)).state is WebhookState.QUARANTINED
        assert await stage.engine.head() == head
        assert await _keys_set_aside(stage) == {"b"}

    async def test_discard_holds_against_who_applies_the_item_just_then(self, stage: Stage) -> None:
        """Whoever is first, nothing that was told as discarded is set aside afterwards."""
        engine, keys = stage.engine, [str(number) for number in range(8)]
        bad = [stage.item(key=key, fault=_FAULT) for key in keys]
        await _set_aside(stage, *keys)
        request = WebhookRequest("POST", f"/webhooks/{SHOP}", b"{}")
        ids = [await engine.keep_webhook(SHOP, request) for _ in keys]
        async with anyio.create_task_group() as tasks:
            for webhook_id in ids:
                tasks.start_soon(stage.apply, webhook_id, bad)
                tasks.start_soon(partial(engine.discard, key=keys[webhook_id % len(keys)]))
        assert await _keys_set_aside(stage) == set()
        told = await _webhook_events(stage)
        assert sorted(told) == sorted(
            (key, state) for key in keys for state in ("quarantined", "discarded")
        )

    async def test_discarded_items_are_brought_back_only_if_asked(self, stage: Stage) -> None:
        """Then they are as if they had never come: applied, or set aside and told anew."""
        webhook_id = await _set_aside(stage, "a", "b")
        other = await _set_aside(stage, "c")
        await stage.engine.discard()
        assert await stage.engine.reopen() == []
        assert await stage.engine.reopen(webhook_ids=[webhook_id]) == []
        assert await stage.engine.reopen(webhook_ids=[webhook_id], discarded=True) == [webhook_id]
        again = [stage.item(_NEWS, key="a"), stage.item(key="b", fault=_FAULT)]
        assert await stage.apply(webhook_id, again) == [_APPLIED, _QUARANTINED]
        assert await stage.apply(webhook_id, again[:1]) == [_DUPLICATE]
        assert (await _webhook_events(stage))[-1] == ("b", "quarantined")
        assert await _keys_set_aside(stage) == {"b"}
        assert await stage.engine.reopen(discarded=True) == [webhook_id, other]

    async def test_items_to_discard_are_chosen(self, stage: Stage) -> None:
        """By account, webhook and key, up to a limit, the oldest webhook's first."""
        first, second = await _set_aside(stage, "b", "a"), await _set_aside(stage, "c")
        clinic = await _set_aside(stage, "a", account=CLINIC)
        applied = await stage.engine.keep_webhook(SHOP, WebhookRequest("POST", "/", b"{}"))
        await stage.apply(applied, [stage.item(_NEWS, key="good")])
        discard = stage.engine.discard
        assert await discard(webhook_ids=[applied, 4711, -1]) == []
        assert await discard(account=SHOP, webhook_ids=[clinic]) == []
        assert await discard(account=SHOP, key="nobody\0's") == []
        assert [(one.webhook_id, one.key) for one in await discard(limit=1)] == [(first, "a")]
        assert [one.account for one in await discard(account=CLINIC)] == [CLINIC]
        assert [one.key for one in await discard(account=SHOP)] == ["b", "c"]
        assert (await stage.engine.webhook(second)).state is WebhookState.DONE

    async def test_items_of_other_accounts_are_neither_discarded_nor_brought_back(
        self, stage: Stage
    ) -> None:
        """Not even when their webhook is named."""
        shop, clinic = [await _set_aside(stage, "a", account=one) for one in (SHOP, CLINIC)]
        engine, own = stage.engine, frozenset({SHOP})
        assert await engine.discard(visible=frozenset()) == []
        assert await engine.discard(visible=own, account=CLINIC) == []
        assert await engine.discard(visible=own, webhook_ids=[clinic]) == []
        assert [one.account for one in await engine.discard(visible=own)] == [SHOP]
        assert [one.account for one in await engine.discard()] == [CLINIC]
        assert await engine.reopen(visible=frozenset(), discarded=True) == []
        assert await engine.reopen(visible=own, webhook_ids=[clinic], discarded=True) == []
        assert await engine.reopen(visible=own, discarded=True) == [shop]
        assert await engine.reopen(discarded=True) == [clinic]

    async def test_discarded_item_is_news_that_nobody_read(self, stage: Stage) -> None:
        """It may have been the echo of a message in doubt; one from before cannot."""
        await _set_aside(stage, "old")
        stage.clock.advance(1)
        stage.change_terms(looks_up=True)
        await stage.in_doubt(policy=UnknownPolicy.RECONCILE)
        stage.clock.advance(1)
        await stage.hear(_NEWS)
        read_until = stage.clock()
        stage.clock.advance(1)
        await _set_aside(stage, "new")
        before = await stage.evidence()
        stage.clock.advance(1)
        await stage.engine.discard()
        assert await stage.evidence() == before
        assert (before.unread_webhooks, before.read_until) == (1, read_until)

    async def test_discarded_item_is_forgotten_after_its_webhook(self, stage: Stage) -> None:
        """Until then it can be brought back; a provider may repeat it for a week."""
        webhook_id = await _set_aside(stage, "a")
        await stage.engine.discard()
        mixed = await _set_aside(stage, "b", "c")
        await stage.engine.discard(key="b")
        keep, item = Retention(webhooks_s=20 * DAY_S), stage.item(_NEWS, key="a")
        stage.clock.advance(20 * DAY_S - 1)
        await stage.engine.tidy(keep)
        assert await stage.webhook(item) == [_DISCARDED]
        stage.clock.advance(1)
        assert (await stage.engine.tidy(keep)).webhooks == 1
        await stage.engine.tidy(keep)
        with pytest.raises(UnknownWebhook):
            await stage.engine.webhook(webhook_id)
        assert await stage.webhook(item) == [_APPLIED]
        assert await stage.apply(mixed, [stage.item(_NEWS, key="b")]) == [_DISCARDED]


@pytest.mark.anyio
class OutcomeRules(StageSetup):
    """What applying an item tells whoever counts."""

    async def test_item_that_is_still_set_aside_is_told_from_a_new_one(self, stage: Stage) -> None:
        """However it came again, and for whatever other reason; brought back, it is new."""
        bad = stage.item(key="a", fault=_FAULT)
        worse = stage.item(key="a", fault=ItemFault("odd", "Odd."))
        told = [(await stage.outcomes(item))[0] for item in (bad, bad, worse)]
        assert [(one.state, one.again) for one in told] == [
            (_QUARANTINED, False),
            (_QUARANTINED, True),
            (_QUARANTINED, True),
        ]
        await stage.engine.discard()
        await stage.engine.reopen(discarded=True)
        (outcome,) = await stage.outcomes(bad)
        assert (outcome.state, outcome.again) == (_QUARANTINED, False)

    async def test_news_that_end_a_doubt_are_told_with_how(self, stage: Stage) -> None:
        """Our own id or the provider's; other news, and the same again, end none."""
        by_echo, by_news = await stage.in_doubt("ana"), await stage.in_doubt("bea")
        taken = StatusUpdate("v-1", DeliveryStatus.SENT, message_id=by_echo.message_id, attempt=1)
        echo, again = stage.item(taken), stage.item(taken)
        news = stage.item(StatusUpdate("v-2", DeliveryStatus.SENT, message_id=by_news.message_id))
        told = await stage.outcomes(echo, echo, news, stage.item(_NEWS))
        assert [(one.state, one.settled) for one in told] == [
            (_APPLIED, ("echo",)),
            (_DUPLICATE, ()),
            (_APPLIED, ("news",)),
            (_APPLIED, ()),
        ]
        assert [one.settled for one in await stage.outcomes(again)] == [()]
