"""The memory engine: for embedding and tests. It needs nothing and keeps nothing for later."""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Self
from uuid import UUID

from anyio.lowlevel import cancel_shielded_checkpoint, checkpoint

from relevo.engines.memory.rows import MemoryRows
from relevo.engines.outcomes import account_of, unknown_message
from relevo.engines.paging import page_of, read_cursor
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
from relevo.engines.steps import inbox, outbox
from relevo.events import DeliveryStatus, Event, utc_now
from relevo.messages import Message
from relevo.webhooks import WebhookRequest

_EPOCH_BYTES = 6


class MemoryEngine:
    """Keep everything in this process.

    A change is atomic because it never awaits in the middle: each call yields
    to others once, before it changes anything.
    """

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._rows = MemoryRows(secrets.token_hex(_EPOCH_BYTES))
        self._work = Signal()
        self._told = Signal()
        self._arrived = Signal()

    async def __aenter__(self) -> Self:
        """Open: there is nothing to do."""
        await checkpoint()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close: what was kept stays readable until the engine is forgotten."""

    @contextmanager
    def _unit(self) -> Iterator[datetime]:
        with self._rows.journal.unit():
            yield self._clock()
        self._work.wake()
        self._told.wake()

    async def accept(self, message: Message, *, provider: str, lane_key: str) -> MessageRecord:
        """Keep a message at its lane's tail."""
        await checkpoint()
        with self._unit() as now:
            return outbox.accept(self._rows, message, provider=provider, lane_key=lane_key, now=now)

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits in its lane."""
        await checkpoint()
        with self._unit() as now:
            return outbox.cancel(self._rows, message_id, now)

    async def claim(self, worker: str, *, limit: int, lease_s: float) -> list[Claim]:
        """Take the heads of due lanes."""
        await checkpoint()
        with self._unit() as now:
            return outbox.claim(self._rows, worker, limit=limit, lease_s=lease_s, now=now)

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Keep what became of attempts, also for somebody who is being cancelled."""
        await cancel_shielded_checkpoint()
        with self._unit() as now:
            outbox.complete(self._rows, completions, now)

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when a lane may be due, or after the time."""
        wake = self._work.next_wake()
        due_at = self._rows.earliest_due()
        await wait_for(wake, seconds_until(due_at, self._clock(), timeout_s))

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Keep a verified webhook as it came."""
        await checkpoint()
        with self._unit() as now:
            webhook = WebhookRecord(
                webhook_id=len(self._rows.webhooks) + 1,
                account=account,
                method=request.method,
                path=request.path,
                body=request.body,
                headers=dict(request.headers),
                query=dict(request.query),
                arrived_at=now,
            )
            self._rows.add_webhook(webhook)
        self._arrived.wake()
        return webhook.webhook_id

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Give the oldest webhooks that nothing was made of yet."""
        await checkpoint()
        oldest = heapq.nsmallest(limit, self._rows.pending)
        return [self._rows.webhooks[webhook_id] for webhook_id in oldest]

    async def apply_items(
        self, webhook_id: int, provider: str, results: Sequence[ParsedItem]
    ) -> list[ItemState]:
        """Apply each item once, and close the webhook."""
        await checkpoint()
        with self._unit() as now:
            return inbox.apply_items(self._rows, webhook_id, provider, results, now)

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""
        wake = self._arrived.next_wake()
        await wait_for(wake, 0 if self._rows.pending else timeout_s)

    @property
    def epoch(self) -> str:
        """The log's life: it ends with this object."""
        return self._rows.epoch

    async def head(self) -> int:
        """Give the newest position."""
        await checkpoint()
        return len(self._rows.events)

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order."""
        await checkpoint()
        query = query or EventQuery()
        if query.message_id is not None:
            told: Iterable[Event] = self._rows.events_of.get(str(query.message_id), ())
        else:
            events = self._rows.events
            told = islice(events, min(max(after, 0), len(events)), None)
        found = (event for event in told if event.position > after and _matches(event, query))
        return list(islice(found, limit))

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        wake = self._told.next_wake()
        await wait_for(wake, 0 if len(self._rows.events) > after else timeout_s)
        return len(self._rows.events)

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give one message."""
        await checkpoint()
        record = self._rows.message(message_id)
        if record is None:
            raise unknown_message(message_id)
        return record

    async def attempts(self, message_id: UUID) -> list[AttemptRecord]:
        """Give a message's attempts, first to last."""
        record = await self.message(message_id)
        return [row.record for row in self._rows.attempts_of(record)]

    async def messages(self, query: MessageQuery) -> Page[MessageRecord]:
        """Give messages of both directions, newest first."""
        await checkpoint()
        top = len(self._rows.order) if query.before is None else max(query.before - 1, 0)
        newest_first = (
            self._rows.messages[self._rows.order[index]]
            for index in range(min(top, len(self._rows.order)) - 1, -1, -1)
        )
        found = (record for record in newest_first if _answers(record, query))
        return page_of(
            list(islice(found, query.limit + 1)),
            query.limit,
            row=lambda record: record,
            cursor=lambda record: record.sequence,
        )

    async def conversations(
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[ConversationRecord]:
        """Give threads, newest activity first."""
        await checkpoint()
        below = read_cursor(cursor)
        threads = (
            thread
            for thread in self._rows.threads.values()
            if account in {None, thread.record.account}
            and (below is None or thread.sequence < below)
        )
        return page_of(
            heapq.nlargest(limit + 1, threads, key=lambda thread: thread.sequence),
            limit,
            row=lambda thread: thread.record,
            cursor=lambda thread: thread.sequence,
        )

    async def pulse(self) -> EnginePulse:
        """Tell what waits."""
        await checkpoint()
        counts = self._rows.counts
        return EnginePulse(
            engine="memory",
            epoch=self.epoch,
            head=len(self._rows.events),
            queued=counts[DeliveryStatus.QUEUED],
            sending=counts[DeliveryStatus.SENDING],
            unknown=counts[DeliveryStatus.UNKNOWN],
            pending_webhooks=len(self._rows.pending),
        )


def _matches(event: Event, query: EventQuery) -> bool:
    return (
        (not query.types or event.type in query.types)
        and (not query.accounts or account_of(event) in query.accounts)
        and query.conversation_id in {None, event.data.get("conversation_id")}
    )


def _answers(record: MessageRecord, query: MessageQuery) -> bool:
    return (
        query.account in {None, record.account}
        and query.direction in {None, record.direction}
        and query.status in {None, record.status}
        and query.conversation_id in {None, record.conversation_id}
    )
