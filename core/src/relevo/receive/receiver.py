"""Take webhooks of all accounts, raw first, and work through what was kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

import anyio
from anyio.lowlevel import checkpoint

from relevo.accounts import Account
from relevo.engines.port import Clock, Inbox
from relevo.engines.records import (
    DiscardedItem,
    InterpretedWebhook,
    ItemOutcome,
    Page,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.errors import (
    ConfigurationError,
    EngineError,
)
from relevo.events import utc_now
from relevo.meter import Meter, NoMeter
from relevo.providers import (
    AnyProvider,
    verify_webhook,
)
from relevo.receive.interpreting import interpret_for, unconfigured
from relevo.receive.log_lines import is_set_aside, log_applied, warn_of_set_aside
from relevo.store_watch import StoreWatch
from relevo.webhook_traces import WebhookTraces, news_of
from relevo.webhooks import WebhookReply, WebhookRequest

_POLL_S = 1.0
_BATCH = 100
_ITEMS_TOGETHER = 500
"""A transaction's items: no more webhooks are put into one once it has so many."""
_HOLD_S = 10.0
"""Well within the time for which webhooks are ours; what is left then is handed back."""
_HAND_BACK_S = 2.0
BEAT_S = 5.0
"""How often the receiver notes that it is up; a silence of twice that is an outage."""


class Receiver:
    """Take webhooks of all accounts, raw first, and make events of them."""

    def __init__(
        self,
        engine: Inbox,
        accounts: Mapping[str, Account],
        *,
        traces: WebhookTraces | None = None,
        clock: Clock = utc_now,
        meter: Meter | None = None,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._traces = traces
        self._clock = clock
        self._meter = meter or NoMeter()
        self._store_watch = store_watch or StoreWatch()
        self._left: set[int] = set()

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
        verify_webhook(self._provider(account), request)
        await self._engine.keep_webhook(account, request)
        return WebhookReply()

    async def run(self) -> NoReturn:
        """Work through kept webhooks as they come, those of an earlier run first."""
        while True:
            try:
                if not await self.process_pending():
                    await self._engine.wait_for_webhooks(_POLL_S)
            except EngineError as error:
                self._store_watch.failed("the receiver", error)
                await anyio.sleep(_POLL_S)

    async def beat(self) -> NoReturn:
        """Note again and again that webhooks can arrive, so that silence can prove something."""
        while True:
            try:
                await self._engine.beat(every_s=BEAT_S)
            except EngineError as error:
                self._store_watch.failed("the receiver's beat", error)
            await anyio.sleep(BEAT_S)

    async def quarantined(
        self,
        *,
        account: str | None = None,
        visible: frozenset[str] | None = None,
        webhook_ids: Collection[int] = (),
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[QuarantinedItem]:
        """Give webhook items that were set aside, newest first; of `visible` accounts only."""
        return await self._engine.quarantined(
            account=account, visible=visible, webhook_ids=webhook_ids, cursor=cursor, limit=limit
        )

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook. It is quarantined as long as any item of it is set aside.

        Raises:
            UnknownWebhook: None has this id, or it is no longer kept.
        """
        return await self._engine.webhook(webhook_id)

    async def reopen(
        self,
        *,
        account: str | None = None,
        webhook_ids: Collection[int] = (),
        visible: frozenset[str] | None = None,
        discarded: bool = False,
    ) -> list[int]:
        """Work once more through webhooks with items of `visible` accounts set aside.

        Items that were discarded stay so, unless `discarded`.
        """
        return await self._engine.reopen(
            account=account, webhook_ids=webhook_ids, visible=visible, discarded=discarded
        )

    async def discard(
        self,
        *,
        account: str | None = None,
        webhook_ids: Collection[int] = (),
        key: str | None = None,
        visible: frozenset[str] | None = None,
    ) -> list[DiscardedItem]:
        """Give up items of `visible` accounts that were set aside; give which, at most 1,000.

        Raises:
            ConfigurationError: Neither an account nor ids were given.
        """
        if account is None and not webhook_ids:
            msg = "Say what to discard: an account, or ids of webhooks."
            raise ConfigurationError(msg)
        return await self._engine.discard(
            account=account,
            webhook_ids=webhook_ids,
            key=key,
            visible=visible,
            providers={name: one.provider.name for name, one in self._accounts.items()},
        )

    async def process_pending(self) -> int:
        """Apply the oldest kept webhooks, many to a transaction; give how many were taken."""
        await self._hand_back()
        webhooks = await self._engine.pending_webhooks(_BATCH)
        in_hand = {webhook.webhook_id for webhook in webhooks}
        try:
            await self._work_through(webhooks, in_hand)
        finally:
            self._left |= in_hand
            with anyio.move_on_after(_HAND_BACK_S, shield=True), suppress(EngineError):
                await self._hand_back()
        return len(webhooks)

    async def _work_through(self, webhooks: Sequence[WebhookRecord], in_hand: set[int]) -> None:
        """Apply webhooks in their order, some at a time, while they are surely ours."""
        give_up_at = anyio.current_time() + _HOLD_S
        waiting = deque(webhooks)
        while waiting and anyio.current_time() < give_up_at:
            some: list[WebhookRecord] = []
            interpreted: list[InterpretedWebhook] = []
            items = 0
            while waiting and items < _ITEMS_TOGETHER:
                some.append(waiting.popleft())
                interpreted.append(self._interpret(some[-1]))
                items += len(interpreted[-1].items)
                await checkpoint()  # others have their turn between two large ones
            outcomes = await self._engine.apply_items(interpreted)
            in_hand.difference_update(webhook.webhook_id for webhook in some)
            for webhook, read, became in zip(some, interpreted, outcomes, strict=True):
                warn_of_set_aside(webhook, read, became)
                self._measure(webhook, read, became)
            if self._traces is not None:
                await self._traces.tell(some, interpreted, outcomes)

    def _measure(
        self, webhook: WebhookRecord, read: InterpretedWebhook, became: Sequence[ItemOutcome]
    ) -> None:
        """Tell the meter and the log of a webhook that was applied."""
        since_s = (self._clock() - webhook.arrived_at).total_seconds()
        self._meter.heard(webhook.account, max(0.0, since_s))
        log_applied(webhook, became, since_s)
        if aside := sum(is_set_aside(outcome) and not outcome.again for outcome in became):
            self._meter.set_aside(webhook.account, aside)
        for item, outcome in zip(read.items, became, strict=True):
            for how in outcome.settled:
                self._meter.settled(item.account or webhook.account, how)
        for account, update in news_of(webhook, read, became):
            self._meter.informed(account, update.status.value if update.status else "other")

    async def _hand_back(self) -> None:
        """Let others have what was taken and not applied."""
        left, self._left = self._left, set()
        if not left:
            return
        try:
            await self._engine.hand_back(left)
        except BaseException:
            self._left |= left
            raise

    def _interpret(self, webhook: WebhookRecord) -> InterpretedWebhook:
        account = self._accounts.get(webhook.account)
        results = interpret_for(account, self._accounts, webhook)
        provider = account.provider.name if account else "unknown"
        return InterpretedWebhook(webhook.webhook_id, provider, results)

    def _provider(self, account: str) -> AnyProvider:
        if account not in self._accounts:
            raise unconfigured(account)
        return self._accounts[account].provider
