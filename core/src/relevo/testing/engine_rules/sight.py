"""Rules about who sees what: of accounts that are not visible, nothing is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relevo.engines.records import (
    EventQuery,
    ItemFault,
    MessageQuery,
    MessageRecord,
    ReplayQuery,
    Retention,
)
from relevo.errors import NotReplayable, UnknownMessage
from relevo.events import DeliveryStatus, EventType
from relevo.testing.engine_rules.people import teach
from relevo.testing.engine_rules.scene import CLINIC, SHOP
from relevo.testing.engine_rules.stage import HOUR_S, Stage, StageSetup

_ONLY_SHOP = frozenset({SHOP})
_BOTH = frozenset({SHOP, CLINIC})
_NOTHING: frozenset[str] = frozenset()
_FAILED = DeliveryStatus.FAILED


async def _seen(stage: Stage, **query: Any) -> list[int]:
    page = await stage.engine.messages(MessageQuery(**query))
    return [record.sequence for record in page.items]


def _ids(*records: MessageRecord) -> frozenset[Any]:
    return frozenset(record.message_id for record in records)


@pytest.mark.anyio
class SightRules(StageSetup):
    """What a key that is limited to some accounts is given."""

    async def test_messages_of_other_accounts_are_not_given(self, stage: Stage) -> None:
        """Whatever is asked for besides; no account at all sees nothing."""
        shop = await stage.enter("ana")
        clinic = await stage.enter("ana", account=CLINIC)
        await stage.hear_from("ana", account=CLINIC)
        queued = frozenset({shop.status})
        assert await _seen(stage, visible=_ONLY_SHOP) == [1]
        assert await _seen(stage, visible=_BOTH) == [3, 2, 1]
        assert await _seen(stage, visible=_NOTHING) == []
        assert await _seen(stage, visible=_ONLY_SHOP, account=CLINIC) == []
        assert await _seen(stage, visible=_BOTH, account=CLINIC) == [3, 2]
        assert await _seen(stage, visible=_ONLY_SHOP, conversation_id=clinic.conversation_id) == []
        assert await _seen(stage, visible=_ONLY_SHOP, statuses=queued) == [1]
        assert await _seen(stage, visible=_ONLY_SHOP, lane_key=shop.person.uri()) == [1]
        assert await _seen(stage, visible=_NOTHING, statuses=queued) == []
        assert await _seen(stage, visible=frozenset({"no\0such"})) == []

    async def test_pages_of_several_accounts_are_in_one_order(self, stage: Stage) -> None:
        """Each message comes once, newest first, however the accounts alternate."""
        for number in range(9):
            await stage.enter(f"p{number}", account=(SHOP, CLINIC, "other")[number % 3])
        seen: list[int] = []
        before = None
        while True:
            query = MessageQuery(visible=_BOTH, before=before, limit=2)
            page = await stage.engine.messages(query)
            seen += [record.sequence for record in page.items]
            if page.next is None:
                break
            before = int(page.next)
        assert seen == [8, 7, 5, 4, 2, 1]

    async def test_events_of_other_accounts_are_not_given(self, stage: Stage) -> None:
        """By whatever they are asked for."""
        await stage.enter("ana")
        clinic = await stage.enter("bea", account=CLINIC)

        async def positions(**query: Any) -> list[int]:
            return [event.position for event in await stage.log(EventQuery(**query))]

        assert await positions(visible=_ONLY_SHOP) == [1]
        assert await positions(visible=_BOTH) == [1, 2]
        assert await positions(visible=_NOTHING) == []
        assert await positions(visible=_ONLY_SHOP, accounts=_BOTH) == [1]
        assert await positions(visible=_ONLY_SHOP, accounts=frozenset({CLINIC})) == []
        assert await positions(visible=_ONLY_SHOP, message_ids=_ids(clinic)) == []
        thread = frozenset({clinic.conversation_id})
        assert await positions(visible=_ONLY_SHOP, conversation_ids=thread) == []
        assert await positions(visible=_BOTH, conversation_ids=thread) == [2]

    async def test_gap_is_seen_by_everybody(self, stage: Stage) -> None:
        """It says nothing about an account, and a reader must not miss it."""
        await stage.enter("ana")
        stage.clock.advance(60)
        await stage.engine.tidy(Retention(events_s=5))
        for visible in (_ONLY_SHOP, _NOTHING):
            (gap,) = await stage.log(EventQuery(visible=visible))
            assert gap.type is EventType.GAP

    async def test_threads_of_other_accounts_are_not_given(self, stage: Stage) -> None:
        """And pages of several accounts are in one order."""
        for number in range(6):
            await stage.enter(f"p{number}", account=(SHOP, CLINIC, "other")[number % 3])

        async def people(**query: Any) -> list[str]:
            page = await stage.engine.conversations(**query)
            rest = await people(**{**query, "cursor": page.next}) if page.next else []
            return [thread.person.value for thread in page.items] + rest

        assert await people(visible=_ONLY_SHOP) == ["p3", "p0"]
        assert await people(visible=_BOTH, limit=3) == ["p4", "p3", "p1", "p0"]
        assert await people(limit=4) == ["p5", "p4", "p3", "p2", "p1", "p0"]
        assert await people(visible=_ONLY_SHOP, account=CLINIC) == []
        assert await people(visible=_NOTHING) == []

    async def test_items_of_other_accounts_are_neither_shown_nor_reopened(
        self, stage: Stage
    ) -> None:
        """Not even when their webhook is named."""
        fault = ItemFault("webhook_malformed", "It has no sender.")
        for account in (SHOP, CLINIC):
            await stage.webhook(stage.item(fault=fault), account=account)
        engine = stage.engine
        (shop,) = (await engine.quarantined(visible=_ONLY_SHOP)).items
        (clinic,) = (await engine.quarantined(account=CLINIC)).items
        assert shop.account == SHOP
        newest_first = (await engine.quarantined(visible=_BOTH)).items
        assert [item.account for item in newest_first] == [CLINIC, SHOP]
        assert (await engine.quarantined(visible=_NOTHING)).items == []
        assert (await engine.quarantined(visible=_ONLY_SHOP, account=CLINIC)).items == []
        assert await engine.reopen(visible=_NOTHING) == []
        named = [clinic.webhook_id]
        assert await engine.reopen(visible=_ONLY_SHOP, webhook_ids=named) == []
        assert await engine.reopen(visible=_ONLY_SHOP) == [shop.webhook_id]
        assert await engine.reopen() == [clinic.webhook_id]

    async def test_dead_letters_of_other_accounts_are_not_replayed(self, stage: Stage) -> None:
        """Of a filter they are left out."""
        shop = await stage.dead_letter("ana")
        await stage.dead_letter("bea", account=CLINIC)
        assert await stage.replay(visible=_NOTHING) == []
        assert await stage.replay(visible=_ONLY_SHOP, account=CLINIC) == []
        assert await stage.replay(visible=_ONLY_SHOP) == [shop.message_id]
        assert len(await stage.replay(visible=_BOTH)) == 1

    async def test_named_dead_letter_of_another_account_is_unknown(self, stage: Stage) -> None:
        """It refuses the whole request, in the order in which one that never was would."""
        clinic = await stage.dead_letter("bea", account=CLINIC)
        shop = await stage.dead_letter("ana")
        sent = await stage.enter("cid")
        await stage.hand_over(await stage.claim_one())
        both = ReplayQuery(message_ids=_ids(shop, clinic), visible=_ONLY_SHOP)
        with pytest.raises(UnknownMessage, match=str(clinic.message_id)):
            await stage.engine.replay(both)
        assert (await stage.now(shop)).status == shop.status
        worse = ReplayQuery(message_ids=_ids(sent, clinic), visible=_ONLY_SHOP)
        with pytest.raises(NotReplayable):
            await stage.engine.replay(worse)


@pytest.mark.anyio
class MessageFilterRules(StageSetup):
    """What messages can be asked for."""

    async def test_several_statuses_may_be_asked_for(self, stage: Stage) -> None:
        """Any of them will do."""
        sent, queued = await stage.enter("ana"), await stage.enter("bea")
        await stage.hand_over((await stage.claim(limit=1))[0])
        third = await stage.enter("cid", account=CLINIC)
        statuses = frozenset({(await stage.now(sent)).status, queued.status})
        assert await _seen(stage, statuses=statuses) == [3, 2, 1]
        assert await _seen(stage, statuses=frozenset({queued.status})) == [3, 2]
        assert await _seen(stage, statuses=statuses, account=SHOP, limit=1) == [2]
        assert await _seen(stage, statuses=frozenset({third.status}), account=CLINIC) == [3]

    async def test_provider_id_finds_the_message_of_each_attempt(self, stage: Stage) -> None:
        """Also of an earlier handover, of both directions, and of each account apart."""
        record = await stage.in_doubt("ana")
        await stage.echo(record, 1, provider_id="v-1")
        await stage.hear_from("bea")
        inbound = (await stage.engine.messages(MessageQuery(limit=1))).items[0]
        assert await _seen(stage, provider_message_id="v-1") == [1]
        assert await _seen(stage, provider_message_id="v-1", account=CLINIC) == []
        assert await _seen(stage, provider_message_id="v-1", visible=_ONLY_SHOP) == [1]
        assert await _seen(stage, provider_message_id="v-1", visible=_NOTHING) == []
        assert await _seen(stage, provider_message_id="nobody's") == []
        named = inbound.provider_message_id
        if named is not None:
            assert await _seen(stage, provider_message_id=named) == [2]

    async def test_person_is_found_by_any_of_their_addresses(self, stage: Stage) -> None:
        """On every account that is asked about."""
        ana = await stage.enter("ana")
        other = await stage.enter("ana-2")
        await stage.enter("bea")
        await stage.enter("ana", account=CLINIC)
        await teach(stage, "ana", "ana-2")
        for address in (ana.person.uri(), other.person.uri()):
            assert await _seen(stage, lane_key=address, account=SHOP) == [2, 1]
        assert await _seen(stage, lane_key=ana.person.uri()) == [4, 2, 1]
        assert await _seen(stage, lane_key="test:nobody") == []
        both = {"lane_key": other.person.uri(), "conversation_id": ana.conversation_id}
        assert await _seen(stage, **both) == [2, 1]
        strange = (await stage.engine.messages(MessageQuery(account=CLINIC))).items[0]
        both["conversation_id"] = strange.conversation_id
        assert await _seen(stage, **both) == []

    async def test_time_bounds_are_half_open(self, stage: Stage) -> None:
        """The first moment is meant, the last is not, however far apart messages were kept."""
        assert await _seen(stage, created_from=stage.clock()) == []
        began = stage.clock()
        for hour in (0, 1, 30, 31, 60, 90):
            stage.clock.advance((began - stage.clock()).total_seconds() + hour * HOUR_S)
            await stage.enter()

        def at(hours: float) -> Any:
            return began + timedelta(hours=hours)

        assert await _seen(stage, created_from=at(1), created_until=at(31)) == [3, 2]
        assert await _seen(stage, created_from=at(90)) == [6]
        assert await _seen(stage, created_from=at(31), account=SHOP, limit=2) == [6, 5]
        assert await _seen(stage, created_until=at(1), account=SHOP) == [1]
        assert await _seen(stage, created_from=at(91)) == []
        assert await _seen(stage, created_until=at(0)) == []
        assert await _seen(stage, created_from=at(1), created_until=at(90), before=5) == [4, 3, 2]
        assert await _seen(stage, created_from=at(0), created_until=at(1000)) == [6, 5, 4, 3, 2, 1]

    async def test_dead_letters_are_those_given_up_before_any_handover(self, stage: Stage) -> None:
        """One that the provider took and then failed is none, nor is one that waits."""
        await stage.dead_letter("ana")
        await stage.enter("bea")
        await stage.hear_status(await stage.hand_over(await stage.claim_one()), _FAILED)
        await stage.enter("cid", account=CLINIC)
        await stage.hear_from("dan")
        assert await _seen(stage, dead=True) == [1]
        assert await _seen(stage, dead=False) == [4, 3, 2]
        assert await _seen(stage, dead=True, account=CLINIC) == []
        assert await _seen(stage, dead=True, visible=_ONLY_SHOP) == [1]
        assert await _seen(stage, dead=True, visible=_NOTHING) == []
        assert await _seen(stage, dead=False, statuses=frozenset({_FAILED})) == [2]

    async def test_log_is_asked_about_several_messages_and_threads(self, stage: Stage) -> None:
        """Any of them will do; a thread brings those that are one with it; both narrow."""
        ana = await stage.enter("ana")
        other = await stage.enter("ana-2")
        bea = await stage.enter("bea")
        await stage.enter("cid")
        await teach(stage, "ana", "ana-2")
        threads = frozenset({other.conversation_id, bea.conversation_id})

        async def told(**query: Any) -> list[int]:
            kinds = frozenset({EventType.OUTBOUND})
            found = await stage.engine.events(0, query=EventQuery(types=kinds, **query))
            return [event.position for event in found]

        assert await told(message_ids=_ids(ana, bea)) == [1, 3]
        assert await told(conversation_ids=threads) == [1, 2, 3]
        assert await told(conversation_ids=threads, message_ids=_ids(ana, bea)) == [1, 3]
        alone = frozenset({ana.conversation_id})
        assert await told(conversation_ids=alone, message_ids=_ids(bea)) == []
        query = EventQuery(conversation_ids=threads)
        page = await stage.engine.events(0, limit=2, query=query)
        rest = await stage.engine.events(page[-1].position, limit=10, query=query)
        assert [one.position for one in (*page, *rest)] == sorted(
            one.position for one in await stage.log(query)
        )
