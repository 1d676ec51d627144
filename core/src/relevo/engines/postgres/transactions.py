"""Run steps in one transaction: load under locks, decide in memory, write, commit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from relevo.engines.port import Clock
from relevo.engines.postgres.connections import CommitUnknown, Connection, Connections
from relevo.engines.postgres.faults import RING
from relevo.engines.postgres.flushing import flush
from relevo.engines.postgres.loading import Loader
from relevo.engines.postgres.needs import Needs, NotLoaded, Overtaken
from relevo.engines.postgres.people import Known
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.values import moment
from relevo.errors import EngineBusy

Step = Callable[[WorkingSet, datetime], Any]
Choose = Callable[[Connection, Loader, Needs], Awaitable[None]]

_ROUNDS: Final = 12
_CALM_ROUNDS: Final = 3
_PAUSE_S: Final = 0.02
_LOADS: Final = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step answered, or what it raised."""

    value: Any = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What a commit may wake others for."""

    told: bool = False
    work: bool = False
    doubts: bool = False


class _NeedMore(Exception):
    """The transaction must begin again, with more rows locked."""

    def __init__(self, needs: Needs) -> None:
        super().__init__()
        self.needs = needs


class Transactions:
    """Run steps, each kept whole or not at all, many to a commit.

    Args:
        connections: Where.
        clock: Tells the time; None: the database does.
        on_commit: Hears what a commit may wake others for.
    """

    def __init__(
        self,
        connections: Connections,
        clock: Clock | None,
        on_commit: Callable[[News], None],
    ) -> None:
        self.connections = connections
        self._clock = clock
        self._on_commit = on_commit
        self.counter = ""
        """What numbers messages."""
        self.known = Known()

    async def run(
        self, steps: Sequence[Step], needs: Needs, choose: Choose | None = None
    ) -> list[Outcome]:
        """Run steps in one transaction, one after the other.

        Args:
            steps: Each is kept, or undone alone if it raises.
            needs: What they will ask for, as far as it is known.
            choose: Looks what else is needed, first thing in the transaction.

        Raises:
            EngineBusy: Others were faster every time.
            CommitUnknown: It may have been kept.
        """
        needs = Needs().add(needs)
        for number in range(_ROUNDS):
            try:
                outcomes, news = await self._once(steps, needs, choose)
            except _NeedMore as more:
                needs.add(more.needs)
            except CommitUnknown:
                # It may have been kept: let everybody look.
                self._on_commit(News(told=True, work=True, doubts=True))
                raise
            except (Overtaken, *RING):
                if number >= _CALM_ROUNDS:
                    await asyncio.sleep(random.uniform(0, _PAUSE_S * number))  # noqa: S311
            else:
                self._on_commit(news)
                return outcomes
        msg = (
            f"The PostgreSQL database {self.connections.named} was changed by others "
            f"{_ROUNDS} times while this was decided; nothing was kept. Try again in a moment."
        )
        raise EngineBusy(msg)

    async def _once(
        self, steps: Sequence[Step], needs: Needs, choose: Choose | None
    ) -> tuple[list[Outcome], News]:
        async with self.connections.transaction() as connection:
            rows = WorkingSet()
            loader = Loader(connection, rows, self.counter, self.known)
            if choose is not None:
                needs = Needs().add(needs)
                await choose(connection, loader, needs)
            await loader.load(needs)
            outcomes = await self._decide(steps, rows, loader)
            await flush(connection, rows)
        return outcomes, _news_of(rows)

    async def _decide(
        self, steps: Sequence[Step], rows: WorkingSet, loader: Loader
    ) -> list[Outcome]:
        outcomes = [Outcome()] * len(steps)
        waiting = list(range(len(steps)))
        learned = Needs()
        for _ in range(_LOADS):
            now = self._clock() if self._clock else moment(loader.now_us)
            missing, again = Needs(), []
            for index in waiting:
                try:
                    # What undoes a step is of no use to the next one, and forgotten.
                    with rows.step():
                        outcomes[index] = Outcome(steps[index](rows, now))
                except NotLoaded as miss:
                    missing.add(miss.needs)
                    again.append(index)
                except Exception as error:  # noqa: BLE001 - its caller hears of it
                    outcomes[index] = Outcome(error=error)
            if not again:
                return outcomes
            learned.add(missing)
            if not loader.can_load(missing):
                break
            await loader.load(missing)
            waiting = again
        raise _NeedMore(learned)


def _news_of(rows: WorkingSet) -> News:
    return News(
        told=bool(rows.events),
        work=bool(rows.lanes.changes() or rows.scheduled.changes() or rows.accounts.changes()),
        doubts=bool(rows.doubts.changes()),
    )
