"""What the inbox promises to several receivers, and about what it set aside."""

from __future__ import annotations

import anyio
import pytest

from relevo.engines.records import ItemFault, ItemState, QuarantinedItem, WebhookState
from relevo.errors import EngineError, UnknownWebhook
from relevo.events import AccountUpdate
from relevo.testing.engine_rules.scene import CLINIC, SHOP, SOON_S
from relevo.testing.engine_rules.stage import Stage, StageSetup
from relevo.webhooks import WebhookRequest

_APPLIED, _DUPLICATE, _QUARANTINED = (
    ItemState.APPLIED,
    ItemState.DUPLICATE,
    ItemState.QUARANTINED,
)
_FAULT = ItemFault("parser_failed", "The parser raised KeyError.", "KeyError\n  frames")
_NEWS = AccountUpdate("quality")


async def _keep(stage: Stage, count: int = 1, account: str = SHOP) -> list[int]:
    request = WebhookRequest("POST", "/webhooks", b'{"a": 1}', {"x-sig": "1"}, {"q": "1"})
    return [await stage.engine.keep_webhook(account, request) for _ in range(count)]


async def _taken(stage: Stage, limit: int = 10) -> list[int]:
    return [webhook.webhook_id for webhook in await stage.engine.pending_webhooks(limit)]


async def _set_aside(stage: Stage, *keys: str, account: str = SHOP) -> int:
    """Keep a webhook with one good item, and these that are set aside."""
    (webhook_id,) = await _keep(stage, account=account)
    bad = [stage.item(key=key, fault=_FAULT) for key in keys]
    good = stage.item(_NEWS, key=f"good beside {keys[0]}")
    await stage.apply(webhook_id, [good, *bad])
    return webhook_id


@pytest.mark.anyio
class HandOutRules(StageSetup):
    """Pending webhooks and several receivers."""

    async def test_account_is_in_one_receivers_hands(self, stage: Stage) -> None:
        """Its later webhooks too, so that they are applied in the order they came."""
        ids = await _keep(stage, 3)
        assert await _taken(stage, 2) == ids[:2]
        assert await _taken(stage) == []
        (other,) = await _keep(stage, account=CLINIC)
        assert await _taken(stage) == [other]
        await stage.apply(ids[0], [])
        assert await _taken(stage) == []
        await stage.apply(ids[1], [])
        assert await _taken(stage) == ids[2:]

    async def test_accounts_take_turns(self, stage: Stage) -> None:
        """However many webhooks one has, those of another need not wait for all of them."""
        flood = await _keep(stage, 20)
        others = [(await _keep(stage, account=f"account-{number}"))[0] for number in range(3)]
        assert await _taken(stage, 6) == [*flood[:3], *others]

    async def test_webhook_handed_back_is_given_at_once(self, stage: Stage) -> None:
        """What was applied meanwhile is not; who waits is woken."""
        ids = await _keep(stage, 3)
        assert await _taken(stage) == ids
        await stage.apply(ids[1], [])
        async with anyio.create_task_group() as tasks:
            with anyio.fail_after(SOON_S):
                tasks.start_soon(stage.engine.wait_for_webhooks, 60)
                await anyio.sleep(0.01)
                await stage.engine.hand_back(ids)
        assert await _taken(stage) == [ids[0], ids[2]]

    async def test_pending_webhook_is_given_to_one_receiver(self, stage: Stage) -> None:
        """Until half a minute has passed without anything being made of it."""
        ids = await _keep(stage, 3)
        assert await _taken(stage) == ids
        stage.clock.advance(29.999)
        assert await _taken(stage) == []
        stage.clock.advance(0.001)
        assert await _taken(stage) == ids

    async def test_webhook_in_somebodys_hands_is_pending(self, stage: Stage) -> None:
        """It counts, and its receiver closes it."""
        ids = await _keep(stage, 2)
        await _taken(stage)
        assert (await stage.engine.pulse()).pending_webhooks == 2
        await stage.apply(ids[0], [])
        assert (await stage.engine.pulse()).pending_webhooks == 1
        stage.clock.advance(30)
        assert await _taken(stage) == ids[1:]

    async def test_receivers_at_once_share_the_work(self, stage: Stage) -> None:
        """Nobody gets what another has, and every account keeps its order."""
        ids = {name: await _keep(stage, 10, name) for name in ("a", "b", "c", "d")}
        applied: dict[str, list[int]] = {name: [] for name in ids}

        async def receive() -> None:
            while applied != ids:
                for webhook in await stage.engine.pending_webhooks(4):
                    await anyio.lowlevel.checkpoint()
                    applied[webhook.account].append(webhook.webhook_id)
                    await stage.apply(webhook.webhook_id, [])
                await anyio.lowlevel.checkpoint()

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(receive)

    async def test_receiver_waits_for_what_another_has(self, stage: Stage) -> None:
        """It is woken when the other's time is over, or by a new webhook."""
        await _keep(stage, 2)
        await _taken(stage, 1)
        with anyio.move_on_after(0.05) as waiting:
            await stage.engine.wait_for_webhooks(60)
        assert waiting.cancelled_caught
        stage.clock.advance(30)
        with anyio.fail_after(SOON_S):
            await stage.engine.wait_for_webhooks(60)


