"""What providers tell us: verify, keep raw, answer; then split, parse and apply item by item."""

from __future__ import annotations

import hashlib
import logging
import operator
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn

import anyio
from anyio.lowlevel import checkpoint

from relevo.accounts import Account
from relevo.engines.json_text import plain_text
from relevo.engines.port import Clock, Inbox
from relevo.engines.records import (
    Effect,
    InterpretedWebhook,
    ItemFault,
    ItemState,
    Page,
    ParsedItem,
    QuarantinedItem,
    WebhookRecord,
)
from relevo.errors import (
    EngineError,
    ForeignItem,
    RelevoError,
    UnknownAccount,
    WebhookMalformed,
)
from relevo.events import InboundMessage, PersonUpdate, ProviderEvent, StatusUpdate, utc_now
from relevo.messages import Address
from relevo.meter import Meter, NoMeter
from relevo.nesting import MOST_LEVELS, is_too_deep
from relevo.providers import (
    AnyProvider,
    WronglyReturned,
    lane_of,
    lanes_of,
    parse_item,
    split_webhook,
    verify_webhook,
)
from relevo.redaction import frames_of
from relevo.siblings import Siblings
from relevo.webhook_traces import WebhookTraces, news_of
from relevo.webhooks import WebhookItem, WebhookReply, WebhookRequest

logger = logging.getLogger("relevo.receiver")

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
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._traces = traces
        self._clock = clock
        self._meter = meter or NoMeter()
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
        self,
        *,
        account: str | None = None,
        visible: frozenset[str] | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[QuarantinedItem]:
        """Give webhook items that were set aside, newest first; of `visible` accounts only."""
        return await self._engine.quarantined(
            account=account, visible=visible, cursor=cursor, limit=limit
        )

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook.

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
    ) -> list[int]:
        """Work once more through webhooks with items of `visible` accounts set aside."""
        return await self._engine.reopen(account=account, webhook_ids=webhook_ids, visible=visible)

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
            states = await self._engine.apply_items(interpreted)
            in_hand.difference_update(webhook.webhook_id for webhook in some)
            for webhook, read, became in zip(some, interpreted, states, strict=True):
                _note_quarantined(webhook, became)
                self._measure(webhook, read, became)
            if self._traces is not None:
                await self._traces.tell(some, interpreted, states)

    def _measure(
        self, webhook: WebhookRecord, read: InterpretedWebhook, became: Sequence[ItemState]
    ) -> None:
        """Tell the meter of a webhook that was applied."""
        since_s = (self._clock() - webhook.arrived_at).total_seconds()
        self._meter.heard(webhook.account, max(0.0, since_s))
        if aside := became.count(ItemState.QUARANTINED):
            self._meter.set_aside(webhook.account, aside)
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
        if account is None:
            results = [_whole(webhook, UnknownAccount(_no_account(webhook.account)))]
        else:
            results = _interpret_for(account, self._accounts, webhook)
        provider = account.provider.name if account else "unknown"
        return InterpretedWebhook(webhook.webhook_id, provider, results)

    def _provider(self, account: str) -> AnyProvider:
        if account not in self._accounts:
            raise UnknownAccount(_no_account(account))
        return self._accounts[account].provider


def _note_quarantined(webhook: WebhookRecord, states: Sequence[ItemState]) -> None:
    if quarantined := states.count(ItemState.QUARANTINED):
        logger.warning(
            "Webhook %d of account %r: %d of %d items quarantined.",
            webhook.webhook_id,
            webhook.account,
            quarantined,
            len(states),
        )


def _interpret_for(
    account: Account, accounts: Mapping[str, Account], webhook: WebhookRecord
) -> list[ParsedItem]:
    """Interpret a webhook; what is foreign to its account may be a sibling's."""
    siblings = Siblings(account, accounts, webhook)
    results = interpret(account.provider, webhook)
    return [_of_sibling(siblings, one) if _is_foreign(one) else one for one in results]


def _is_foreign(parsed: ParsedItem) -> bool:
    return parsed.fault is not None and parsed.fault.code == ForeignItem.code


def _of_sibling(siblings: Siblings, parsed: ParsedItem) -> ParsedItem:
    owner = siblings.owner_of(parsed.item)
    if owner is None:
        return parsed
    return replace(_parse(owner.provider, parsed.item), account=owner.name)


def interpret(provider: AnyProvider, webhook: WebhookRecord) -> list[ParsedItem]:
    """Split a webhook and parse each item apart: one bad item harms no other."""
    try:
        items = split_webhook(provider, webhook.request)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; it is kept
        return [_whole(webhook, error)]
    return [_parse(provider, item) for item in items]


def _parse(provider: AnyProvider, item: WebhookItem) -> ParsedItem:
    if is_too_deep(item.raw):
        # Kept without it: whoever reads the item would break on it. The webhook has it whole.
        return ParsedItem(replace(item, raw=None), fault=_fault(_too_deep()))
    try:
        effects = tuple(_effect(provider, event) for event in parse_item(provider, item))
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; it is kept
        return ParsedItem(item, fault=_fault(error))
    return ParsedItem(item, effects)


def _effect(provider: AnyProvider, event: ProviderEvent) -> Effect:
    # A provider may read JSON out of words, as people's apps put it there.
    if is_too_deep(vars(event), most=MOST_LEVELS + 1):
        raise _too_deep()
    event = _storable(event)
    match event:
        case InboundMessage(sender=person):
            within_s = provider.fetch_life_s if provider.has_fetch_media else None
            aliases = lanes_of(provider, event.aliases)
            return Effect(event, lane_of(provider, person), within_s, aliases)
        case PersonUpdate(person=person):
            aliases = lanes_of(provider, event.aliases)
            return Effect(event, lane_of(provider, person), aliases=aliases)
        case StatusUpdate(recipient=Address() as person):
            aliases = lanes_of(provider, event.recipient_aliases)
            return Effect(event, lane_of(provider, person), aliases=aliases)
        case _:
            return Effect(event)


def _too_deep() -> WebhookMalformed:
    msg = f"It nests deeper than {MOST_LEVELS} lists and objects in one another."
    return WebhookMalformed(msg)


def _storable(event: ProviderEvent) -> ProviderEvent:
    """Mend half characters and NULs in words, which no store can keep as they are."""
    mended: dict[str, Any] = {
        name: whole for name, value in vars(event).items() if (whole := _mended(value)) is not value
    }
    return replace(event, **mended) if mended else event


def _mended(value: object) -> object:
    """Mend words and addresses; the same object where nothing is to mend.

    Contents and raw objects are mended where they are written.
    """
    match value:
        case str():
            return value if (words := plain_text(value)) == value else words
        case Address():
            words = plain_text(value.value)
            return value if words == value.value else replace(value, value=words)
        case tuple():
            parts = tuple(map(_mended, value))
            return value if all(map(operator.is_, parts, value)) else parts
        case _:
            return value


def _whole(webhook: WebhookRecord, error: Exception) -> ParsedItem:
    item = WebhookItem(
        hashlib.sha256(webhook.body).hexdigest(), webhook.body.decode("utf-8", "replace")
    )
    return ParsedItem(item, fault=_fault(error))


def _fault(error: Exception) -> ItemFault:
    if isinstance(error, RelevoError):
        return ItemFault(error.code, error.message, frames_of(error))
    if isinstance(error, WronglyReturned):
        return ItemFault("parser_failed", str(error), frames_of(error))
    name = type(error).__name__
    return ItemFault("parser_failed", f"The provider's parser raised {name}.", frames_of(error))


def _no_account(account: str) -> str:
    return f"No account {account!r} is configured here."
