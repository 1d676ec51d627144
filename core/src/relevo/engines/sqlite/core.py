"""What all sides of the SQLite engine share: the open file, its writer, its readers, signals."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from anyio import CancelScope, to_thread

from relevo.engines.port import Clock
from relevo.engines.signal import Signal
from relevo.engines.sqlite.opening import Store, close_store, open_store
from relevo.engines.sqlite.readers import Readers
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.sqlite.walks import Key, Walk
from relevo.engines.sqlite.writer import Committed, Writer
from relevo.engines.steps.claiming import Turns
from relevo.errors import ConfigurationError, EngineUnavailable
from relevo.events import utc_now

ValueT = TypeVar("ValueT")

MOST_WAITING = 8_192
"""More changes than this are not let in to wait: their callers hear `EngineBusy`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What an open engine has."""

    store: Store
    writer: Writer
    readers: Readers


class SqliteCore:
    """One file, open or not. Needs asyncio.

    Args:
        path: The file; it is made if it is not there, its folder is not.
        clock: Tells the time.
        most_waiting: How many changes may wait for their commit.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        clock: Clock = utc_now,
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        if os.fspath(path) == ":memory:":
            msg = "The SQLite engine needs a file; without one use the memory engine."
            raise ConfigurationError(msg)
        self._path = Path(path).resolve()
        self._clock = clock
        self._most_waiting = most_waiting
        self._parts: Parts | None = None
        self._turns = Turns()
        self._epoch = ""
        self._head = 0
        self._beaten = False
        self._began: dict[Walk, Key] = {}
        self._work = Signal()
        self._doubted = Signal()
        self._told = Signal()
        self._arrived = Signal()

    async def __aenter__(self) -> Self:
        """Open the file, or make it; take back what an earlier process held.

        Raises:
            EngineUnavailable: Another process has it, or it cannot be used.
            ConfigurationError: The event loop is not asyncio's.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError as error:
            msg = "The SQLite engine needs asyncio; on trio use the memory engine."
            raise ConfigurationError(msg) from error
        if self._parts is not None:
            msg = f"The store {self._path} is open already."
            raise EngineUnavailable(msg)
        store = await to_thread.run_sync(open_store, self._path, self._clock)
        writer = Writer(
            self._path,
            store.connection,
            on_commit=self._wake,
            most_waiting=self._most_waiting,
        )
        self._epoch, self._head, self._beaten = store.epoch, store.head, False
        self._parts = Parts(store, writer, Readers(self._path))
        writer.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Commit what waits, then let others have the file."""
        parts, self._parts = self._opened(), None
        with CancelScope(shield=True):
            await parts.writer.close()
            parts.readers.close()
            await to_thread.run_sync(close_store, parts.store)

    def _opened(self) -> Parts:
        if self._parts is None:
            msg = f"The store {self._path} is not open; use `async with`."
            raise EngineUnavailable(msg)
        return self._parts

    def _wake(self, news: Committed) -> None:
        if news.log_grew:
            self._head = news.head
            self._told.wake()
        if news.work_came:
            self._work.wake()
        if news.doubts_changed:
            self._doubted.wake()
        if news.webhooks_came:
            self._arrived.wake()

    async def _write(
        self, work: Callable[[SqliteRows, datetime], ValueT], *, may_refuse: bool = False
    ) -> ValueT:
        """Make a change; the time is told when its turn comes, so times follow positions."""
        return await self._opened().writer.submit(
            lambda rows: work(rows, self._clock()), may_refuse=may_refuse
        )

    async def _read(self, look: Callable[[sqlite3.Connection], ValueT]) -> ValueT:
        return await self._opened().readers.read(look)
