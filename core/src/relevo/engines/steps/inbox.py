"""What webhook items do: each once, each apart from its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from relevo.engines.json_text import plain_text
from relevo.engines.outcomes import account_data, discard_data, person_data, quarantine_data
from relevo.engines.records import (
    DiscardedItem,
    Effect,
    InterpretedWebhook,
    ItemFault,
    ItemOutcome,
    ItemState,
    MessageRecord,
    ParsedItem,
    WebhookState,
)
from relevo.engines.steps.media import ask_for, with_media
from relevo.engines.steps.people import learn, note_update
from relevo.engines.steps.rows import ItemRow, Lane, Rows
from relevo.engines.steps.statuses import hear
from relevo.engines.transitions import arrived, conversation_after, told_arrived, wrote_at
from relevo.errors import EngineError
from relevo.events import (
    AccountUpdate,
    EventType,
    InboundMessage,
    PersonUpdate,
    StatusUpdate,
)
from relevo.messages import new_message_id
from relevo.middleware import EventDraft
from relevo.redaction import frames_of
from relevo.webhooks import WebhookItem

_OVER: Final = MappingProxyType(
    {
        ItemState.APPLIED: ItemOutcome(ItemState.DUPLICATE),
        ItemState.DISCARDED: ItemOutcome(ItemState.DISCARDED),
    }
)
"""What an item that comes again is, by what became of it before; any other is worked on."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item came from."""

    account: str
    provider: str
    webhook_id: int


def apply_items(rows: Rows, webhook: InterpretedWebhook, now: datetime) -> list[ItemOutcome]:
    """Apply each item once per account and key, and close the webhook."""
    webhook_id = webhook.webhook_id
    account = rows.webhook_account(webhook_id)
    if account is None:
        msg = f"No webhook {webhook_id} is kept here."
        raise EngineError(msg)
    origin = Origin(account, webhook.provider, webhook_id)
    outcomes = [_apply_to_owner(rows, origin, result, now) for result in webhook.items]
    # Whether an item is set aside is told on reading: its next webhook may settle it.
    rows.close_webhook(webhook_id, WebhookState.DONE)
    return outcomes


def state_told(kept: WebhookState, *, aside: bool) -> WebhookState:
    """Tell how far a webhook got, by whether an item of it is set aside now."""
    if kept is WebhookState.PENDING:
        return kept
    return WebhookState.QUARANTINED if aside else WebhookState.DONE


def all_of(answers: Iterable[list[ItemOutcome] | BaseException]) -> list[list[ItemOutcome]]:
    """Give what became of each webhook's items, or raise why the first of them was not kept."""
    outcomes: list[list[ItemOutcome]] = []
    failures: list[BaseException] = []
    for one in answers:
        if isinstance(one, BaseException):
            failures.append(one)
        else:
            outcomes.append(one)
    if failures:
        raise failures[0]
    return outcomes


def tell_discarded(
    rows: Rows, items: Iterable[DiscardedItem], providers: Mapping[str, str], now: datetime
) -> None:
    """Tell which items nobody will try any more, and whose words they were, where that is known."""
    for item in items:
        data = discard_data(item, providers.get(item.account))
        rows.tell(EventDraft(EventType.WEBHOOK, data), item.account, None, now)


def _apply_to_owner(rows: Rows, origin: Origin, result: ParsedItem, now: datetime) -> ItemOutcome:
    """Apply an item where it belongs, and settle that it was once kept as foreign elsewhere."""
    if result.account is None:
        return _apply_item(rows, origin, result, now)
    outcome = _apply_item(rows, replace(origin, account=result.account), result, now)
    before = rows.item(origin.account, result.item.key)
    was_foreign = before is not None and before.state is ItemState.QUARANTINED
    if was_foreign and outcome.state is not ItemState.QUARANTINED:
        row = ItemRow(ItemState.APPLIED)
        rows.save_item(origin.account, result.item, row, origin.webhook_id, now)
    return outcome


