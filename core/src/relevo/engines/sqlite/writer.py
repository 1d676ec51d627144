"""The one writer: a thread that commits the changes of many callers together.

A commit waits for the disk once, however many changes it holds. While one
commit is on its way, the next ones gather; so the more callers there are, the
cheaper each becomes.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from anyio import CancelScope, to_thread

from relevo.engines.sqlite.faults import is_outage, unavailable
from relevo.engines.sqlite.opening import read_head
from relevo.engines.sqlite.rows import SqliteRows
from relevo.errors import EngineBusy, EngineUnavailable
from relevo.redaction import frames_of

logger = logging.getLogger("relevo.engines.sqlite")

ValueT = TypeVar("ValueT")
Work = Callable[[SqliteRows], ValueT]

_LARGEST_BATCH = 512
_GATHER_S = 0.005
# Callers who come back do so at once; when nobody has for so long, the others need not wait.
_QUIET_S = 0.0003


class Unit(NamedTuple):
    """One caller's change and where its answer goes."""

    work: Work[Any]
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit may wake others for."""

    head: int
    log_grew: bool
    work_came: bool
    doubts_changed: bool
    webhooks_came: bool


Outcome = tuple[asyncio.Future[Any], Any, Exception | None]


class _TransactionLost(Exception):
    """SQLite ended the transaction by itself: nothing of the batch is kept."""


class Writer:
    """Run changes in order, many to a commit, and answer only after it."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        *,
        on_commit: Callable[[Committed], None],
        most_waiting: int,
    ) -> None:
        self._path = path
        self._connection = connection
        self._rows = SqliteRows(connection)
        self._on_commit = on_commit
        self._most_waiting = most_waiting
        self._units: SimpleQueue[Unit | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._run, name="relevo-sqlite-writer", daemon=True)
        self._last_size = 1
        self._closed = False
        self._wrote = False
        self.fault: EngineUnavailable | None = None
        """Why the last change could not be written; None once one is."""

    @property
    def waiting(self) -> int:
        """How many changes wait for their commit."""
        return self._units.qsize()

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    async def close(self) -> None:
        """Commit what waits, then stop."""
        self._closed = True
        self._units.put(None)
        with CancelScope(shield=True):
            await to_thread.run_sync(self._thread.join)

    def submit(self, work: Work[ValueT], *, may_refuse: bool = False) -> asyncio.Future[ValueT]:
        """Take a change in. It is made even if nobody waits for the answer any more.

        Raises:
            EngineBusy: Too many changes wait, and this one may be refused.
            EngineUnavailable: The engine is closed.
        """
        if self._closed:
            msg = f"The store {self._path} is closed."
            raise EngineUnavailable(msg)
        if may_refuse and self._units.qsize() >= self._most_waiting:
            msg = (
                f"The store {self._path} has {self._most_waiting} changes waiting; "
                "nothing of this one was kept. Try again in a moment."
            )
            raise EngineBusy(msg)
        answer: asyncio.Future[ValueT] = self._loop.create_future()
        self._units.put(Unit(work, answer))
        return answer

    def _run(self) -> None:
        open_for_more = True
        while open_for_more:
            units = self._gather()
            open_for_more = units[-1] is not None
            batch = [unit for unit in units if unit is not None]
            if batch:
                self._tell(*self._commit(batch))

    def _gather(self) -> list[Unit | None]:
        """Take what waits; with many callers about, go on while they keep coming."""
        units = [self._units.get()]
        give_up_at = time.monotonic() + _GATHER_S
        while units[-1] is not None and len(units) < _LARGEST_BATCH:
            may_wait = len(units) < self._last_size and time.monotonic() < give_up_at
            try:
                units.append(self._units.get(block=may_wait, timeout=_QUIET_S))
            except Empty:
                break
        self._last_size = len(units)
        return units

    def _commit(self, batch: list[Unit]) -> tuple[list[Outcome], Committed | None]:
        rows = self._rows
        rows.forget_news()
        try:
            outcomes = self._try(batch) or self._try_apart(batch)
            rows.write_log()
            news = Committed(
                read_head(self._connection) if rows.log_grew else 0,
                log_grew=rows.log_grew,
                work_came=rows.lanes_changed or rows.accounts_changed,
                doubts_changed=rows.doubts_changed,
                webhooks_came=rows.webhooks_came,
            )
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller must hear of it
            return self._fail(batch, error), None
        # A commit that wrote nothing proves nothing: it succeeds on a full disk.
        if self._wrote:
            self.fault = None
        return outcomes, news

    def _try(self, batch: list[Unit]) -> list[Outcome] | None:
        """Make changes one after the other; None where one failed half-way, and all are undone.

        A savepoint for each would cost a third of all time: SQLite copies every
        page that is touched within one.
        """
        connection, rows = self._connection, self._rows
        connection.execute("BEGIN IMMEDIATE")
        began = changes = rows.changes()
        outcomes: list[Outcome] = []
        for work, answer in batch:
            try:
                outcomes.append((answer, work(rows), None))
                changes = rows.changes()
            except Exception as error:
                if not connection.in_transaction:
                    raise _TransactionLost from error
                if rows.changes() > changes:
                    rows.forget()
                    rows.untold.clear()
                    connection.execute("ROLLBACK")
                    return None
                outcomes.append((answer, None, self._translate(error)))
        self._wrote = rows.changes() > began
        return outcomes

    def _try_apart(self, batch: list[Unit]) -> list[Outcome]:
        """Make each change within a savepoint, so that one that fails leaves the others alone."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._wrote = False
        return [self._change(unit) for unit in batch]

    def _change(self, unit: Unit) -> Outcome:
        changes, told = self._rows.changes(), len(self._rows.untold)
        self._connection.execute("SAVEPOINT unit")
        try:
            value = unit.work(self._rows)
        except Exception as error:
            self._rows.forget()
            del self._rows.untold[told:]
            if not self._connection.in_transaction:
                raise _TransactionLost from error
            self._connection.execute("ROLLBACK TO unit")
            self._connection.execute("RELEASE unit")
            return (unit.answer, None, self._translate(error))
        self._connection.execute("RELEASE unit")
        self._wrote = self._wrote or self._rows.changes() > changes
        return (unit.answer, value, None)

    def _fail(self, batch: list[Unit], error: Exception) -> list[Outcome]:
        self._rows.forget()
        self._rows.untold.clear()
        if isinstance(error, _TransactionLost) and isinstance(error.__cause__, Exception):
            error = error.__cause__
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            error = second
        fault = self._translate(error)
        return [(unit.answer, None, fault) for unit in batch]

    def _translate(self, error: Exception) -> Exception:
        if not isinstance(error, sqlite3.Error):
            return error
        fault = unavailable(self._path, error)
        fault.__cause__ = error
        if self._rows.is_store_error(error):
            self.fault = fault
        # Who waits for the store tells of an outage, once for the process.
        level = logging.DEBUG if is_outage(error) else logging.ERROR
        logger.log(level, "%s %s", fault, frames_of(error))
        return fault

    def _tell(self, outcomes: list[Outcome], news: Committed | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._answer, outcomes, news)
        except RuntimeError:
            # The loop is gone without closing the engine: what was committed stays so.
            logger.warning("The event loop ended before the store %s was closed.", self._path)

    def _answer(self, outcomes: list[Outcome], news: Committed | None) -> None:
        if news is not None:
            self._on_commit(news)
        for answer, value, error in outcomes:
            if answer.done():
                continue  # nobody waits any more; the change stays
            if error is None:
                answer.set_result(value)
            else:
                answer.set_exception(error)
