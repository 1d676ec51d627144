"""Let what a provider tells later be seen in the trace of the message it speaks of."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Protocol
from uuid import UUID

from relevo.engines.records import (
    InterpretedWebhook,
    ItemOutcome,
    ItemState,
    MessageRecord,
    WebhookRecord,
)
from relevo.errors import RelevoError
from relevo.events import StatusUpdate
from relevo.tracing import SpanKind, recording, span

logger = logging.getLogger("relevo.receiver")


class KnowsMessages(Protocol):
    """What is needed of an engine."""

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give a message as it is now."""
        ...


class WebhookTraces:
    """Make a span of each status whose message the provider echoed, where spans are seen at all.

    It costs a look at the message, so without a tracer that records it is left out.
    """

    def __init__(self, engine: KnowsMessages) -> None:
        self._engine = engine

    async def tell(
        self,
        webhooks: Sequence[WebhookRecord],
        interpreted: Sequence[InterpretedWebhook],
        outcomes: Sequence[Sequence[ItemOutcome]],
    ) -> None:
        """Tell of webhooks that were applied. Whatever goes wrong here stops nothing."""
        for webhook, read, became in zip(webhooks, interpreted, outcomes, strict=True):
            for account, update in news_of(webhook, read, became):
                if update.message_id is not None and recording():
                    await self._tell(webhook, account, read.provider, update, update.message_id)

    async def _tell(
        self,
        webhook: WebhookRecord,
        account: str,
        provider: str,
        update: StatusUpdate,
        message_id: UUID,
    ) -> None:
        try:
            record = await self._engine.message(message_id)
        except RelevoError as error:
            logger.debug("Webhook %d is in no trace: %s", webhook.webhook_id, error.code)
            return
        # A provider echoes what it was given; another account's message is none of its affair.
        if record.trace is None or record.account != account:
            return
        with span(
            "relevo webhook",
            kind=SpanKind.CONSUMER,
            parent=record.trace,
            attributes={
                "message_id": str(message_id),
                "attempt": update.attempt,
                "account": account,
                "provider": provider,
                "status": update.status.value if update.status else None,
                "webhook_id": webhook.webhook_id,
            },
        ):
            pass


def news_of(
    webhook: WebhookRecord, read: InterpretedWebhook, became: Sequence[ItemOutcome]
) -> Iterator[tuple[str, StatusUpdate]]:
    """Give the statuses that a webhook's applied items told, each with its account."""
    for item, outcome in zip(read.items, became, strict=True):
        if outcome.state is ItemState.APPLIED:
            for effect in item.effects:
                if isinstance(effect.event, StatusUpdate):
                    yield item.account or webhook.account, effect.event
