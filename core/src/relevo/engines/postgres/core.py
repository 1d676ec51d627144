"""What all sides of the PostgreSQL engine share: its connections, writers, log and signals."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from anyio import CancelScope
from pydantic import SecretStr

from relevo.engines.port import Clock
from relevo.engines.postgres.archive import NOW
from relevo.engines.postgres.connections import CommitUnknown, Connection, Connections
from relevo.engines.postgres.faults import STORE_ERRORS
from relevo.engines.postgres.listening import Listener
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.opening import open_store
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.postgres.sequencing import POLL_S, LogState, Sequencer
from relevo.engines.postgres.transactions import News, Transactions
from relevo.engines.postgres.writers import Writers
from relevo.engines.signal import Signal, wait_for
from relevo.engines.steps.claiming import Turns
from relevo.engines.values import moment
from relevo.errors import ConfigurationError, EngineUnavailable

ValueT = TypeVar("ValueT")

WRITERS: Final = 3
READERS: Final = 7
MOST_WAITING: Final = 8_192
"""More changes than this are not let in to wait: their callers hear `EngineBusy`."""
_REMEMBERED_WEBHOOKS: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Parts:
    writers: Writers
    sequencer: Sequencer
    listener: Listener


class PostgresCore:
    """Open and close the engine; run changes and looks; wake who waits.

    Args:
        dsn: `postgresql://user@host:5432/database`; `?search_path=` names the schema.
        clock: Tells the time; None: the database does, so that machines agree.
        writers: How many commits may be on their way.
        readers: How many connections there are beside the writers' and the listener's.
        most_waiting: How many changes may wait for their commit.
    """

    def __init__(
        self,
        dsn: str,
        clock: Clock | None,
        *,
        writers: int,
        readers: int,
        most_waiting: int,
    ) -> None:
        self._clock = clock
        self._dsn = dsn
        self._writers = writers
        self._most_waiting = most_waiting
        self._connections = Connections(dsn, writers + readers)
        self._transactions = Transactions(self._connections, clock, self._note)
        self._parts: _Parts | None = None
        self._log = LogState(0, "")
        self._seal = SecretStr("")
        self._name = secrets.token_hex(8)
        self._turns = Turns()
        self._work = Signal()
        self._told = Signal()
        self._arrived = Signal()
        self._doubted = Signal()
        self._accounts_of: OrderedDict[int, str] = OrderedDict()
        """Whose webhooks came by here lately."""
        self._pending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Connect; make the tables in an empty schema, or upgrade older ones.

        Raises:
            EngineUnavailable: It cannot be reached or used.
            ConfigurationError: The event loop is not asyncio's, or the address is none.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError as error:
            msg = "The PostgreSQL engine needs asyncio; on trio use the memory engine."
            raise ConfigurationError(msg) from error
        if self._parts is not None:
            msg = f"The PostgreSQL database {self._connections.named} is open already."
            raise EngineUnavailable(msg)
        store = await open_store(self._connections)
        channel = f"relevo_{hashlib.blake2b(store.schema.encode(), digest_size=8).hexdigest()}"
        sequencer = Sequencer(self._connections, channel, self._name, self._note_log)
        listener = Listener(self._connections, store.schema, channel, self._hear)
        self._transactions.counter = store.counter
        self._log = LogState(store.head, store.epoch)
        self._seal = store.seal
        await listener.start()
        try:
            await self._connections.open()
        except BaseException:
            with CancelScope(shield=True):
                await listener.close()
            raise
        writers = Writers(self._transactions, count=self._writers, most_waiting=self._most_waiting)
        self._parts = _Parts(writers, sequencer, listener)
        writers.start()
        sequencer.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Commit what waits, then disconnect."""
        parts, self._parts = self._opened(), None
        with CancelScope(shield=True):
            await asyncio.gather(*self._pending, return_exceptions=True)
            await parts.writers.close()
            await parts.sequencer.close()
            await parts.listener.close()
            await self._connections.close()

    def _opened(self) -> _Parts:
        if self._parts is None:
            msg = (
                f"The PostgreSQL database {self._connections.named} is not open; use `async with`."
            )
            raise EngineUnavailable(msg)
        return self._parts

    async def _write(
        self,
        step: Callable[[WorkingSet, datetime], ValueT],
        needs: Needs,
        *,
        lane: str | None = None,
        repeatable: bool = False,
        may_refuse: bool = False,
    ) -> ValueT:
        """Make a change; it is made even if the caller stops waiting for it."""
        answer = self._opened().writers.submit(
            step, needs, lane=lane, repeatable=repeatable, may_refuse=may_refuse
        )
        return cast("ValueT", await answer)

    async def _now(self, connection: Connection) -> datetime:
        """Tell the time, as everything that is kept does."""
        if self._clock is not None:
            return self._clock()
        (row,) = await connection.fetch(NOW)
        return moment(row["now"])

    def _note(self, news: News) -> None:
        """Hear of a commit of this engine: who waits here need not wait for a notification."""
        if news.work:
            self._work.wake()
        if news.doubts:
            self._doubted.wake()
        if self._parts is not None:
            self._parts.sequencer.kick(news)

    def _note_log(self, state: LogState) -> None:
        if state != self._log:
            self._log = state
            self._told.wake()

    def _hear(self, words: list[str]) -> None:
        """Hear of another machine; no words: something may have been missed."""
        if not words:
            for signal in (self._work, self._told, self._arrived, self._doubted):
                signal.wake()
            return
        name, head, *kinds = words
        if name == self._name:
            return  # our own news, and we woke at the commit
        if int(head) > self._log.head:
            self._log = LogState(int(head), self._log.epoch)
            self._told.wake()
        signals = {"work": self._work, "doubts": self._doubted, "webhooks": self._arrived}
        for kind in kinds:
            if kind in signals:
                signals[kind].wake()

    async def _wait(self, signal: Signal, timeout_s: float, due_in_s: Callable[[], Any]) -> None:
        """Wait for a wake, or until what `due_in_s` tells; look again every while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while True:
            wake = signal.next_wake()
            due_s = await due_in_s()
            left_s = until - loop.time()
            wait_s = min(left_s, left_s if due_s is None else due_s, POLL_S)
            await wait_for(wake, wait_s)
            due = due_s is not None and due_s <= wait_s
            if wake.is_set() or due or loop.time() >= until:
                return

    async def _read(self, look: Callable[[Connection], Any]) -> Any:
        self._opened()
        async with self._connections.reading() as connection:
            return await look(connection)

    async def _change(self, work: Callable[[Connection, datetime], Any]) -> Any:
        """Make a change that no step decides, in a short transaction of its own."""
        self._opened()
        try:
            async with self._connections.transaction() as connection:
                return await work(connection, await self._now(connection))
        except CommitUnknown as error:
            raise self._connections.named.in_doubt() from error
        except STORE_ERRORS as error:
            raise self._connections.named.unavailable(error) from error

    def _remember_webhook(self, webhook_id: int, account: str) -> None:
        self._accounts_of[webhook_id] = account
        if len(self._accounts_of) > _REMEMBERED_WEBHOOKS:
            self._accounts_of.popitem(last=False)
