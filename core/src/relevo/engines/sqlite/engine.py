"""The SQLite engine: one file, one process, durable before the answer."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from anyio import CancelScope, to_thread

from relevo.engines.paging import read_cursor
from relevo.engines.port import CancelOutcome, Clock
from relevo.engines.records import (
    AttemptRecord,
    Claim,
    Completion,
    ConversationRecord,
    EnginePulse,
    EventQuery,
    ItemState,
    MessageQuery,
    MessageRecord,
    Page,
    ParsedItem,
    WebhookRecord,
)
from relevo.engines.signal import Signal, seconds_until, wait_for
from relevo.engines.sqlite import archive
from relevo.engines.sqlite.opening import Store, close_store, open_store, read_head
from relevo.engines.sqlite.readers import Readers
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.sqlite.writer import Committed, Writer
from relevo.engines.steps import inbox, outbox
from relevo.errors import ConfigurationError, EngineError, EngineUnavailable
from relevo.events import DeliveryStatus, Event, utc_now
from relevo.messages import Message
from relevo.webhooks import WebhookRequest

ValueT = TypeVar("ValueT")

MOST_WAITING = 8_192
"""More changes than this are not let in to wait: their callers hear `EngineBusy`."""


@dataclass(frozen=True, slots=True)
class _Parts:
    store: Store
    writer: Writer
    readers: Readers


class SqliteEngine:
    """Keep everything in one file. Needs asyncio.

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
        self._parts: _Parts | None = None
        self._head = 0
        self._work = Signal()
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
        self._head = store.head
        self._parts = _Parts(store, writer, Readers(self._path))
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

    def _opened(self) -> _Parts:
        if self._parts is None:
            msg = f"The store {self._path} is not open; use `async with`."
            raise EngineUnavailable(msg)
        return self._parts

    def _wake(self, news: Committed) -> None:
        if news.log_grew:
            self._head = news.head
            self._told.wake()
        if news.lanes_changed:
            self._work.wake()
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

    async def accept(self, message: Message, *, provider: str, lane_key: str) -> MessageRecord:
        """Keep a message at its lane's tail."""
        return await self._write(
            lambda rows, now: outbox.accept(
                rows, message, provider=provider, lane_key=lane_key, now=now
            ),
            may_refuse=True,
        )

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits in its lane."""
        return await self._write(
            lambda rows, now: outbox.cancel(rows, message_id, now), may_refuse=True
        )

    async def claim(self, worker: str, *, limit: int, lease_s: float) -> list[Claim]:
        """Take the heads of due lanes. A caller who is cancelled meanwhile leaves none taken."""
        answer = self._opened().writer.submit(
            lambda rows: outbox.claim(rows, worker, limit=limit, lease_s=lease_s, now=self._clock())
        )
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            with CancelScope(shield=True):
                await self._give_back(answer)
            raise

    async def _give_back(self, answer: asyncio.Future[list[Claim]]) -> None:
        with suppress(EngineError):  # what could not be claimed needs no giving back
            claims = await answer
            await self.complete([outbox.not_begun(claim) for claim in claims])

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Keep what became of attempts, also for somebody who is being cancelled."""
        await self._write(lambda rows, now: outbox.complete(rows, completions, now))

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when a lane may be due, or after the time."""
        wake = self._work.next_wake()
        due_at = await self._read(archive.find_earliest_due)
        await wait_for(wake, seconds_until(due_at, self._clock(), timeout_s))

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Keep a verified webhook as it came."""
        return await self._write(
            lambda rows, now: rows.add_webhook(account, request, now), may_refuse=True
        )

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Give the oldest webhooks that nothing was made of yet."""
        return await self._read(lambda reader: archive.find_pending(reader, limit))

    async def apply_items(
        self, webhook_id: int, provider: str, results: Sequence[ParsedItem]
    ) -> list[ItemState]:
        """Apply each item once, and close the webhook."""
        return await self._write(
            lambda rows, now: inbox.apply_items(rows, webhook_id, provider, results, now)
        )

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""
        wake = self._arrived.next_wake()
        if not await self._read(archive.any_pending):
            await wait_for(wake, timeout_s)

    @property
    def epoch(self) -> str:
        """The log's life: made with the file."""
        return self._opened().store.epoch

    async def head(self) -> int:
        """Give the newest position."""
        return await self._read(read_head)

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order."""
        wanted = query or EventQuery()
        return await self._read(
            lambda reader: archive.find_events(reader, self.epoch, after, limit, wanted)
        )

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        wake = self._told.next_wake()
        await wait_for(wake, 0 if self._head > after else timeout_s)
        return self._head

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give one message."""
        return await self._read(lambda reader: archive.find_message(reader, message_id))

    async def attempts(self, message_id: UUID) -> list[AttemptRecord]:
        """Give a message's attempts, first to last."""
        return await self._read(lambda reader: archive.find_attempts(reader, message_id))

    async def messages(self, query: MessageQuery) -> Page[MessageRecord]:
        """Give messages of both directions, newest first."""
        return await self._read(lambda reader: archive.find_messages(reader, query))

    async def conversations(
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[ConversationRecord]:
        """Give threads, newest activity first."""
        below = read_cursor(cursor)
        return await self._read(
            lambda reader: archive.find_conversations(reader, account, below, limit)
        )

    async def pulse(self) -> EnginePulse:
        """Tell what waits. After a failed commit it tries the disk again first."""
        writer = self._opened().writer
        if writer.fault is not None:
            await self._write(lambda rows, now: rows.note_check(now))
        counts = await self._read(archive.count_waiting)
        return EnginePulse(
            engine="sqlite",
            epoch=self.epoch,
            head=await self.head(),
            queued=counts[DeliveryStatus.QUEUED],
            sending=counts[DeliveryStatus.SENDING],
            unknown=counts[DeliveryStatus.UNKNOWN],
            pending_webhooks=counts["pending_webhooks"],
            extra={"path": str(self._path), "waiting_changes": writer.waiting},
        )
