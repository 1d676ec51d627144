"""Random histories: nothing is lost, nobody is overtaken, and the story told is the true one."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.core.engines.engine_world import ACCOUNTS, World
from tests.postgres_fixtures import run_sql

from relevo.engines.memory import MemoryEngine
from relevo.engines.port import Engine
from relevo.engines.postgres import PostgresEngine
from relevo.engines.records import Resolution
from relevo.engines.sqlite import SqliteEngine
from relevo.events import LATTICE, DeliveryStatus
from relevo.messages import Priority, UnknownPolicy
from relevo.testing.clock import FakeClock

_S = DeliveryStatus
_number = st.integers(0, 30)
_outcome = st.sampled_from([_S.ACCEPTED, _S.ACCEPTED, _S.QUEUED, _S.UNKNOWN, _S.FAILED])
_taken = st.lists(st.booleans(), min_size=3, max_size=3)
_resolution = st.sampled_from(list(Resolution))
OpenStore = Callable[[FakeClock], AbstractAsyncContextManager[Engine]]


@contextmanager
def own_schema(server: str) -> Iterator[str]:
    """Give the address of a schema of its own on a server."""
    schema = f"test_{secrets.token_hex(6)}"
    run_sql(server, f"CREATE SCHEMA {schema}")
    try:
        yield f"{server}{'&' if '?' in server else '?'}search_path={schema}"
    finally:
        run_sql(server, f"DROP SCHEMA {schema} CASCADE")


class EngineMachine(RuleBasedStateMachine):
    """Everything that can happen to an engine, in any order."""

    durable: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.clock = FakeClock()
        self.portal: BlockingPortal = self.stack.enter_context(start_blocking_portal("asyncio"))
        self.open_store = self.make_store()
        self.life = ExitStack()
        self.world = World(self.open(), self.clock)

    def make_store(self) -> OpenStore:
        """Give a function that opens this example's own store."""
        raise NotImplementedError

    def open(self) -> Engine:
        store = self.portal.wrap_async_context_manager(self.open_store(self.clock))
        return self.life.enter_context(store)

    def run(self, step: Callable[..., Awaitable[Any]], *values: Any) -> None:
        self.portal.call(step, *values)

    def teardown(self) -> None:
        with self.stack, self.life:
            self.portal.call(self.world.drain)

    @initialize(policy=st.sampled_from(list(UnknownPolicy)))
    def begin(self, policy: UnknownPolicy) -> None:
        for person in (0, 0, 1):
            self.run(self.world.enter, person, 0, policy, None, None, Priority.NORMAL)

    @rule(
        person=st.integers(0, 1),
        account=st.integers(0, 1),
        policy=st.sampled_from(list(UnknownPolicy)),
        life_s=st.sampled_from([None, None, 5, 40]),
        send_in_s=st.sampled_from([None, None, 4, 30]),
        priority=st.sampled_from(list(Priority)),
    )
    def enter(self, **what: Any) -> None:
        self.run(partial(self.world.enter, **what))

    @rule(limit=st.integers(1, 3), lease_s=st.sampled_from([5, 20]), taken=_taken)
    def claim(self, limit: int, lease_s: int, taken: list[bool]) -> None:
        self.run(self.world.claim, limit, lease_s, taken)

    @rule(taken=_taken, outcome=_outcome, in_s=st.sampled_from([0, 1, 8]))
    def send(self, taken: list[bool], outcome: DeliveryStatus, in_s: int) -> None:
        self.run(self.world.send, taken, outcome, in_s)

    @rule(
        number=_number,
        outcome=_outcome,
        in_s=st.sampled_from([0, 1, 8]),
        block_s=st.sampled_from([0, 0, 6]),
    )
    def finish(self, number: int, outcome: DeliveryStatus, in_s: int, block_s: int) -> None:
        self.run(self.world.finish, number, outcome, in_s, block_s)

    @rule(number=_number, status=st.sampled_from([None, *LATTICE]), echoes=st.booleans())
    def news(self, number: int, status: DeliveryStatus | None, echoes: bool) -> None:  # noqa: FBT001 - hypothesis names its values
        self.run(partial(self.world.news, number, status, echoes=echoes))

    @rule(seconds=st.sampled_from([1, 5, 20, 60]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(resolution=st.one_of(st.none(), _resolution), later=st.booleans())
    def look(self, resolution: Resolution | None, later: bool) -> None:  # noqa: FBT001 - as above
        self.run(partial(self.world.look, resolution, later=later))

    @rule(number=_number, resolution=_resolution)
    def resolve(self, number: int, resolution: Resolution) -> None:
        self.run(self.world.resolve, number, resolution)

    @rule(what=st.sampled_from(["cancel", "replay", "pause", "resume", "tidy"]), number=_number)
    def intervene(self, what: str, number: int) -> None:
        world = self.world
        if what == "cancel":
            self.run(world.cancel, number)
        elif what == "pause" and number < len(ACCOUNTS):
            self.run(world.pause, number)
        else:
            self.run({"replay": world.replay, "tidy": world.tidy}.get(what, world.resume))

    @precondition(lambda self: self.durable)
    @rule()
    def restart(self) -> None:
        self.life.close()
        self.world.use(self.open())
        self.run(self.world.check)


class MemoryMachine(EngineMachine):
    """In memory: a crash is a worker that falls silent."""

    def make_store(self) -> OpenStore:
        return lambda clock: MemoryEngine(clock=clock)


class SqliteMachine(EngineMachine):
    """On SQLite: the process may be gone at any time."""

    durable = True

    def make_store(self) -> OpenStore:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        return lambda clock: SqliteEngine(folder / "relevo.db", clock=clock)

    def restart(self) -> None:
        # Whoever opens the store alone knows that nobody sends any more.
        self.world.watcher.held.clear()
        super().restart()


class PostgresMachine(EngineMachine):
    """On PostgreSQL: a machine may be gone at any time, and others cannot know that it is."""

    durable = True
    server: ClassVar[str]

    def make_store(self) -> OpenStore:
        dsn = self.stack.enter_context(own_schema(self.server))
        return lambda clock: PostgresEngine(dsn, clock=clock)


def _few(examples: int, *, shrinks: bool = True) -> settings:
    unshrunk = (Phase.explicit, Phase.reuse, Phase.generate)
    return settings(
        max_examples=examples,
        phases=tuple(Phase) if shrinks else unshrunk,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def test_memory_engine_survives_random_histories() -> None:
    run_state_machine_as_test(MemoryMachine, settings=_few(80))


def test_sqlite_engine_survives_random_histories() -> None:
    run_state_machine_as_test(SqliteMachine, settings=_few(20))


def test_postgres_engine_survives_random_histories(postgres_server: str) -> None:
    class OnThisServer(PostgresMachine):
        server = postgres_server

    run_state_machine_as_test(OnThisServer, settings=_few(6, shrinks=False))
