"""A store that fails is told once for a whole process, and once when it works again."""

from __future__ import annotations

import logging

import anyio
import pytest

import relevo
from relevo import attendance
from relevo.engines.memory import MemoryEngine
from relevo.errors import EngineBusy, EngineUnavailable, NotInDoubt
from relevo.runtime import open_runtime
from relevo.store_watch import REMIND_EVERY_S, StoreWatch

AWAY = EngineUnavailable("The PostgreSQL database relevo at db:5432 failed: it is away.")


class Seconds:
    """Counts as it is told."""

    s = 1_000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def watch(seconds: Seconds) -> StoreWatch:
    return StoreWatch(elapsed=seconds)


def test_first_failure_is_a_warning_that_says_what_where_and_what_happens_meanwhile(
    watch: StoreWatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch.failed("the worker", AWAY)
    (line,) = caplog.records
    said = line.getMessage()
    assert line.levelno == logging.WARNING
    assert "as the worker noticed" in said
    assert "relevo at db:5432" in said
    assert "503" in said
    assert "by itself" in said


def test_other_parts_and_later_tries_are_for_debugging(
    watch: StoreWatch, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "relevo.store"):
        for part in ("the worker", "the receiver", "upkeep"):
            for _ in range(5):
                watch.failed(part, AWAY)
                seconds.s += 1
    assert [line.levelno for line in caplog.records] == [logging.WARNING] + [logging.DEBUG] * 14
    assert "upkeep" in caplog.text


def test_reminder_comes_once_a_minute_and_tells_for_how_long(
    watch: StoreWatch, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(180):
        watch.failed("the worker", AWAY)
        seconds.s += 1
    told = [line.getMessage() for line in caplog.records]
    assert ["has failed for 60 s" in told[1], "has failed for 120 s" in told[2]] == [True, True]
    assert len(told) == 3


def test_return_is_told_once_with_how_long_it_took(
    watch: StoreWatch, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    watch.works()
    assert caplog.records == []
    watch.failed("the worker", AWAY)
    seconds.s += 42.5
    watch.works()
    watch.works()
    _, back = caplog.records
    assert back.levelno == logging.WARNING  # whoever read of the one reads of the other
    assert "works again, after 42.5 s" in back.getMessage()


def test_store_that_comes_and_goes_does_not_fill_the_log(
    watch: StoreWatch, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    """Two lines a minute at most; one that stays away is told when the minute is over."""
    for _ in range(30):
        watch.failed("the worker", AWAY)
        seconds.s += 1
        watch.works()
        seconds.s += 1
    assert len(caplog.records) == 2
    watch.failed("the worker", AWAY)
    assert len(caplog.records) == 3
    seconds.s += 1
    watch.works()
    watch.failed("the worker", AWAY)
    assert len(caplog.records) == 4
    seconds.s += REMIND_EVERY_S
    watch.failed("the worker", AWAY)
    assert "noticed" in caplog.records[-1].getMessage()


def test_store_that_is_too_busy_fails_too_and_a_refusal_is_no_outage(
    watch: StoreWatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch.failed("the receiver", EngineBusy("Too many changes wait."))
    watch.failed("the receiver", NotInDoubt("Its outcome is known."))
    busy, refused = caplog.records
    assert (busy.levelno, refused.levelno) == (logging.WARNING, logging.ERROR)
    assert "refuses the receiver" in refused.getMessage()


@pytest.mark.anyio
async def test_whole_process_tells_of_one_outage_in_two_lines(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Worker, receiver, reconciler, upkeep and all the rest fail again and again meanwhile."""
    monkeypatch.setattr(attendance, "EVERY_S", 0.005)
    monkeypatch.setattr(attendance, "AGAIN_S", 0.005)
    away = False
    failures = 0

    async def look() -> None:
        nonlocal failures
        if away:
            failures += 1
            raise AWAY
        await anyio.sleep(0.005)

    for verb in ("claim", "pending_webhooks", "doubts", "attend", "expire", "claim_media"):
        real = getattr(MemoryEngine, verb)

        async def verb_or_fail(
            self: MemoryEngine, *args: object, _real: object = real, **more: object
        ) -> object:
            await look()
            return await _real(self, *args, **more)  # type: ignore[operator]

        monkeypatch.setattr(MemoryEngine, verb, verb_or_fail)
    settings = relevo.parse_settings({"accounts": {}})
    with caplog.at_level(logging.INFO, "relevo"):
        async with open_runtime(settings):
            away = True
            with anyio.fail_after(30):
                while failures < 8:
                    await anyio.sleep(0.005)
                away = False
                while "works again, after" not in caplog.text:
                    await anyio.sleep(0.005)
    assert [line.name for line in caplog.records] == ["relevo.store", "relevo.store"]
    assert "Traceback" not in caplog.text
