"""The memory engine's inbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from anyio.lowlevel import checkpoint

from relevo.engines.memory import looking
from relevo.engines.memory.core import MemoryCore
from relevo.engines.outages import Pulse
from relevo.engines.outcomes import unknown_webhook
from relevo.engines.records import (
    ItemState,
    Page,
    ParsedItem,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.engines.retention import HANDED_OUT_FOR
from relevo.engines.signal import seconds_until, wait_for
from relevo.engines.steps import inbox
from relevo.webhooks import WebhookRequest


class MemoryReceiving(MemoryCore):
    """Raw webhooks and what was made of them."""

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Keep a verified webhook as it came."""
        await checkpoint()
        with self._unit() as now:
            webhook_id = self._rows.add_webhook(account, request, now)
        self._arrived.wake()
        return webhook_id

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Take the oldest webhooks that nothing was made of yet."""
        await checkpoint()
        with self._unit() as now:
            free = looking.find_free_webhooks(self._rows, limit, now)
            for webhook in free:
                self._rows.hand_out(webhook.webhook_id, now + HANDED_OUT_FOR)
        return free

    async def apply_items(
        self, webhook_id: int, provider: str, results: Sequence[ParsedItem]
    ) -> list[ItemState]:
        """Apply each item once, and close the webhook."""
        await checkpoint()
        with self._unit() as now:
            return inbox.apply_items(self._rows, webhook_id, provider, results, now)

    async def quarantined(
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[QuarantinedItem]:
        """Give items that were set aside, newest first."""
        await checkpoint()
        return looking.find_quarantined(self._rows, account, cursor, limit)

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook."""
        await checkpoint()
        webhook = self._rows.webhooks.get(webhook_id)
        if webhook is None:
            raise unknown_webhook(webhook_id)
        return webhook

    async def reopen(
        self, *, account: str | None = None, webhook_ids: Collection[int] = (), limit: int = 1_000
    ) -> list[int]:
        """Let webhooks with items set aside be worked through again."""
        await checkpoint()
        with self._unit():
            found = looking.find_reopenable(self._rows, account, webhook_ids, limit)
            for webhook_id in found:
                self._rows.reopen_webhook(webhook_id)
        self._arrived.wake()
        return found

    async def beat(self, *, every_s: float) -> None:
        """Note that the receiver is up."""
        await checkpoint()
        now = self._clock()
        last = self._rows.pulse
        outage = last.outage_until(now) if last else None
        if outage is not None:
            self._rows.outages.append(outage)
        self._rows.pulse = Pulse(now, every_s)

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""
        wake = self._arrived.next_wake()
        now = self._clock()
        long_ago = now - timedelta(seconds=1)
        free_at = min((until or long_ago for until in self._rows.pending.values()), default=None)
        await wait_for(wake, seconds_until(free_at, now, timeout_s))
