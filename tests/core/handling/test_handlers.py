"""Handlers and sinks are handed every event, in order, at least once."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import anyio
import pytest
from tests.core.handling.hands import IN_TIME_S, QUICK, Notes, handled, place_of, tell

from relevo.engines.memory import MemoryEngine
from relevo.engines.records import Begin, Retention
from relevo.errors import ConfigurationError
from relevo.events import Event, EventType
from relevo.handlers import EventHandler, EventSink
from relevo.handling import Handling, HandlingTerms
from relevo.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine()


def crm(notes: Notes, **options: Any) -> EventHandler:
    return EventHandler(name="crm", handle=notes.take, **options)


async def test_handler_is_handed_events_in_order(engine: MemoryEngine) -> None:
    notes = Notes()
    async with handled(engine, crm(notes)):
        await tell(engine, "a", "b")
        await tell(engine, "c")
        await notes.until_told("a", "b", "c")
    assert [event.position for event in notes.events] == [1, 2, 3]


async def test_new_handler_begins_with_what_happens_from_now_on(engine: MemoryEngine) -> None:
    notes = Notes()
    await tell(engine, "before")
    handling = Handling(engine, [crm(notes)], worker="one", terms=QUICK)
    await handling.begin()
    await tell(engine, "at once")  # before anything runs
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handling.run)
        await notes.until_told("at once")
        handling.drain()


async def test_new_handler_begins_at_the_start_where_it_says_so(engine: MemoryEngine) -> None:
    notes = Notes()
    await tell(engine, "before")
    async with handled(engine, crm(notes, begin=Begin.START)):
        await tell(engine, "after")
        await notes.until_told("before", "after")


async def test_handler_goes_on_where_it_stopped(engine: MemoryEngine) -> None:
    """Stopping commits what was handed out; nothing of it comes again, nothing is left out."""
    for kind in ("first", "second", "third"):
        notes = Notes()
        async with handled(engine, crm(notes)):
            await tell(engine, kind)
            await notes.until_told(kind)


async def test_event_in_hand_is_finished_at_a_stop(engine: MemoryEngine) -> None:
    """And committed; the next one is not begun."""
    began, may_end, ended = anyio.Event(), anyio.Event(), list[str]()

    async def slowly(event: Event) -> None:
        began.set()
        await may_end.wait()
        ended.append(event.data["kind"])

    async with handled(engine, EventHandler(name="crm", handle=slowly)) as handling:
        await tell(engine, "a", "b")
        await began.wait()
        handling.drain()
        may_end.set()
    assert ended == ["a"]
    assert await place_of(engine, "crm") == (1, 1)


async def test_failing_event_comes_again_before_any_other(engine: MemoryEngine) -> None:
    def fail_twice(event: Event) -> None:
        if event.data["kind"] == "b" and notes.tries < 4:
            raise OSError

    notes = Notes(fail_twice)
    async with handled(engine, crm(notes)):
        await tell(engine, "a", "b", "c")
        await notes.until_told("a", "b", "c")
    assert notes.tries == 5


async def test_failing_handler_stops_nobody_else(engine: MemoryEngine) -> None:
    def fail(_: Event) -> None:
        raise OSError

    failing, notes = Notes(fail), Notes()
    other = EventHandler(name="search", handle=notes.take)
    async with handled(engine, crm(failing), other):
        await tell(engine, "a", "b")
        await notes.until_told("a", "b")
        await failing.until(lambda one: one.tries > 3)
    assert await place_of(engine, "crm") == (0, 2)
    assert await place_of(engine, "search") == (2, 0)
    troubles = {one.name: one.trouble for one in await engine.cursors()}
    assert troubles["search"] is None
    assert troubles["crm"] is not None
    assert (troubles["crm"].error, troubles["crm"].failures > 3) == ("OSError", True)


async def test_trouble_is_over_when_the_handler_goes_on(engine: MemoryEngine) -> None:
    def fail_once(_: Event) -> None:
        if notes.tries == 1:
            raise OSError

    notes = Notes(fail_once)
    async with handled(engine, crm(notes)):
        await tell(engine, "a")
        await notes.until_told("a")
    (record,) = await engine.cursors()
    assert (record.position, record.trouble) == (1, None)


async def test_failure_is_logged_without_anybodys_words(
    engine: MemoryEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """Who failed, how often, with what class of error and where; never what it said."""

    def fail(event: Event) -> None:
        if notes.tries < 3:
            msg = f"canary-541130946950 {event.data}"
            raise LookupError(msg)

    notes = Notes(fail)
    with caplog.at_level(logging.DEBUG):
        async with handled(engine, crm(notes)):
            await tell(engine, "canary-kind")
            await notes.until_told("canary-kind")
    first, second = [one.getMessage() for one in caplog.records if one.name == "relevo.handling"]
    assert "'crm' failed, 1 in a row: LookupError" in first
    assert __file__ in first
    assert second == "Event handler 'crm' failed, 2 in a row: LookupError"
    assert "canary" not in caplog.text.replace("canary-541130946950 {event.data}", "")


async def test_handler_that_hangs_fails_after_its_time(engine: MemoryEngine) -> None:
    tries = 0

    async def hang(_: Event) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await anyio.sleep_forever()

    with anyio.fail_after(IN_TIME_S):
        async with handled(engine, EventHandler(name="crm", handle=hang, timeout_s=0.05)):
            await tell(engine, "a")
            while tries < 2:
                await anyio.sleep(0.01)
    assert await place_of(engine, "crm") == (1, 0)


async def test_function_that_is_not_async_fails_and_says_so(
    engine: MemoryEngine, caplog: pytest.LogCaptureFixture
) -> None:
    called = anyio.Event()

    def plain(_: Event) -> Any:
        called.set()

    async with handled(engine, EventHandler(name="crm", handle=plain)):
        await tell(engine, "a")
        await called.wait()
        await anyio.sleep(0.02)
    assert "TypeError" in caplog.text
    assert await place_of(engine, "crm") == (0, 1)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_handler_that_cancels_itself_has_failed(engine: MemoryEngine) -> None:
    """It awaited something that was cancelled; nobody cancelled us."""

    def fail_once(_: Event) -> None:
        if notes.tries == 1:
            raise asyncio.CancelledError

    notes = Notes(fail_once)
    async with handled(engine, crm(notes)):
        await tell(engine, "a")
        await notes.until_told("a")
    assert notes.tries == 2


async def test_cancelling_cuts_the_handler_off_and_commits_what_was_done(
    engine: MemoryEngine,
) -> None:
    """The event in its hands is handed over again."""
    began = anyio.Event()

    async def slowly(event: Event) -> None:
        if event.data["kind"] == "b":
            began.set()
            await anyio.sleep_forever()

    handling = Handling(engine, [EventHandler(name="crm", handle=slowly)], worker="one")
    await handling.begin()
    with anyio.fail_after(IN_TIME_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(handling.run)
            await tell(engine, "a", "b")
            await began.wait()
            tasks.cancel_scope.cancel()
    assert await place_of(engine, "crm") == (1, 1)
    (record,) = await engine.cursors()
    assert (record.worker, record.trouble) == (None, None)


async def test_stop_does_not_wait_for_the_next_try(engine: MemoryEngine) -> None:
    def fail(_: Event) -> None:
        raise OSError

    notes = Notes(fail)
    slow = HandlingTerms(retry_base_s=600, retry_cap_s=600)
    with anyio.fail_after(IN_TIME_S):
        async with handled(engine, crm(notes), terms=slow):
            await tell(engine, "a")
            await notes.until(lambda one: one.tries == 1)
    assert await place_of(engine, "crm") == (0, 1)


async def test_filtered_handler_is_handed_only_what_it_asked_for(engine: MemoryEngine) -> None:
    """Its cursor goes on all the same: what it did not want is no debt."""
    notes = Notes()
    wanted = EventHandler(
        name="crm", handle=notes.take, types=[EventType.ACCOUNT], accounts=["clinic"]
    )
    async with handled(engine, wanted, terms=HandlingTerms(lease_s=0.6, poll_s=0.02)):
        await tell(engine, "not this", account="shop")
        await tell(engine, "this", account="clinic")
        await tell(engine, "nor this", account="shop")
        await notes.until_told("this")
        with anyio.fail_after(IN_TIME_S):
            while await place_of(engine, "crm") != (3, 0):
                await anyio.sleep(0.02)
    assert notes.told == ["this"]


async def test_sink_is_handed_many_at_once(engine: MemoryEngine) -> None:
    """In order, no more than it takes; what failed comes again as it was."""

    def fail_once(event: Event) -> None:
        sizes.add(notes.tries)
        if event.data["kind"] == "c" and notes.tries == 2:
            raise OSError

    sizes = set[int]()
    notes = Notes(fail_once)
    async with handled(
        engine, EventSink(name="crm", write=notes.take_all, most=2, begin=Begin.START)
    ):
        await tell(engine, "a", "b", "c", "d", "e")
        await notes.until_told("a", "b", "c", "d", "e")
    assert notes.tries == 4


async def test_handler_is_told_what_was_purged_before_it_came(engine: MemoryEngine) -> None:
    clock = FakeClock()
    engine = MemoryEngine(clock)
    notes = Notes()
    async with handled(engine, crm(notes, types=[EventType.INBOUND])):
        pass
    await tell(engine, "a", "b")
    clock.advance(10)
    await engine.tidy(Retention(events_s=5))
    async with handled(engine, crm(notes, types=[EventType.INBOUND])):
        await notes.until_told("messaging.gap")
    (gap,) = notes.events
    assert (gap.data["from"], gap.data["to"]) == (1, 2)
    assert await place_of(engine, "crm") == (2, 0)


async def test_handler_is_told_that_the_log_was_begun_anew(engine: MemoryEngine) -> None:
    """Once, before anything else, however often it fails to hear it; then it goes on."""

    def fail_once(_: Event) -> None:
        if notes.tries == 1:
            raise OSError

    notes, first = Notes(fail_once), Notes()
    async with handled(engine, crm(first)):
        await tell(engine, "a")
        await first.until_told("a")
    before = engine.epoch
    await engine.renew_epoch(shown=9)
    async with handled(engine, crm(notes)):
        await tell(engine, "b")
        await notes.until_told("messaging.gap", "b")
    gap = notes.events[0]
    assert gap.id == f"{engine.epoch}.1"
    assert (gap.data["epoch_before"], gap.data["continues_after"]) == (before, 1)
    again = Notes()
    async with handled(engine, crm(again)):
        await tell(engine, "c")
        await again.until_told("c")


async def test_handler_above_the_head_reads_everything_again(engine: MemoryEngine) -> None:
    """Rather again than never: which events the log lost nobody knows."""
    lease = await engine.take_cursor("crm", "one", lease_s=1)
    assert lease is not None
    await engine.move_cursor(lease.at(7), lease_s=1)
    await engine.release_cursor(lease)
    notes = Notes()
    await tell(engine, "a")
    async with handled(engine, crm(notes)):
        await tell(engine, "b")
        await notes.until_told("messaging.gap", "a", "b")


@pytest.mark.parametrize("name", ["", "Crm", "c r m", "é", "-crm", "c" * 101])
async def test_name_that_cannot_be_a_cursors_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no name for an event handler"):
        EventHandler(name=name, handle=Notes().take)


async def test_numbers_and_lists_that_make_no_sense_are_refused() -> None:
    take = Notes().take
    with pytest.raises(ConfigurationError, match="timeout_s"):
        EventHandler(name="crm", handle=take, timeout_s=0)
    with pytest.raises(ConfigurationError, match="as lists"):
        EventHandler(name="crm", handle=take, accounts="shop")
    wrong: Any = ["messaging.inbund"]
    with pytest.raises(ConfigurationError, match=r"messaging\.inbund is nothing"):
        EventHandler(name="crm", handle=take, types=wrong)
    wrong = "tail"
    with pytest.raises(ConfigurationError, match="tail is nothing"):
        EventHandler(name="crm", handle=take, begin=wrong)
    with pytest.raises(ConfigurationError, match="most"):
        EventSink(name="crm", write=Notes().take_all, most=0)


async def test_two_handlers_of_one_name_are_refused(engine: MemoryEngine) -> None:
    """They would share one cursor, and each would get half."""
    with pytest.raises(ConfigurationError, match="'crm'"):
        Handling(engine, [crm(Notes()), crm(Notes())], worker="one")


class Forgetful(MemoryEngine):
    """An engine whose log can lose its end while it is open, as at a failover."""

    def lose(self, events: int) -> None:
        for _ in range(events):
            self._rows._events.pop()


async def test_handler_notices_that_the_log_lost_its_end() -> None:
    """A standby took over that lacked the newest events: it does not wait for their positions."""
    engine, notes = Forgetful(), Notes()
    async with handled(engine, crm(notes)):
        await tell(engine, "a", "b", "c")
        await notes.until_told("a", "b", "c")
        with anyio.fail_after(IN_TIME_S):
            while await place_of(engine, "crm") != (3, 0):
                await anyio.sleep(0.02)
        engine.lose(2)
        await notes.until(lambda one: len(one.told) == 5)
        await tell(engine, "d")
        await notes.until(lambda one: one.told[-1] == "d")
    assert notes.told[3:] == ["messaging.gap", "a", "d"]
