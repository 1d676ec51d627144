"""Group commit: the changes of many callers share transactions.

A commit waits for the disk once, however many changes it holds. While one is on
its way the next changes gather. There are a few writers, so that one commit's
wait is another's work; changes to one lane always go to the same one, in order.
"""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from anyio import CancelScope

from relevo.engines.postgres.connections import CommitUnknown
from relevo.engines.postgres.faults import LOST, OF_VALUES, STORE_ERRORS, is_lost, is_outage
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.transactions import Outcome, Step, Transactions
from relevo.errors import EngineBusy, EngineUnavailable
from relevo.redaction import frames_of

logger = logging.getLogger("relevo.engines.postgres")

_LARGEST_BATCH: Final = 256
_PATIENCE_S: Final = 15.0
_PAUSE_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Unit:
    """One caller's change and where its answer goes.

    Args:
        step: What to do.
        needs: What it will ask for.
        answer: Hears of it.
        repeatable: Doing it again after it was kept changes nothing, and answers the same.
    """

    step: Step
    needs: Needs
    answer: asyncio.Future[Any]
    repeatable: bool


class Writers:
    """Take changes in, commit them in groups, answer after the commit.

    Args:
        transactions: What commits.
        count: How many commits may be on their way.
        most_waiting: How many changes may wait.
    """

    def __init__(self, transactions: Transactions, *, count: int, most_waiting: int) -> None:
        self._transactions = transactions
        self._most_waiting = most_waiting
        self._waiting: list[deque[Unit]] = [deque() for _ in range(count)]
        self._wakes = [asyncio.Event() for _ in range(count)]
        self._tasks: list[asyncio.Task[None]] = []
        self._began_at: list[float | None] = [None] * count
        """When each began the commit that is on its way; None: it is free."""
        self._closed = False
        self.fault: Exception | None = None
        """Why the last change could not be written; None once one is."""

    @property
    def waiting(self) -> int:
        """How many changes wait for their commit."""
        return sum(map(len, self._waiting))

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [
            asyncio.create_task(self._run(number), name=f"relevo-postgres-writer-{number}")
            for number in range(len(self._waiting))
        ]

    async def close(self) -> None:
        """Commit what waits, then stop."""
        self._closed = True
        for wake in self._wakes:
            wake.set()
        with CancelScope(shield=True):
            await asyncio.gather(*self._tasks)

    def submit(
        self,
        step: Step,
        needs: Needs,
        *,
        lane: str | None = None,
        repeatable: bool = False,
        may_refuse: bool = False,
    ) -> asyncio.Future[Any]:
        """Take a change in. It is made even if nobody waits for the answer any more.

        Raises:
            EngineBusy: Too many changes wait, and this one may be refused.
            EngineUnavailable: The engine is closed.
        """
        if self._closed:
            msg = f"The PostgreSQL database {self._named} is closed."
            raise EngineUnavailable(msg)
        if may_refuse and self.waiting >= self._most_waiting:
            msg = (
                f"The PostgreSQL database {self._named} has {self._most_waiting} changes waiting; "
                "nothing of this one was kept. Try again in a moment."
            )
            raise EngineBusy(msg)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if lane is None:
            number = self._soonest()
        else:
            number = zlib.crc32(lane.encode("utf-8", "replace")) % len(self._waiting)
        self._waiting[number].append(Unit(step, needs, answer, repeatable))
        self._wakes[number].set()
        return answer

    def _soonest(self) -> int:
        """Choose who commits a change of no certain lane: soon, and in company.

        Changes that come together then share one transaction, and with it its round
        trips; spread over all writers each few of them would pay for their own.
        """

        def rank(number: int) -> tuple[float, bool]:
            return self._began_at[number] or 0.0, not self._waiting[number]

        return min(range(len(self._waiting)), key=rank)

    @property
    def _named(self) -> str:
        return str(self._transactions.connections.named)

    async def _run(self, number: int) -> None:
        waiting, wake = self._waiting[number], self._wakes[number]
        last_size = 1
        while waiting or not self._closed:
            if not waiting:
                wake.clear()
                await wake.wait()
                continue
            if last_size > 1:
                # Those who were just answered get their turn to come back.
                await asyncio.sleep(0)
            batch = [waiting.popleft() for _ in range(min(len(waiting), _LARGEST_BATCH))]
            last_size = len(batch)
            self._began_at[number] = time.monotonic()
            try:
                await self._settle(batch)
            finally:
                self._began_at[number] = None

    async def _settle(self, batch: list[Unit]) -> None:
        """Commit a batch and answer; what cannot be kept together is tried apart."""
        try:
            outcomes = await self._commit(batch)
        except OF_VALUES as error:
            if len(batch) > 1:
                for unit in batch:
                    await self._settle([unit])
                return
            outcomes = self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller must hear of it
            outcomes = self._fail(batch, error)
        for unit, outcome in zip(batch, outcomes, strict=True):
            if unit.answer.done():
                continue  # nobody waits any more; the change stays
            if outcome.error is None:
                unit.answer.set_result(outcome.value)
            else:
                unit.answer.set_exception(outcome.error)

    async def _commit(self, batch: Sequence[Unit]) -> Sequence[Outcome]:
        """Commit, again on another connection where one was lost and that is safe."""
        needs = Needs()
        for unit in batch:
            needs.add(unit.needs)
        steps = [unit.step for unit in batch]
        give_up_at = time.monotonic() + _PATIENCE_S
        try:
            return await self._try_twice(steps, needs)
        except CommitUnknown:
            if not all(unit.repeatable for unit in batch):
                return await self._sort_out(batch)
        # Whether it was kept shows when it is done again, as soon as the database is back.
        while time.monotonic() < give_up_at:
            await asyncio.sleep(_PAUSE_S)
            with suppress(CommitUnknown, EngineUnavailable, *LOST):
                return await self._try_twice(steps, needs)
        raise self._transactions.connections.named.in_doubt()

    async def _try_twice(self, steps: Sequence[Step], needs: Needs) -> list[Outcome]:
        """Commit; a connection may have died in the pool, and a new one tells whether all is."""
        try:
            outcomes = await self._transactions.run(steps, needs)
        except STORE_ERRORS as error:
            if not is_lost(error):
                raise
            outcomes = await self._transactions.run(steps, needs)
        self.fault = None
        return outcomes

    async def _sort_out(self, batch: Sequence[Unit]) -> list[Outcome]:
        """After a commit of unknown outcome: repeat what may be repeated, tell the others."""
        in_doubt = Outcome(error=self._transactions.connections.named.in_doubt())
        safe = [unit for unit in batch if unit.repeatable]
        answers = dict(zip(map(id, safe), await self._commit(safe), strict=True)) if safe else {}
        return [answers.get(id(unit), in_doubt) for unit in batch]

    def _fail(self, batch: Sequence[Unit], error: Exception) -> list[Outcome]:
        if isinstance(error, STORE_ERRORS):
            fault: Exception = self._transactions.connections.named.unavailable(error)
            fault.__cause__ = error
            # Who waits for the store tells of an outage, once for the process.
            level = logging.DEBUG if is_outage(error) else logging.ERROR
            logger.log(level, "%s %s", fault, frames_of(error))
        else:
            fault = error
        if isinstance(fault, EngineUnavailable) and not isinstance(error, OF_VALUES):
            self.fault = fault
        return [Outcome(error=fault)] * len(batch)
