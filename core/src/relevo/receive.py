"""What providers tell us: verify, keep raw, answer; then split, parse and apply item by item."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any, NoReturn

import anyio

from relevo.accounts import Account
from relevo.engines.json_text import plain_text
from relevo.engines.port import Inbox
from relevo.engines.records import (
    Effect,
    ItemFault,
    ItemState,
    Page,
    ParsedItem,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.errors import EngineError, InvalidAddress, RelevoError, UnknownAccount
from relevo.events import InboundMessage, ProviderEvent
from relevo.providers import AnyProvider
from relevo.redaction import frames_of
from relevo.webhooks import WebhookItem, WebhookReply, WebhookRequest

logger = logging.getLogger("relevo.receiver")

_POLL_S = 1.0
_BATCH = 20
BEAT_S = 5.0
"""How often the receiver notes that it is up; a silence of twice that is an outage."""


class Receiver:
    """Take webhooks of all accounts, raw first, and make events of them."""

    def __init__(self, engine: Inbox, accounts: Mapping[str, Account]) -> None:
        self._engine = engine
        self._accounts = accounts

    def challenge(self, account: str, request: WebhookRequest) -> WebhookReply:
        """Answer a provider's handshake.

        Raises:
            UnknownAccount: No such account.
            WebhookRejected: The token is missing or wrong.
            NotSupported: The provider has no handshake.
        """
        return self._provider(account).webhook_challenge(request)

    async def receive(self, account: str, request: WebhookRequest) -> WebhookReply:
        """Verify a webhook on its raw bytes and keep it; what it means is worked out after.

        Raises:
            UnknownAccount: No such account.
            WebhookRejected: The signature is missing or wrong; nothing was kept.
            NotSupported: The provider has no webhooks.
            EngineError: The store cannot keep it; let the provider send it again.
        """
        self._provider(account).verify_webhook(request)
        await self._engine.keep_webhook(account, request)
        return WebhookReply()

    async def run(self) -> NoReturn:
        """Work through kept webhooks as they come, those of an earlier run first."""
        while True:
            try:
                if not await self.process_pending():
                    await self._engine.wait_for_webhooks(_POLL_S)
            except EngineError as error:
                logger.error("Webhooks wait: %s", error)  # noqa: TRY400 - its words say it
                await anyio.sleep(_POLL_S)

    async def beat(self) -> NoReturn:
        """Note again and again that webhooks can arrive, so that silence can prove something."""
        while True:
            try:
                await self._engine.beat(every_s=BEAT_S)
            except EngineError as error:
                logger.error("The receiver's beat is lost: %s", error)  # noqa: TRY400 - its words say it
            await anyio.sleep(BEAT_S)

    async def quarantined(
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[QuarantinedItem]:
        """Give webhook items that were set aside, newest first."""
        return await self._engine.quarantined(account=account, cursor=cursor, limit=limit)

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook.

        Raises:
            UnknownWebhook: None has this id, or it is no longer kept.
        """
        return await self._engine.webhook(webhook_id)

    async def reopen(
        self, *, account: str | None = None, webhook_ids: Collection[int] = ()
    ) -> list[int]:
        """Work once more through webhooks with items set aside; give their ids."""
        return await self._engine.reopen(account=account, webhook_ids=webhook_ids)

    async def process_pending(self) -> int:
        """Apply the oldest kept webhooks, one transaction each; give how many there were."""
        webhooks = await self._engine.pending_webhooks(_BATCH)
        for webhook in webhooks:
            await self._process(webhook)
        return len(webhooks)

    async def _process(self, webhook: WebhookRecord) -> None:
        account = self._accounts.get(webhook.account)
        if account is None:
            results = [_whole(webhook, UnknownAccount(_no_account(webhook.account)))]
        else:
            results = interpret(account.provider, webhook)
        provider = account.provider.name if account else "unknown"
        states = await self._engine.apply_items(webhook.webhook_id, provider, results)
        if quarantined := states.count(ItemState.QUARANTINED):
            logger.warning(
                "Webhook %d of account %r: %d of %d items quarantined.",
                webhook.webhook_id,
                webhook.account,
                quarantined,
                len(states),
            )

    def _provider(self, account: str) -> AnyProvider:
        if account not in self._accounts:
            raise UnknownAccount(_no_account(account))
        return self._accounts[account].provider


def interpret(provider: AnyProvider, webhook: WebhookRecord) -> list[ParsedItem]:
    """Split a webhook and parse each item apart: one bad item harms no other."""
    request = WebhookRequest(
        webhook.method, webhook.path, webhook.body, webhook.headers, webhook.query
    )
    try:
        items = provider.split_webhook(request)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; it is kept
        return [_whole(webhook, error)]
    return [_parse(provider, item) for item in items]


def _parse(provider: AnyProvider, item: WebhookItem) -> ParsedItem:
    try:
        effects = tuple(_effect(provider, event) for event in provider.parse_item(item))
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; it is kept
        return ParsedItem(item, fault=_fault(error))
    return ParsedItem(item, effects)


def _effect(provider: AnyProvider, event: ProviderEvent) -> Effect:
    event = _storable(event)
    if not isinstance(event, InboundMessage):
        return Effect(event)
    try:
        return Effect(event, provider.lane_key(event.sender))
    except InvalidAddress:
        # Whoever wrote has an address, whatever we think of its form.
        return Effect(event, event.sender.uri())


def _storable(event: ProviderEvent) -> ProviderEvent:
    """Mend half characters and NULs in words, which no store can keep as they are."""
    words: dict[str, Any] = {
        field.name: mended
        for field in fields(event)
        if isinstance(word := getattr(event, field.name), str)
        and (mended := plain_text(word)) != word
    }
    if isinstance(event, InboundMessage):
        value = plain_text(event.sender.value)
        if value != event.sender.value:
            event = replace(event, sender=replace(event.sender, value=value))
    return replace(event, **words) if words else event


def _whole(webhook: WebhookRecord, error: Exception) -> ParsedItem:
    item = WebhookItem(
        hashlib.sha256(webhook.body).hexdigest(), webhook.body.decode("utf-8", "replace")
    )
    return ParsedItem(item, fault=_fault(error))


def _fault(error: Exception) -> ItemFault:
    if isinstance(error, RelevoError):
        return ItemFault(error.code, error.message, frames_of(error))
    name = type(error).__name__
    return ItemFault("parser_failed", f"The provider's parser raised {name}.", frames_of(error))


def _no_account(account: str) -> str:
    return f"No account {account!r} is configured here."
