"""What is decided in memory is what an engine decides: no reader sees another log than its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo.testing.engine_rules.people import teach
from relevo.testing.engine_rules.scene import CLINIC, SHOP, Scene
from relevo_server.following.matching import RecentFilter
from relevo_server.following.recent import RecentEvent

pytestmark = pytest.mark.anyio


async def tell_much(scene: Scene) -> list[relevo.MessageRecord]:
    """Let two accounts write, hear and fail, and let two conversations become one."""
    ana = await scene.accept("ana")
    bea = await scene.accept("bea", account=CLINIC)
    for claim in await scene.claim():
        await scene.hand_over(claim)
    await scene.hear_from("ana-2")
    again = await scene.accept("ana-2")
    await teach(scene, "ana", "ana-2")
    await scene.hear_from("ana-2", "and again")
    await scene.refuse(await scene.claim_one())
    await scene.hear_from("carl", account=CLINIC)
    return [ana, bea, again]


def queries(records: list[relevo.MessageRecord]) -> Iterator[relevo.EventQuery]:
    """Give every mixture of filters that mean something here, and some that mean nothing."""
    ids = [record.message_id for record in records]
    threads = [record.conversation_id for record in records]
    kinds = relevo.EventType
    for types, accounts, messages, conversations, visible in product(
        ([], [kinds.INBOUND], [kinds.OUTBOUND, kinds.ACCOUNT]),
        ([], [SHOP], [SHOP, CLINIC], ["nobody"]),
        ([], ids[:1], ids),
        ([], threads[:1], threads[1:2], threads[2:], [*threads, "unknown"], ["unknown"]),
        (None, [], [SHOP], [CLINIC, "nobody"], [""]),
    ):
        yield relevo.EventQuery(
            types=frozenset(types),
            accounts=frozenset(accounts),
            message_ids=frozenset(messages),
            conversation_ids=frozenset(conversations),
            visible=None if visible is None else frozenset(visible),
        )


async def test_memory_filters_as_the_engine_does(scene: Scene) -> None:
    records = await tell_much(scene)
    recent = [RecentEvent(event) for event in await scene.log()]
    assert any(told.joined for told in recent)
    differ = []
    found = set()
    for query in queries(records):
        kept = RecentFilter(query)
        kept.learn(recent)
        ours = [told.event.position for told in recent if kept.keeps(told)]
        theirs = [event.position for event in await scene.log(query)]
        found.add(tuple(ours))
        if ours != theirs:
            differ.append((query, ours, theirs))
    assert differ == []
    assert len(found) > 15, "the filters tell events apart"


@given(
    pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8),
    asked=st.integers(0, 6),
    cuts=st.lists(st.integers(0, 8), max_size=3),
)
def test_joins_are_learned_in_any_order_and_portion(
    pairs: list[tuple[int, int]], asked: int, cuts: list[int]
) -> None:
    """Whatever is joined, directly or not, to what was asked for is part of it."""
    joins = [RecentEvent(joined(str(one), str(other))) for one, other in pairs]
    kept = RecentFilter(relevo.EventQuery(conversation_ids=frozenset({str(asked)})))
    for cut in sorted(cuts):
        kept.learn(joins[:cut])
    kept.learn(joins)
    whole = {str(asked)}
    for _ in pairs:
        for one, other in pairs:
            if {str(one), str(other)} & whole:
                whole |= {str(one), str(other)}
    assert kept.parts == whole


def joined(older: str, younger: str) -> relevo.Event:
    return relevo.Event(
        id="e.1",
        source=f"/relevo/accounts/{SHOP}",
        type=relevo.EventType.ACCOUNT,
        time=relevo.events.utc_now(),
        position=1,
        data={"kind": "conversation_joined", "conversation_id": older, "joined_id": younger},
    )
