"""Cursors: who may read on, from where, and that nothing is skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from relevo.engines.records import Begin, CursorLease, CursorTrouble, Retention
from relevo.events import AccountUpdate, EventType
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import OpenEngine
from relevo.testing.engine_rules.stage import Stage, StageSetup

_LEASE_S = 20.0
_FAILING = CursorTrouble(3, "ConnectionError")


async def _tell(stage: Stage, times: int = 1) -> None:
    for number in range(times):
        await stage.hear(AccountUpdate(f"news-{number}"))


async def _ask(
    stage: Stage, worker: str = "one", *, name: str = "crm", begin: Begin = Begin.HEAD
) -> CursorLease | None:
    return await stage.engine.take_cursor(name, worker, lease_s=_LEASE_S, begin=begin)


async def _take(
    stage: Stage, worker: str = "one", *, name: str = "crm", begin: Begin = Begin.HEAD
) -> CursorLease:
    lease = await _ask(stage, worker, name=name, begin=begin)
    assert lease is not None, "another has it"
    return lease


async def _move(
    stage: Stage, lease: CursorLease, position: int, trouble: CursorTrouble | None = None
) -> CursorLease | None:
    return await stage.engine.move_cursor(lease.at(position), lease_s=_LEASE_S, trouble=trouble)


@pytest.mark.anyio
class CursorRules(StageSetup):
    """Where a reader begins, goes on, and what it is told."""

    async def test_new_cursor_begins_at_the_head(self, stage: Stage) -> None:
        """What happened before its name was known is not its affair."""
        await _tell(stage, 3)
        lease = await _take(stage)
        assert (lease.name, lease.worker, lease.position) == ("crm", "one", 3)
        assert lease.epoch == lease.log_epoch == stage.engine.epoch
        assert lease.until == stage.at(_LEASE_S)

    async def test_new_cursor_begins_at_the_start_where_asked(self, stage: Stage) -> None:
        """Only while it is new."""
        await _tell(stage, 3)
        lease = await _take(stage, begin=Begin.START)
        assert lease.position == 0
        await _move(stage, lease, 2)
        assert (await _take(stage, begin=Begin.START)).position == 2

    async def test_new_cursor_stays_where_it_began(self, stage: Stage) -> None:
        """Taken, let go and taken again before it ever moved: it misses nothing in between."""
        await stage.engine.release_cursor(await _take(stage))
        await _tell(stage, 2)
        assert (await _take(stage, "other")).position == 0

    async def test_cursor_goes_on_where_it_was_moved_to(self, stage: Stage) -> None:
        """Whoever takes it next."""
        lease = await _take(stage)
        await _tell(stage, 3)
        moved = await _move(stage, lease, 2)
        assert moved is not None
        assert (moved.position, moved.token) == (2, lease.token)
        await stage.engine.release_cursor(moved)
        assert (await _take(stage, "other")).position == 2

    async def test_cursor_never_goes_back(self, stage: Stage) -> None:
        """Keeping it again, or late, changes nothing."""
        lease = await _take(stage)
        await _tell(stage, 3)
        for position in (3, 3, 1):
            moved = await _move(stage, lease, position)
            assert moved is not None
            assert moved.position == 3

    async def test_cursors_do_not_know_each_other(self, stage: Stage) -> None:
        """Each name has its own place and holder."""
        await _take(stage, "one", name="crm")
        await _tell(stage, 2)
        assert (await _take(stage, "other", name="search")).position == 2
        names = [(one.name, one.behind, one.worker) for one in await stage.engine.cursors()]
        assert names == [("crm", 2, "one"), ("search", 0, "other")]

    async def test_cursor_tells_how_it_is(self, stage: Stage) -> None:
        """Where, how far behind, since when, in whose hands, and what is wrong."""
        lease = await _take(stage)
        await _tell(stage, 3)
        stage.clock.advance(5)
        moved = await _move(stage, lease, 1, _FAILING)
        assert moved is not None
        went_on_at = stage.clock()
        stage.clock.advance(5)
        await _move(stage, moved, 1, _FAILING)
        (record,) = await stage.engine.cursors()
        assert (record.position, record.behind, record.worker) == (1, 2, "one")
        assert (record.moved_at, record.trouble) == (went_on_at, _FAILING)
        await _move(stage, moved, 3)
        (record,) = await stage.engine.cursors()
        assert (record.behind, record.trouble) == (0, None)
        stage.clock.advance(_LEASE_S)
        (record,) = await stage.engine.cursors()
        assert record.worker is None

    async def test_forgotten_cursor_begins_anew(self, stage: Stage) -> None:
        """Its holder is no longer one."""
        lease = await _take(stage)
        await _tell(stage, 2)
        assert await stage.engine.forget_cursor("crm")
        assert not await stage.engine.forget_cursor("crm")
        assert await stage.engine.cursors() == []
        assert await _move(stage, lease, 2) is None
        assert await stage.engine.cursors() == []
        assert (await _take(stage)).position == 2

    async def test_cursor_below_what_is_kept_is_told_of_the_gap(self, stage: Stage) -> None:
        """It holds no event back from being purged."""
        lease = await _take(stage)
        await _tell(stage, 3)
        stage.clock.advance(10)
        await _tell(stage)
        assert (await stage.engine.tidy(Retention(events_s=5))).events == 3
        gap, last = await stage.engine.events(lease.position)
        assert (gap.type, gap.position, last.position) == (EventType.GAP, 3, 4)
        assert (await stage.engine.cursors())[0].position == 0


@pytest.mark.anyio
class CursorLeaseRules(StageSetup):
    """One holder at a time, and the fence."""

    async def test_cursor_has_one_holder(self, stage: Stage) -> None:
        """Until it lets go or its lease ends."""
        lease = await _take(stage, "one")
        assert await _ask(stage, "other") is None
        await stage.engine.release_cursor(lease)
        await _take(stage, "other")
        assert await _ask(stage, "one") is None
        stage.clock.advance(_LEASE_S - 1)
        assert await _ask(stage, "one") is None
        stage.clock.advance(1)
        await _take(stage, "one")

    async def test_moving_lengthens_the_lease(self, stage: Stage) -> None:
        """Also where nothing was handed out."""
        lease = await _take(stage, "one")
        stage.clock.advance(_LEASE_S - 1)
        moved = await _move(stage, lease, 0)
        assert moved is not None
        assert moved.until == stage.clock() + timedelta(seconds=_LEASE_S)
        stage.clock.advance(_LEASE_S - 1)
        assert await _ask(stage, "other") is None

    async def test_late_holder_keeps_it_while_nobody_took_it(self, stage: Stage) -> None:
        """The fence is the token, not the time."""
        lease = await _take(stage)
        await _tell(stage)
        stage.clock.advance(2 * _LEASE_S)
        assert await _move(stage, lease, 1) is not None
        assert await _ask(stage, "other") is None

    async def test_holder_that_lost_it_moves_nothing(self, stage: Stage) -> None:
        """Nor lets it go for the one that has it."""
        stale = await _take(stage, "one")
        await _tell(stage, 3)
        stage.clock.advance(_LEASE_S)
        lease = await _take(stage, "other")
        assert lease.token != stale.token
        assert await _move(stage, stale, 3) is None
        await stage.engine.release_cursor(stale)
        (record,) = await stage.engine.cursors()
        assert (record.position, record.worker) == (0, "other")

    async def test_worker_that_takes_its_own_again_ends_its_old_lease(self, stage: Stage) -> None:
        """It may not know that it has it: the answer was lost."""
        before = await _take(stage, "one")
        lease = await _take(stage, "one")
        assert lease.token != before.token
        assert await _move(stage, before, 0) is None
        assert await _move(stage, lease, 0) is not None


@pytest.mark.anyio
class CursorEpochRules(StageSetup):
    """A store that was put back to an earlier day: rather again than never."""

    async def test_new_epoch_moves_no_cursor_and_is_told(self, stage: Stage) -> None:
        """A cursor was put back with its log; until it is moved it says that the log was."""
        await _tell(stage, 3)
        before = stage.engine.epoch
        lease = await _take(stage)
        await stage.engine.renew_epoch(shown=9)
        for _ in range(2):
            lease = await _take(stage)
            assert (lease.position, lease.epoch) == (3, before)
            assert lease.log_epoch == stage.engine.epoch != before
            assert await stage.engine.move_cursor(lease, lease_s=_LEASE_S) is not None
        assert await _move(stage, lease, 3) is not None
        lease = await _take(stage)
        assert lease.epoch == lease.log_epoch == stage.engine.epoch

    async def test_cursor_above_the_head_goes_back_to_the_start(self, stage: Stage) -> None:
        """The log lost what it had seen and others have those positions: it gets a new epoch."""
        await _tell(stage, 2)
        before = stage.engine.epoch
        lease = await _take(stage)
        await stage.engine.release_cursor(lease)
        await _put_above(stage, 5)
        assert (await stage.engine.cursors())[0].behind == 0
        lease = await _take(stage, "other")
        assert (lease.position, lease.epoch) == (0, before)
        assert lease.log_epoch == stage.engine.epoch != before
        await _tell(stage, 4)
        stage.clock.advance(_LEASE_S)
        again = await _take(stage, "one")
        assert (again.position, again.epoch, again.log_epoch) == (0, before, lease.log_epoch)


async def _put_above(stage: Stage, position: int) -> None:
    """Move a cursor where the log does not reach, as a log put back would leave it."""
    lease = await _take(stage)
    assert await stage.engine.move_cursor(replace(lease, position=position), lease_s=_LEASE_S)
    await stage.engine.release_cursor(lease)


@pytest.mark.anyio
class CursorRestartRules(StageSetup):
    """What outlives the process."""

    async def test_cursor_outlives_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """With its place and its trouble."""
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            lease = await _take(stage)
            await _tell(stage, 3)
            moved = await _move(stage, lease, 2, _FAILING)
            assert moved is not None
            await engine.release_cursor(moved)
            (before,) = await engine.cursors()
        async with open_engine(clock) as engine:
            assert await engine.cursors() == [before]
            assert (before.position, before.trouble) == (2, _FAILING)
            assert (await _take(Stage(engine, clock), "other")).position == 2


@pytest.mark.anyio
class CursorTakeBackRules(StageSetup):
    """A store that only one process opens."""

    async def test_cursor_of_a_process_that_died_is_free_at_once(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Nobody else can have it."""
        async with open_engine(clock) as engine:
            stale = await _take(Stage(engine, clock), "one")
        async with open_engine(clock) as engine:
            stage = Stage(engine, clock)
            assert await _move(stage, stale, 0) is None
            await _take(stage, "other")
