"""The PostgreSQL engine's inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from relevo.engines.json_text import plain_text
from relevo.engines.paging import read_mark
from relevo.engines.port.inbox import NO_PROVIDERS
from relevo.engines.postgres import discarding, handing_out, webhooks
from relevo.engines.postgres.columns import key_text
from relevo.engines.postgres.connections import CommitUnknown, Connection
from relevo.engines.postgres.core import PostgresCore
from relevo.engines.postgres.faults import OF_VALUES, STORE_ERRORS, is_lost
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.postgres.transactions import News
from relevo.engines.records import (
    DiscardedItem,
    Effect,
    InterpretedWebhook,
    ItemOutcome,
    Page,
    ParsedItem,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.engines.sight import sight_of
from relevo.engines.signal import seconds_until
from relevo.engines.steps import inbox
from relevo.engines.steps.handing_out import first_free_at
from relevo.engines.steps.inbox import all_of
from relevo.engines.steps.rows import Lane
from relevo.errors import EngineError, UnknownWebhook
from relevo.events import InboundMessage, PersonUpdate, StatusUpdate
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
        owner = self._opened().listener.owner
        rows = await self._change(
            lambda connection, now: handing_out.take(connection, limit, now, owner)
        )
        found = [webhooks.read_webhook(row) for row in rows]
        for webhook in found:
            self._remember_webhook(webhook.webhook_id, webhook.account)
        return found

    async def hand_back(self, webhook_ids: Collection[int]) -> None:
        """Let others take webhooks that will not be applied here."""
        owner = self._opened().listener.owner
        await self._change(
            lambda connection, _: handing_out.hand_back(connection, webhook_ids, owner)
        )
        self._note_webhooks()

    async def apply_items(self, webhooks: Sequence[InterpretedWebhook]) -> list[list[ItemOutcome]]:
        """Apply each item once, and close the webhooks: those of one account together."""
        of_account: dict[str, list[InterpretedWebhook]] = {}
        for webhook in webhooks:
            of_account.setdefault(await self._account_of(webhook.webhook_id), []).append(webhook)
        answers = await asyncio.gather(
            *(self._apply(account, some) for account, some in of_account.items())
        )
        became = {
            webhook.webhook_id: answer
            for some, answers_of_some in zip(of_account.values(), answers, strict=True)
            for webhook, answer in zip(some, answers_of_some, strict=True)
        }
        return all_of(became[webhook.webhook_id] for webhook in webhooks)

    async def _apply(
        self, account: str, webhooks: Sequence[InterpretedWebhook]
    ) -> Sequence[list[ItemOutcome] | EngineError]:
        """Apply an account's webhooks in one step, which keeps their order; else one by one."""
        webhooks = [
            replace(webhook, items=[self._storable(account, item) for item in webhook.items])
            for webhook in webhooks
        ]
        needs = Needs()
        for webhook in webhooks:
            _need_webhook(needs, account, webhook)
        try:
            return cast(
                "list[list[ItemOutcome] | EngineError]",
                await self._write(
                    lambda rows, now: [_apply_apart(rows, webhook, now) for webhook in webhooks],
                    needs,
                    repeatable=True,
                ),
            )
        except EngineError as error:
            if len(webhooks) == 1 or not isinstance(error.__cause__, OF_VALUES):
                return [error] * len(webhooks)
        # One of them holds what PostgreSQL cannot keep; it alone shall wait.
        apart = [await self._apply(account, [webhook]) for webhook in webhooks]
        return [answer for (answer,) in apart]

    async def _account_of(self, webhook_id: int) -> str:
        account = self._accounts_of.get(webhook_id)
        if account is not None:
            return account
        try:
            return (await self.webhook(webhook_id)).account
        except UnknownWebhook:
            return ""  # it is refused by itself when its turn comes

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
        return cast(
            "Page[QuarantinedItem]",
            await self._read(
                lambda connection: webhooks.find_quarantined(
                    connection, sight, webhook_ids, below, limit
                )
            ),
        )

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook."""
        return cast(
            "WebhookRecord",
            await self._read(lambda connection: webhooks.find(connection, webhook_id)),
        )

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
        found = cast(
            "list[int]",
            await self._change(
                lambda connection, _: discarding.reopen(
                    connection, sight, webhook_ids, limit, discarded=discarded
                )
            ),
        )
        if found:
            self._note_webhooks()
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
        self._opened()
        sight = sight_of(account, visible)
        gone = discarding.Discards(sight, webhook_ids, key, providers, limit)
        try:
            (outcome,) = await self._transactions.run([gone.tell], Needs(), gone.mark)
        except CommitUnknown as error:
            raise self._connections.named.in_doubt() from error
        except STORE_ERRORS as error:
            raise self._connections.named.unavailable(error) from error
        if outcome.error is not None:
            raise outcome.error
        return cast("list[DiscardedItem]", outcome.value)

    async def beat(self, *, every_s: float) -> None:
        """Note that the receiver is up."""
        await self._change(lambda connection, now: webhooks.beat(connection, now, every_s))

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""

        async def due_in_s() -> float | None:
            async def look(connection: Connection) -> float | None:
                pending = await handing_out.find_pending(connection)
                now = await self._now(connection)
                at = first_free_at(pending, now)
                return None if at is None else seconds_until(at, now, _LONG_S)

            return cast("float | None", await self._read(look))

        await self._wait(self._arrived, timeout_s, due_in_s)

    def _storable(self, account: str, result: ParsedItem) -> ParsedItem:
        """Name lanes as they are kept, and leave out who is known to be the same person."""
        owner = result.account or account
        effects = (self._lanes_of(owner, effect) for effect in result.effects)
        return replace(result, effects=tuple(effects))

    def _lanes_of(self, account: str, effect: Effect) -> Effect:
        event, key = effect.event, effect.lane_key
        if isinstance(event, InboundMessage):
            key = key or event.sender.uri()
        elif isinstance(event, PersonUpdate):
            key = key or event.person.uri()
        if key is None:
            return effect
        key = plain_text(key)
        aliases = map(plain_text, effect.aliases)
        news = self._transactions.known.news(account, key, aliases)
        return replace(effect, lane_key=key, aliases=news)

    def _note_webhooks(self) -> None:
        self._arrived.wake()
        if self._parts is not None:
            self._parts.sequencer.kick(News(), "webhooks")


def _apply_apart(
    rows: WorkingSet, webhook: InterpretedWebhook, now: datetime
) -> list[ItemOutcome] | EngineError:
    try:
        with rows.savepoint():
            return inbox.apply_items(rows, webhook, now)
    except EngineError as error:
        return error


def _need_webhook(needs: Needs, account: str, webhook: InterpretedWebhook) -> None:
    needs.webhooks.add(webhook.webhook_id)
    for item in webhook.items:
        owner = item.account or account
        needs.items |= {(one, key_text(item.item.key)) for one in (account, owner)}
        for effect in item.effects:
            _need_effect(needs, owner, effect)


def _need_effect(needs: Needs, account: str, effect: Effect) -> None:
    event = effect.event
    for key in (effect.lane_key, *effect.aliases):
        if key is not None:
            needs.lanes.setdefault(Lane(account, key), 0)
    if isinstance(event, StatusUpdate):
        needs.refs.add((account, key_text(event.provider_message_id)))
        if event.message_id is not None:
            needs.messages.add(event.message_id)
        if event.attempt is not None:
            needs.echoes.add(account)
    elif isinstance(event, InboundMessage):
        needs.new_messages += 1
