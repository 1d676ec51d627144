"""One reader of the log: compete for its cursor, hand out what lies above it, go on."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence

import anyio

from relevo.engines.outcomes import make_event
from relevo.engines.records import CursorTrouble
from relevo.errors import EngineError
from relevo.events import Event, EventType, utc_now
from relevo.handlers import EventReader
from relevo.handling.attempt import attempt
from relevo.handling.context import HandlerContext
from relevo.handling.holding import Hold
from relevo.handling.terms import HandledLog, HandlingTerms
from relevo.redaction import frames_of
from relevo.store_watch import StoreWatch

logger = logging.getLogger("relevo.handling")

PAGE = 200
_LET_GO_S = 5.0
_BEGUN_ANEW = "the log was begun anew since"


class ReaderRun:
    """Read on for one handler or sink whenever its cursor is free.

    Args:
        engine: Whose log is read.
        reader: Who is handed events.
        worker: Our name among those that compete.
        terms: The numbers.
        context: Given to a reader that wants it.
        jitter: Gives a number in [0, 1).
        store_watch: Hears that it waits for the store.
    """

    def __init__(
        self,
        engine: HandledLog,
        reader: EventReader,
        *,
        worker: str,
        terms: HandlingTerms,
        context: HandlerContext | None = None,
        jitter: Callable[[], float] = random.random,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self._engine = engine
        self._reader = reader
        self._worker = worker
        self._terms = terms
        self._context = context
        self._jitter = jitter
        self._store_watch = store_watch or StoreWatch()
        self._query = reader.query
        self._draining = False
        self._resting = anyio.CancelScope()

    async def begin(self) -> Hold | None:
        """Take the cursor, or make it; None: another has it.

        Raises:
            EngineError: The store cannot be read or written.
        """
        since = anyio.current_time()
        lease_s = self._terms.lease_s
        lease = await self._engine.take_cursor(
            self._reader.name, self._worker, lease_s=lease_s, begin=self._reader.begin
        )
        if lease is None:
            return None
        return Hold(
            self._engine, lease, lease_s=lease_s, since=since, store_watch=self._store_watch
        )

    def drain(self) -> None:
        """Begin nothing more; what is in the handler's hands is finished, then `run` returns."""
        self._draining = True
        self._resting.cancel()

    async def run(self) -> None:
        """Work until drained or cancelled, whatever the handler does."""
        while not self._draining:
            try:
                hold = await self.begin()
                if hold is not None:
                    await self._read_on(hold)
                    continue
            except EngineError as error:
                self._store_watch.failed(f"event handler {self._reader.name!r}", error)
            except Exception as error:  # noqa: BLE001 - one reader must not stop the others
                logger.error("Event handler %r waits: %s", self._reader.name, frames_of(error))  # noqa: TRY400 - its words may be a person's
            await self._rest(self._terms.compete_s)

    async def _read_on(self, hold: Hold) -> None:
        away: EngineError | None = None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(hold.watch, tasks.cancel_scope)
                try:
                    await self._hand_out(hold)
                except EngineError as error:
                    away = error
                tasks.cancel_scope.cancel()
        finally:
            with anyio.move_on_after(_LET_GO_S, shield=True):
                await hold.let_go()
        if away is not None:
            raise away

    async def _hand_out(self, hold: Hold) -> None:
        """Hand out what lies above the cursor, page by page, until drained."""
        if not hold.joined:
            if not await self._hand(hold, [self._tell_anew(hold)]):
                return
            hold.joined = True
            hold.go_on(hold.position, handed=True)
        while not self._draining:
            head = await self._wait(hold.position)
            if head < hold.position and await self._engine.head() < hold.position:
                return  # the log lost what we have seen: the cursor is taken anew
            if head <= hold.position:
                continue
            # The head is asked for before the page: what comes in between is not skipped.
            size = max(PAGE, self._reader.at_once)
            page = await self._engine.events(hold.position, limit=size, query=self._query)
            for events in _parts(page, self._reader.at_once):
                if not await self._hand(hold, events):
                    return
                hold.go_on(events[-1].position, handed=True)
            if len(page) < size:
                hold.go_on(max(head, hold.position), handed=False)
            if page:
                hold.hurry()

    async def _hand(self, hold: Hold, events: Sequence[Event]) -> bool:
        """Hand events over until they are taken; False: not any more, we are to stop."""
        failures = 0
        while not self._draining:
            error = await attempt(self._reader, events, self._context)
            if error is None:
                return True
            failures += 1
            hold.fail(CursorTrouble(failures, type(error).__name__))
            self._complain(error, failures)
            await self._rest(self._terms.backoff_s(failures) * self._jitter())
        return False

    def _complain(self, error: BaseException, failures: int) -> None:
        """Say that it failed and where, not with what words: they may be a person's."""
        told = frames_of(error) if failures == 1 else type(error).__name__
        name = self._reader.name
        logger.error("Event handler %r failed, %d in a row: %s", name, failures, told)

    def _tell_anew(self, hold: Hold) -> Event:
        """Tell that what was handed out before and what follows do not join."""
        lease = hold.lease
        return make_event(
            lease.log_epoch,
            lease.position,
            EventType.GAP,
            account="",
            subject=None,
            time=utc_now(),
            data={
                "epoch_before": lease.epoch,
                "continues_after": lease.position,
                "reason": _BEGUN_ANEW,
            },
        )

    async def _wait(self, after: int) -> int:
        with anyio.CancelScope() as self._resting:
            return await self._engine.wait_for_events(after, self._terms.poll_s)
        return after

    async def _rest(self, seconds: float) -> None:
        if self._draining:
            return
        with anyio.CancelScope() as self._resting:
            await anyio.sleep(seconds)


def _parts(page: Sequence[Event], at_once: int) -> Iterator[Sequence[Event]]:
    for first in range(0, len(page), at_once):
        yield page[first : first + at_once]
