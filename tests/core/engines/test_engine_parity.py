"""The same history on two engines looks the same, to the last event."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import anyio
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.core.engines.engine_world import ACCOUNTS, PEOPLE, World
from tests.core.engines.test_engine_machine import own_schema

from relevo.engines.memory import MemoryEngine
from relevo.engines.port import Engine
from relevo.engines.postgres import PostgresEngine
from relevo.engines.records import AccountState, Resolution
from relevo.engines.sqlite import SqliteEngine
from relevo.events import LATTICE, DeliveryStatus
from relevo.messages import Priority, UnknownPolicy
from relevo.testing.clock import FakeClock

_S = DeliveryStatus
_EVERYTHING = 100_000
_SEQUENCES = {"sequence", "first_sequence", "last_sequence"}
_number = st.integers(0, 30)
_people = st.integers(0, len(PEOPLE) - 1)
_accounts = st.integers(0, len(ACCOUNTS) - 1)
_taken = st.lists(st.booleans(), min_size=3, max_size=3)
_outcome = st.sampled_from([_S.ACCEPTED, _S.ACCEPTED, _S.QUEUED, _S.UNKNOWN, _S.FAILED])
_wait = st.sampled_from([0, 1, 8])
_step = st.one_of(
    st.tuples(
        st.just("enter"),
        _people,
        _accounts,
        st.sampled_from(list(UnknownPolicy)),
        st.sampled_from([None, None, 5, 40]),
        st.sampled_from([None, None, 4, 30]),
        st.sampled_from(list(Priority)),
    ),
    st.tuples(st.just("claim"), st.integers(1, 3), st.sampled_from([5, 20]), _taken),
    st.tuples(st.just("send"), _taken, _outcome, _wait),
    st.tuples(st.just("finish"), _number, _outcome, _wait, st.sampled_from([0, 0, 6])),
    st.tuples(st.just("hear"), _number, st.sampled_from([None, *LATTICE]), st.booleans()),
    st.tuples(st.just("advance"), st.sampled_from([1, 5, 20, 60])),
    st.tuples(st.just("decide"), st.sampled_from([None, *Resolution]), st.booleans()),
    st.tuples(st.just("resolve"), _number, st.sampled_from(list(Resolution))),
    st.tuples(st.sampled_from(["replay", "resume", "tidy"])),
    st.tuples(st.sampled_from(["cancel"]), _number),
    st.tuples(st.just("write"), _people),
    st.tuples(st.just("alias"), _people, _accounts),
)
Steps = Sequence[tuple[Any, ...]]
OpenStore = Callable[[FakeClock], AbstractAsyncContextManager[Engine]]
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example makes a schema of its own: looking for the smallest would take minutes."""
_histories = st.lists(_step, min_size=10, max_size=50)


async def _live(world: World, verb: str, *values: Any) -> object:
    match verb:
        case "hear":
            await world.news(values[0], values[1], echoes=values[2])
            return None
        case "decide":
            return await world.look(values[0], later=values[1])
        case _:
            return await getattr(world, verb)(*values)


async def _visible(world: World) -> str:
    """Write down everything that can be seen, with what is random told apart by order only."""
    engine = world.stage.engine
    records = await world.records(direction=None)
    events = await engine.events(0, limit=_EVERYTHING)
    standings = [await engine.standing(record.message_id) for record in records]
    threads = (await engine.conversations(limit=_EVERYTHING)).items
    # How far two clocks are apart is measured, and nothing an engine decides.
    pulse = replace(await engine.pulse(), engine="", extra={}, skew_s=0.0)
    accounts = await engine.account_states()
    seen = {
        "standings": [asdict(standing) for standing in standings],
        "threads": [asdict(thread) for thread in threads],
        "events": [event.model_dump(mode="json") for event in events],
        "pulse": asdict(pulse),
        # A store may keep a row of an account that nothing stands in the way of.
        "accounts": {name: asdict(one) for name, one in accounts.items() if one != AccountState()},
        "doubts": [asdict(doubt) for doubt in await engine.doubts(ACCOUNTS, _EVERYTHING)],
    }
    ranks = {one: rank for rank, one in enumerate(sorted(each.sequence for each in records), 1)}
    seen = _ranked(seen, ranks)
    text = json.dumps(seen, default=str, indent=1, sort_keys=True).replace(engine.epoch, "E")
    for record in records:
        text = text.replace(str(record.message_id), f"message-{ranks[record.sequence]}")
        text = text.replace(
            record.conversation_id, f"thread-{record.account}-{record.person.value}"
        )
    return text


def _ranked(value: Any, ranks: Mapping[int, int]) -> Any:
    """Tell sequences by their order: one that a store took for nothing leaves a gap."""
    if isinstance(value, list | tuple):
        return [_ranked(one, ranks) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ranks[one] if name in _SEQUENCES and one in ranks else _ranked(one, ranks)
        for name, one in value.items()
    }


async def _tell_both(steps: Steps, one: OpenStore, other: OpenStore) -> None:
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        engines = [await stack.enter_async_context(store(clock)) for store in (one, other)]
        worlds = [World(engine, clock) for engine in engines]
        for verb, *values in steps:
            if verb == "advance":
                clock.advance(values[0])
                continue
            first, second = [await _live(world, verb, *values) for world in worlds]
            assert first == second
        assert await _visible(worlds[0]) == await _visible(worlds[1])


@settings(max_examples=30, deadline=None)
@given(steps=_histories)
def test_memory_and_sqlite_tell_the_same_story(steps: Steps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "relevo.db"
        anyio.run(_tell_both, steps, MemoryEngine, lambda clock: SqliteEngine(path, clock=clock))


def test_memory_and_postgres_tell_the_same_story(postgres_server: str) -> None:
    @settings(max_examples=6, deadline=None, phases=_NO_SHRINKING)
    @given(steps=_histories)
    def tell(steps: Steps) -> None:
        with own_schema(postgres_server) as dsn:
            anyio.run(
                _tell_both, steps, MemoryEngine, lambda clock: PostgresEngine(dsn, clock=clock)
            )

    tell()