def _apply_item(rows: Rows, origin: Origin, result: ParsedItem, now: datetime) -> ItemOutcome:
    item = result.item
    before = rows.item(origin.account, item.key)
    if before is not None and before.state in _OVER:
        return _OVER[before.state]
    if result.fault is not None:
        return _set_aside(rows, origin, item, before, result.fault, now)
    settled: list[str | None] = []
    try:
        with rows.savepoint():
            settled.extend(_apply_effect(rows, origin, effect, now) for effect in result.effects)
            row = ItemRow(ItemState.APPLIED)
            rows.save_item(origin.account, item, row, origin.webhook_id, now)
    except Exception as error:
        if rows.is_store_error(error):
            raise
        return _set_aside(rows, origin, item, before, _fault_of(error), now)
    return ItemOutcome(ItemState.APPLIED, settled=tuple(how for how in settled if how))


def _set_aside(
    rows: Rows,
    origin: Origin,
    item: WebhookItem,
    before: ItemRow | None,
    fault: ItemFault,
    now: datetime,
) -> ItemOutcome:
    fault = ItemFault(*map(plain_text, (fault.code, fault.message, fault.traceback)))
    row = ItemRow(ItemState.QUARANTINED, fault)
    known = before.fault if before else None
    rows.save_item(origin.account, item, row, origin.webhook_id, now)
    if known is None or (known.code, known.message) != (fault.code, fault.message):
        data = quarantine_data(
            origin.account, origin.provider, webhook_id=origin.webhook_id, key=item.key, fault=fault
        )
        rows.tell(EventDraft(EventType.WEBHOOK, data), origin.account, None, now)
    return ItemOutcome(ItemState.QUARANTINED, again=before is not None)


def _fault_of(error: Exception) -> ItemFault:
    name = type(error).__name__
    return ItemFault(
        "apply_failed",
        f"Applying the item raised {name}; it is kept whole and can be replayed.",
        frames_of(error),
    )


def _apply_effect(rows: Rows, origin: Origin, effect: Effect, now: datetime) -> str | None:
    """Do what an item means; give how it ended a doubt about a message, if it did."""
    event = effect.event
    if isinstance(event, StatusUpdate):
        heard = hear(rows, origin.account, event, now)
        _learn(rows, origin, effect, now, of=heard.record)
        return heard.settled
    _apply_other(rows, origin, effect, now)
    return None


def _apply_other(rows: Rows, origin: Origin, effect: Effect, now: datetime) -> None:
    event = effect.event
    if isinstance(event, InboundMessage):
        _learn(rows, origin, effect, now)
        _receive(rows, origin, event, effect, now)
    elif isinstance(event, PersonUpdate):
        _learn(rows, origin, effect, now)
        lane = Lane(origin.account, effect.lane_key or event.person.uri())
        note_update(rows, lane, event, now)
        draft = EventDraft(EventType.ACCOUNT, person_data(origin.account, origin.provider, event))
        rows.tell(draft, origin.account, None, now)
    elif isinstance(event, AccountUpdate):
        draft = EventDraft(EventType.ACCOUNT, account_data(origin.account, origin.provider, event))
        rows.tell(draft, origin.account, None, now)
    else:
        msg = f"A webhook item cannot mean a {type(event).__name__}."
        raise TypeError(msg)


def _learn(
    rows: Rows, origin: Origin, effect: Effect, now: datetime, *, of: MessageRecord | None = None
) -> None:
    """Join the addresses that one item shows to be one person's, and whom its message is to."""
    own = (effect.lane_key,) if effect.lane_key is not None else ()
    keys = (*own, *effect.aliases)
    if of is not None and keys:
        keys = (rows.lane_of(of).lane_key, *keys)
    learn(rows, origin.account, keys, now)


def _receive(
    rows: Rows, origin: Origin, inbound: InboundMessage, effect: Effect, now: datetime
) -> None:
    lane = Lane(origin.account, effect.lane_key or inbound.sender.uri())
    thread = rows.conversation(lane)
    record = arrived(
        inbound,
        account=origin.account,
        provider=origin.provider,
        conversation_id=thread.conversation_id if thread else str(new_message_id()),
        now=now,
    )
    record = rows.add_message(record, lane)
    thread = conversation_after(
        thread, record, name=inbound.sender_name, wrote_at=wrote_at(inbound, now)
    )
    rows.save_conversation(lane, thread)
    file = None
    if effect.fetch_within_s is not None:
        file = ask_for(rows, record, effect.fetch_within_s, now)
    rows.tell(with_media(told_arrived(record, inbound), file), origin.account, record, now)