@pytest.mark.anyio
class RawWebhookRules(StageSetup):
    """One raw webhook."""

    async def test_webhook_is_given_as_it_came(self, stage: Stage) -> None:
        """And how far it got."""
        (webhook_id,) = await _keep(stage)
        kept = await stage.engine.webhook(webhook_id)
        assert (kept.webhook_id, kept.account) == (webhook_id, SHOP)
        assert (kept.method, kept.path, kept.body) == ("POST", "/webhooks", b'{"a": 1}')
        assert (kept.headers, kept.query) == ({"x-sig": "1"}, {"q": "1"})
        assert (kept.arrived_at, kept.state) == (stage.clock(), WebhookState.PENDING)
        await stage.apply(webhook_id, [stage.item(_NEWS)])
        assert (await stage.engine.webhook(webhook_id)).state is WebhookState.DONE

    async def test_unknown_webhook_is_refused(self, stage: Stage) -> None:
        """It never was, or is no longer kept."""
        for webhook_id in (4711, 0, -1):
            with pytest.raises(UnknownWebhook, match=str(webhook_id)):
                await stage.engine.webhook(webhook_id)

    async def test_webhook_says_whether_an_item_of_it_is_set_aside(self, stage: Stage) -> None:
        """One bad item is enough; once the same news was applied by another webhook, none is."""
        (all_bad,) = await _keep(stage)
        await stage.apply(all_bad, [stage.item(key="bad", fault=_FAULT)])
        some_bad = await _set_aside(stage, "also bad")
        for webhook_id, key in ((all_bad, "bad"), (some_bad, "also bad")):
            assert (await stage.engine.webhook(webhook_id)).state is WebhookState.QUARANTINED
            (item,) = (await stage.engine.quarantined(webhook_ids=[webhook_id])).items
            assert (item.webhook_id, item.key) == (webhook_id, key)
        (mended,) = await _keep(stage)
        await stage.apply(mended, [stage.item(_NEWS, key="bad")])
        for webhook_id in (all_bad, mended):
            assert (await stage.engine.webhook(webhook_id)).state is WebhookState.DONE
            assert (await stage.engine.quarantined(webhook_ids=[webhook_id])).items == []


