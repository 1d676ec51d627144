"""The SQLite engine's inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from relevo.engines.outages import Pulse
from relevo.engines.paging import read_mark
from relevo.engines.port.inbox import NO_PROVIDERS
from relevo.engines.records import (
    DiscardedItem,
    InterpretedWebhook,
    ItemOutcome,
    Page,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.engines.retention import HANDED_OUT_FOR
from relevo.engines.sight import sight_of
from relevo.engines.signal import seconds_until, wait_for
from relevo.engines.sqlite import archive, waits
from relevo.engines.sqlite.core import SqliteCore
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.steps import inbox
from relevo.engines.steps.inbox import all_of
from relevo.webhooks import WebhookRequest


class SqliteReceiving(SqliteCore):
    """Raw webhooks and what was made of them."""

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Keep a verified webhook as it came."""
        return await self._write(
            lambda rows, now: rows.add_webhook(account, request, now), may_refuse=True
        )

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Take the oldest webhooks that nothing was made of yet."""
        now = self._clock()
        if await self._read(lambda reader: waits.find_free_webhook(reader, now)) != now:
            return []  # without a turn of the writer: this is asked often
        return await self._write(lambda rows, now: rows.hand_out(limit, now, now + HANDED_OUT_FOR))

    async def hand_back(self, webhook_ids: Collection[int]) -> None:
        """Let others take webhooks that will not be applied here."""
        await self._write(lambda rows, _: rows.hand_back(webhook_ids))

    async def apply_items(self, webhooks: Sequence[InterpretedWebhook]) -> list[list[ItemOutcome]]:
        """Apply each item once, and close the webhooks: the writer commits them together."""
        writer = self._opened().writer
        writes = [writer.submit(partial(self._apply, webhook)) for webhook in webhooks]
        return all_of(await asyncio.gather(*writes, return_exceptions=True))

    def _apply(self, webhook: InterpretedWebhook, rows: SqliteRows) -> list[ItemOutcome]:
        return inbox.apply_items(rows, webhook, self._clock())

    async def quarantined(
        self,
        *,
        account: str | None = None,
        visible: frozenset[str] | None = None,
        webhook_ids: Collection[int] = (),
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[QuarantinedItem]:
        """Give items that were set aside, newest first."""
        below, sight = read_mark(cursor), sight_of(account, visible)
        return await self._read(
            lambda reader: archive.find_quarantined(reader, sight, webhook_ids, below, limit)
        )

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook."""
        return await self._read(lambda reader: archive.find_webhook(reader, webhook_id))

    async def reopen(
        self,
        *,
        account: str | None = None,
        webhook_ids: Collection[int] = (),
        visible: frozenset[str] | None = None,
        discarded: bool = False,
        limit: int = 1_000,
    ) -> list[int]:
        """Let webhooks with items set aside be worked through again."""
        sight = sight_of(account, visible)
        return await self._write(
            lambda rows, _: rows.reopen(sight, webhook_ids, limit, discarded=discarded)
        )

    async def discard(
        self,
        *,
        account: str | None = None,
        webhook_ids: Collection[int] = (),
        key: str | None = None,
        visible: frozenset[str] | None = None,
        providers: Mapping[str, str] = NO_PROVIDERS,
        limit: int = 1_000,
    ) -> list[DiscardedItem]:
        """Give up items that were set aside."""
        sight = sight_of(account, visible)

        def give_up(rows: SqliteRows, now: datetime) -> list[DiscardedItem]:
            gone = rows.discard(sight, webhook_ids, key, limit)
            inbox.tell_discarded(rows, gone, providers, now)
            return gone

        return await self._write(give_up)

    async def beat(self, *, every_s: float) -> None:
        """Note that the receiver is up."""
        first = not self._beaten
        await self._write(lambda rows, now: rows.beat(Pulse(now, every_s), first=first))
        self._beaten = True

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""
        wake = self._arrived.next_wake()
        now = self._clock()
        free_at = await self._read(lambda reader: waits.find_free_webhook(reader, now))
        await wait_for(wake, seconds_until(free_at, now, timeout_s))
