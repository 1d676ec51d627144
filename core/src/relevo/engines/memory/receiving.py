"""The memory engine's inbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from anyio.lowlevel import checkpoint

from relevo.engines.memory import looking
from relevo.engines.memory.core import MemoryCore
from relevo.engines.memory.looking import Chosen
from relevo.engines.outages import Pulse
from relevo.engines.outcomes import discarded, unknown_webhook
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
from relevo.engines.steps import inbox
from relevo.engines.steps.handing_out import choose, first_free_at
from relevo.engines.steps.inbox import all_of, state_told
from relevo.errors import EngineError
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
            free = choose(looking.find_pending(self._rows), limit, now)
            for webhook_id in free:
                self._rows.hand_out(webhook_id, now + HANDED_OUT_FOR)
        return [self._rows.webhooks[webhook_id] for webhook_id in free]

    async def hand_back(self, webhook_ids: Collection[int]) -> None:
        """Let others take webhooks that will not be applied here."""
        await checkpoint()
        with self._unit():
            for webhook_id in self._rows.pending.keys() & set(webhook_ids):
                self._rows.hand_out(webhook_id, None)
        self._arrived.wake()

    async def apply_items(self, webhooks: Sequence[InterpretedWebhook]) -> list[list[ItemOutcome]]:
        """Apply each item once, and close the webhooks."""
        await checkpoint()
        return all_of([self._apply(webhook) for webhook in webhooks])

    def _apply(self, webhook: InterpretedWebhook) -> list[ItemOutcome] | EngineError:
        try:
            with self._unit() as now:
                return inbox.apply_items(self._rows, webhook, now)
        except EngineError as error:
            return error

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
        await checkpoint()
        wanted = Chosen(sight_of(account, visible), webhook_ids)
        return looking.find_quarantined(self._rows, wanted, cursor, limit)

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook."""
        await checkpoint()
        webhook = self._rows.webhooks.get(webhook_id)
        if webhook is None:
            raise unknown_webhook(webhook_id)
        aside = any(item.webhook_id == webhook_id for item in self._rows.set_aside.values())
        return replace(webhook, state=state_told(webhook.state, aside=aside))

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
        await checkpoint()
        rows, wanted = self._rows, Chosen(sight_of(account, visible), webhook_ids)
        with self._unit():
            given_up = list(filter(wanted, rows.discarded.values())) if discarded else []
            found = looking.find_reopenable(
                rows, [*filter(wanted, rows.set_aside.values()), *given_up], limit
            )
            reopened = set(found)
            for item in given_up:
                if item.webhook_id in reopened:
                    rows.forget_item(item.account, item.key)
            for webhook_id in found:
                rows.reopen_webhook(webhook_id)
        self._arrived.wake()
        return found

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
        await checkpoint()
        rows, wanted = self._rows, Chosen(sight_of(account, visible), webhook_ids, key)
        with self._unit() as now:
            found = looking.find_discardable(rows, wanted, limit)
            rows.discard_items(found)
            gone = [discarded(item) for item in found]
            inbox.tell_discarded(rows, gone, providers, now)
        return gone

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
        free_at = first_free_at(looking.find_pending(self._rows), now)
        await wait_for(wake, seconds_until(free_at, now, timeout_s))