@pytest.mark.anyio
class ReopenRules(StageSetup):
    """What was set aside, and its second chance."""

    async def test_item_set_aside_is_shown_with_its_fault(self, stage: Stage) -> None:
        """Whole, with the traceback that its event does not have."""
        webhook_id = await _set_aside(stage, "bad")
        page = await stage.engine.quarantined()
        assert page.items == [
            QuarantinedItem(SHOP, "bad", webhook_id, {"raw": True}, _FAULT, stage.clock())
        ]
        assert page.next is None
        assert (await stage.engine.pulse()).quarantined == 1

    async def test_items_set_aside_are_paged_newest_first(self, stage: Stage) -> None:
        """Of one account or of all; what comes meanwhile does not shift the pages."""
        for number in range(3):
            await _set_aside(stage, f"a{number}", f"b{number}")
        await _set_aside(stage, "elsewhere", account=CLINIC)
        page = await stage.engine.quarantined(account=SHOP, limit=4)
        keys = [item.key for item in page.items]
        await _set_aside(stage, "new")
        assert page.next is not None
        last = await stage.engine.quarantined(account=SHOP, cursor=page.next, limit=4)
        keys += [item.key for item in last.items]
        assert [key[1] for key in keys] == list("221100")
        assert sorted(keys) == ["a0", "a1", "a2", "b0", "b1", "b2"]
        assert last.next is None
        everywhere = [item.key for item in (await stage.engine.quarantined()).items]
        assert everywhere[:2] == ["new", "elsewhere"]
        assert len(everywhere) == 8
        assert (await stage.engine.quarantined(account="nobody")).items == []

    async def test_cursor_of_another_kind_is_refused(self, stage: Stage) -> None:
        """With words that say what to do."""
        for cursor in ("'; drop table", "", "-1", "é", "9" * 5000):
            with pytest.raises(EngineError, match="begin again"):
                await stage.engine.quarantined(cursor=cursor)

    async def test_reopened_webhook_applies_only_what_was_set_aside(self, stage: Stage) -> None:
        """What was applied stays applied once."""
        webhook_id = await _set_aside(stage, "bad")
        assert await stage.engine.reopen() == [webhook_id]
        assert await _taken(stage) == [webhook_id]
        head = await stage.engine.head()
        again = [stage.item(_NEWS, key=key) for key in ("good beside bad", "bad")]
        states = await stage.apply(webhook_id, again)
        assert states == [_DUPLICATE, _APPLIED]
        assert await stage.engine.head() == head + 1
        assert (await stage.engine.quarantined()).items == []
        assert (await stage.engine.pulse()).quarantined == 0
        assert await stage.engine.reopen() == []

    async def test_reopened_item_that_is_still_bad_is_not_told_again(self, stage: Stage) -> None:
        """It can be reopened again."""
        webhook_id = await _set_aside(stage, "bad")
        head = await stage.engine.head()
        for _ in range(2):
            assert await stage.engine.reopen() == [webhook_id]
            bad = stage.item(key="bad", fault=_FAULT)
            states = await stage.apply(webhook_id, [bad])
            assert states == [_QUARANTINED]
        assert await stage.engine.head() == head

    async def test_reopening_wakes_a_receiver(self, stage: Stage) -> None:
        """Also one that took the webhook a moment ago."""
        (webhook_id,) = await _keep(stage)
        await _taken(stage)
        await stage.apply(webhook_id, [stage.item(key="bad", fault=_FAULT)])
        woken = anyio.Event()

        async def wait() -> None:
            await stage.engine.wait_for_webhooks(60)
            woken.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            with anyio.move_on_after(0.05):
                await woken.wait()
            assert not woken.is_set()
            await stage.engine.reopen()
            with anyio.fail_after(SOON_S):
                await woken.wait()
        assert await _taken(stage) == [webhook_id]

    async def test_webhooks_to_reopen_are_chosen(self, stage: Stage) -> None:
        """By account, by id, up to a limit; one without items set aside is not reopened."""
        shop = [await _set_aside(stage, f"shop {number}") for number in range(3)]
        clinic = await _set_aside(stage, "clinic", account=CLINIC)
        (done,) = await _keep(stage)
        await stage.apply(done, [])
        assert await stage.engine.reopen(account=CLINIC) == [clinic]
        assert await stage.engine.reopen(account=SHOP, webhook_ids=[clinic, done]) == []
        assert await stage.engine.reopen(webhook_ids=[done, 4711]) == []
        assert await stage.engine.reopen(webhook_ids=[shop[1], done]) == [shop[1]]
        assert sorted(await _taken(stage)) == [shop[1], clinic]
        assert len(await stage.engine.reopen(account=SHOP, limit=1)) == 1
