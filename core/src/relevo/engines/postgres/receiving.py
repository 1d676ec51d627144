"""The PostgreSQL engine's inbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

from relevo.engines.json_text import plain_text
from relevo.engines.paging import read_mark
from relevo.engines.postgres import waiting, webhooks
from relevo.engines.postgres.columns import key_text, text_or_none
from relevo.engines.postgres.connections import CommitUnknown, Connection
from relevo.engines.postgres.core import PostgresCore
from relevo.engines.postgres.faults import STORE_ERRORS, is_lost
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.transactions import News
from relevo.engines.records import (
    Effect,
    ItemState,
    Page,
    ParsedItem,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.engines.signal import seconds_until
from relevo.engines.steps import inbox
from relevo.engines.steps.rows import Lane
from relevo.events import InboundMessage, StatusUpdate
from relevo.webhooks import WebhookRequest

_LONG_S = 3600.0


class PostgresReceiving(PostgresCore):
    """Raw webhooks and what was made of them."""

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Keep a verified webhook as it came."""
        webhook_id = await self._keep_again(account, request)
        self._remember_webhook(webhook_id, account)
        self._note_webhooks()
        return webhook_id

    async def _keep_again(self, account: str, request: WebhookRequest) -> int:
        """Keep it, on another connection if one was lost: one kept twice is applied once."""
        self._opened()
        for fresh in (True, False):
            try:
                async with self._connections.transaction() as connection:
                    now = await self._now(connection)
                    return await webhooks.keep(connection, account, request, now)
            except (CommitUnknown, *STORE_ERRORS) as error:
                lost = isinstance(error, CommitUnknown) or is_lost(error)
                if not (fresh and lost):
                    raise self._connections.named.unavailable(error) from error
        raise AssertionError

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Take the oldest webhooks that nothing was made of yet."""
        found = cast(
            "list[WebhookRecord]",
            await self._change(lambda connection, now: webhooks.take(connection, limit, now)),
        )
        for webhook in found:
            self._remember_webhook(webhook.webhook_id, webhook.account)
        return found

    async def apply_items(
        self, webhook_id: int, provider: str, results: Sequence[ParsedItem]
    ) -> list[ItemState]:
        """Apply each item once, and close the webhook."""
        account = self._accounts_of.get(webhook_id)
        if account is None:
            account = (await self.webhook(webhook_id)).account
        results = [_storable(result) for result in results]
        needs = Needs(webhooks={webhook_id})
        for result in results:
            needs.items.add((account, key_text(result.item.key)))
            for effect in result.effects:
                _need_effect(needs, account, effect)
        return await self._write(
            lambda rows, now: inbox.apply_items(rows, webhook_id, provider, results, now),
            needs,
            repeatable=True,
        )

    async def quarantined(
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[QuarantinedItem]:
        """Give items that were set aside, newest first."""
        below = read_mark(cursor)
        account = text_or_none(account)
        return cast(
            "Page[QuarantinedItem]",
            await self._read(
                lambda connection: webhooks.find_quarantined(connection, account, below, limit)
            ),
        )

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook."""
        return cast(
            "WebhookRecord",
            await self._read(lambda connection: webhooks.find(connection, webhook_id)),
        )

    async def reopen(
        self, *, account: str | None = None, webhook_ids: Collection[int] = (), limit: int = 1_000
    ) -> list[int]:
        """Let webhooks with items set aside be worked through again."""
        found = cast(
            "list[int]",
            await self._change(
                lambda connection, _: webhooks.reopen(connection, account, webhook_ids, limit)
            ),
        )
        if found:
            self._note_webhooks()
        return found

    async def beat(self, *, every_s: float) -> None:
        """Note that the receiver is up."""
        await self._change(lambda connection, now: webhooks.beat(connection, now, every_s))

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""

        async def due_in_s() -> float | None:
            async def look(connection: Connection) -> float | None:
                at = await waiting.first_webhook(connection)
                now = await self._now(connection)
                return None if at is None else seconds_until(at, now, _LONG_S)

            return cast("float | None", await self._read(look))

        await self._wait(self._arrived, timeout_s, due_in_s)

    def _note_webhooks(self) -> None:
        self._arrived.wake()
        if self._parts is not None:
            self._parts.sequencer.kick(News(), "webhooks")


def _storable(result: ParsedItem) -> ParsedItem:
    """Name lanes as they are kept."""
    effects = tuple(
        replace(effect, lane_key=plain_text(effect.lane_key or effect.event.sender.uri()))
        if isinstance(effect.event, InboundMessage)
        else effect
        for effect in result.effects
    )
    return replace(result, effects=effects)


def _need_effect(needs: Needs, account: str, effect: Effect) -> None:
    event = effect.event
    if isinstance(event, StatusUpdate):
        needs.refs.add((account, key_text(event.provider_message_id)))
        if event.message_id is not None:
            needs.messages.add(event.message_id)
        if event.attempt is not None:
            needs.echoes.add(account)
    elif isinstance(event, InboundMessage):
        lane = Lane(account, effect.lane_key or "")
        needs.lanes.setdefault(lane, 0)
        needs.new_messages += 1
