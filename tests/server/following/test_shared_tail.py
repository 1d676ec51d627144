"""One look at the log serves every reader, and none misses or repeats an event."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import anyio
import pytest

import relevo
from relevo.engines.memory import MemoryEngine
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.people import teach
from relevo.testing.engine_rules.scene import CLINIC, SHOP, Scene
from relevo_server.following.recent import RecentEvents

pytestmark = pytest.mark.anyio
Following = Callable[..., Any]


class Counted:
    """An engine that counts how often its log is read."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def events(self, *arguments: Any, **options: Any) -> list[relevo.Event]:
        self.reads += 1
        events: list[relevo.Event] = await self._engine.events(*arguments, **options)
        return events


async def test_many_readers_cost_one_read_of_the_log(scene: Scene, following: Following) -> None:
    engine = Counted(scene.engine)
    async with following(engine) as read:
        readers = [read(0) for _ in range(100)]
        for number in range(6):
            await scene.accept(f"p{number}")
            for reader in readers:
                await reader.catch_up(number + 1)
            if number == 0:
                engine.reads = 0
    assert all(len(reader.taken) == 6 for reader in readers)
    # The tail may see two events in one look, but nobody looks besides it.
    assert engine.reads <= 5


async def test_reader_behind_the_memory_reads_the_store_and_joins_the_others(
    scene: Scene, following: Following
) -> None:
    epoch = scene.engine.epoch
    for number in range(12):
        await scene.accept(f"p{number}")
    async with following(scene.engine, most_events=3) as read:
        late = read(2)
        assert await late.catch_up(12) == [f"{epoch}.{n}" for n in range(3, 13)]
        for number in range(9):
            await scene.accept(f"q{number}")
        assert await late.catch_up(21) == [f"{epoch}.{n}" for n in range(13, 22)]


async def test_readers_at_random_paces_see_each_of_their_events_once(
    scene: Scene, following: Following
) -> None:
    """Positions stay exact between the store and what is in memory, for every filter."""
    dice = random.Random(11)  # noqa: S311 - a test's dice
    epoch = scene.engine.epoch
    wanted = [
        relevo.EventQuery(),
        relevo.EventQuery(accounts=frozenset({CLINIC})),
        relevo.EventQuery(types=frozenset({relevo.EventType.INBOUND})),
        relevo.EventQuery(visible=frozenset({SHOP})),
    ]
    async with following(scene.engine, most_events=4) as read:
        seen_by: list[list[str]] = [[] for _ in range(3 * len(wanted))]
        readers = [
            (query, read(0, query), seen) for query, seen in zip(3 * wanted, seen_by, strict=True)
        ]
        for number in range(40):
            account = dice.choice([SHOP, CLINIC])
            if dice.random() < 0.5:
                await scene.accept(f"p{number}", account=account)
            else:
                await scene.hear_from(f"p{number}", account=account)
            for _, reader, seen in dice.sample(readers, 4):
                seen.extend(await reader.catch_up(dice.randrange(number + 2)))
        for query, reader, seen in readers:
            seen.extend(await reader.catch_up(40))
            assert seen == [event.id for event in await scene.log(query)]
            assert str(reader.reader.place) == f"{epoch}.40"


async def test_conversation_is_followed_through_a_join(scene: Scene, following: Following) -> None:
    """A reader of either thread goes on with both, whether it is up to date or behind."""
    older = await scene.accept("ana")
    younger = await scene.accept("ana-2")

    def of(record: relevo.MessageRecord) -> relevo.EventQuery:
        # The join's own event is filtered out, and heard all the same.
        return relevo.EventQuery(
            conversation_ids=frozenset({record.conversation_id}),
            types=frozenset({relevo.EventType.OUTBOUND}),
        )

    async with following(scene.engine, most_events=3) as read:
        brisk = [read(2, of(older)), read(2, of(younger))]
        late = [read(2, of(older)), read(2, of(younger))]
        for reader in brisk:
            assert await reader.catch_up(2) == []
        await teach(scene, "ana", "ana-2")
        for name in ("ana-2", "bea", "ana", "ana-2", "bea", "ana"):
            await scene.accept(name)
            for reader in brisk:
                await reader.catch_up(await scene.engine.head())
        head = await scene.engine.head()
        for reader in late:
            await reader.catch_up(head)
        expected = [f"id: {scene.engine.epoch}.{n}".encode() for n in range(3, head + 1)]
        log = {event.id: event for event in await scene.log()}
        for reader in (*brisk, *late):
            lines = [frame.split(b"\n")[0] for frame in reader.taken]
            assert len(lines) == 4
            assert set(lines) <= set(expected)
            people = [log[line.decode().removeprefix("id: ")].data["to"] for line in lines]
            assert "bea" not in str(people)


async def test_memory_is_bounded_by_number_and_size(scene: Scene) -> None:
    for number in range(10):
        await scene.accept(f"p{number}", "x" * 2_000)
    events = await scene.log()
    few, small = RecentEvents(most_events=4), RecentEvents(most_bytes=9_000)
    for recent in (few, small):
        recent.add(events)
        assert recent.last == 10
        kept = recent.above(recent.after)
        assert [told.event.position for told in kept] == list(range(recent.after + 1, 11))
        assert recent.bytes == sum(told.size for told in kept)
        assert not recent.covers(recent.after - 1)
    assert few.after == 6
    assert 0 < len(small.above(small.after)) < 5
    assert small.bytes <= 9_000


async def test_store_that_was_put_back_is_told_to_readers_under_way(following: Following) -> None:
    """A reader whose place is gone would wait for ever; it is told of the gap, and given all."""
    before, after = MemoryEngine(clock=FakeClock()), MemoryEngine(clock=FakeClock())

    class Restored(Counted):
        def put_back(self, engine: Any) -> None:
            self._engine = engine

    async with before, after:
        engine = Restored(before)
        old = Scene(before, FakeClock())
        for number in range(5):
            await old.accept(f"p{number}")
        async with following(engine) as read:
            reader = read(0)
            await reader.catch_up(5)
            place = str(reader.reader.place)
            await Scene(after, FakeClock()).accept()
            engine.put_back(after)
            with anyio.fail_after(30):
                while b"messaging.gap" not in (gap := await reader.reader.take()):
                    await reader.reader.wait(1)
            assert place.encode() in gap
            assert await reader.catch_up(1) == [f"{after.epoch}.1"]


async def test_tail_rests_while_nobody_reads(following: Following) -> None:
    async with MemoryEngine(clock=FakeClock()) as engine:
        scene = Scene(engine, FakeClock())
        counted = Counted(engine)
        async with following(counted) as read:
            await scene.accept()
            await read(0).catch_up(1)
        reads = counted.reads
        await scene.accept()
        await anyio.wait_all_tasks_blocked()
        assert counted.reads == reads


async def test_new_epoch_of_the_same_log_interrupts_nobody(
    scene: Scene, following: Following
) -> None:
    """Somebody showed a place that never was: readers go on, under ids that hold."""
    async with following(scene.engine) as read:
        reader = read(0)
        await scene.accept()
        await reader.catch_up(1)
        renewed = await scene.engine.renew_epoch(shown=99)
        await scene.accept("bea")
        ids = await reader.catch_up(2)
        # The event may have been read in the moment between.
        assert ids[0].partition(".")[2] == "2"
        await scene.accept("carl")
        assert await reader.catch_up(3) == [f"{renewed}.3"]
        assert str(reader.reader.place) == f"{renewed}.3"
