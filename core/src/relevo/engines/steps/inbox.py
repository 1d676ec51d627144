"""What webhook items do: each once, each apart from its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from relevo.engines.json_text import plain_text
from relevo.engines.outcomes import account_data, quarantine_data
from relevo.engines.records import (
    Effect,
    ItemFault,
    ItemState,
    ParsedItem,
    WebhookState,
)
from relevo.engines.steps.rows import ItemRow, Lane, Rows
from relevo.engines.steps.statuses import hear
from relevo.engines.transitions import arrived, conversation_after, told_arrived
from relevo.errors import EngineError
from relevo.events import AccountUpdate, EventType, InboundMessage, StatusUpdate
from relevo.middleware import EventDraft
from relevo.redaction import frames_of
from relevo.webhooks import WebhookItem


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item came from."""

    account: str
    provider: str
    webhook_id: int


def apply_items(
    rows: Rows, webhook_id: int, provider: str, results: Sequence[ParsedItem], now: datetime
) -> list[ItemState]:
    """Apply each item once per account and key, and close the webhook."""
    account = rows.webhook_account(webhook_id)
    if account is None:
        msg = f"No webhook {webhook_id} is kept here."
        raise EngineError(msg)
    origin = Origin(account, provider, webhook_id)
    states = [_apply_item(rows, origin, result, now) for result in results]
    set_aside = bool(states) and all(state is ItemState.QUARANTINED for state in states)
    rows.close_webhook(webhook_id, WebhookState.QUARANTINED if set_aside else WebhookState.DONE)
    return states


def _apply_item(rows: Rows, origin: Origin, result: ParsedItem, now: datetime) -> ItemState:
    item = result.item
    before = rows.item(origin.account, item.key)
    if before is not None and before.state is ItemState.APPLIED:
        return ItemState.DUPLICATE
    if result.fault is not None:
        return _set_aside(rows, origin, item, before, result.fault, now)
    try:
        with rows.savepoint():
            for effect in result.effects:
                _apply_effect(rows, origin, effect, now)
            row = ItemRow(ItemState.APPLIED)
            rows.save_item(origin.account, item, row, origin.webhook_id, now)
    except Exception as error:
        if rows.is_store_error(error):
            raise
        return _set_aside(rows, origin, item, before, _fault_of(error), now)
    return ItemState.APPLIED


def _set_aside(
    rows: Rows,
    origin: Origin,
    item: WebhookItem,
    before: ItemRow | None,
    fault: ItemFault,
    now: datetime,
) -> ItemState:
    fault = ItemFault(*map(plain_text, (fault.code, fault.message, fault.traceback)))
    row = ItemRow(ItemState.QUARANTINED, fault)
    known = before.fault if before else None
    rows.save_item(origin.account, item, row, origin.webhook_id, now)
    if known is None or (known.code, known.message) != (fault.code, fault.message):
        data = quarantine_data(
            origin.account, origin.provider, webhook_id=origin.webhook_id, key=item.key, fault=fault
        )
        rows.tell(EventDraft(EventType.WEBHOOK, data), origin.account, None, now)
    return ItemState.QUARANTINED


def _fault_of(error: Exception) -> ItemFault:
    name = type(error).__name__
    return ItemFault(
        "apply_failed",
        f"Applying the item raised {name}; it is kept whole and can be replayed.",
        frames_of(error),
    )


def _apply_effect(rows: Rows, origin: Origin, effect: Effect, now: datetime) -> None:
    event = effect.event
    if isinstance(event, StatusUpdate):
        hear(rows, origin.account, event, now)
    elif isinstance(event, InboundMessage):
        _receive(rows, origin, event, effect.lane_key or event.sender.uri(), now)
    elif isinstance(event, AccountUpdate):
        draft = EventDraft(EventType.ACCOUNT, account_data(origin.account, origin.provider, event))
        rows.tell(draft, origin.account, None, now)
    else:
        msg = f"A webhook item cannot mean a {type(event).__name__}."
        raise TypeError(msg)


def _receive(
    rows: Rows, origin: Origin, inbound: InboundMessage, lane_key: str, now: datetime
) -> None:
    lane = Lane(origin.account, lane_key)
    thread = rows.conversation(lane)
    record = arrived(
        inbound,
        account=origin.account,
        provider=origin.provider,
        conversation_id=thread.conversation_id if thread else str(uuid4()),
        now=now,
    )
    record = rows.add_message(record, lane)
    thread = conversation_after(thread, record, name=inbound.sender_name)
    rows.save_conversation(lane, thread, record.sequence)
    rows.tell(told_arrived(record, inbound), origin.account, record, now)
