"""What webhook items do: each once, each apart from its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from relevo.engines.json_text import plain_text
from relevo.engines.outcomes import account_data, person_data, quarantine_data
from relevo.engines.records import (
    Effect,
    InterpretedWebhook,
    ItemFault,
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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item came from."""

    account: str
    provider: str
    webhook_id: int


def apply_items(rows: Rows, webhook: InterpretedWebhook, now: datetime) -> list[ItemState]:
    """Apply each item once per account and key, and close the webhook."""
    webhook_id = webhook.webhook_id
    account = rows.webhook_account(webhook_id)
    if account is None:
        msg = f"No webhook {webhook_id} is kept here."
        raise EngineError(msg)
    origin = Origin(account, webhook.provider, webhook_id)
    states = [_apply_to_owner(rows, origin, result, now) for result in webhook.items]
    set_aside = bool(states) and all(state is ItemState.QUARANTINED for state in states)
    rows.close_webhook(webhook_id, WebhookState.QUARANTINED if set_aside else WebhookState.DONE)
    return states


def all_of(answers: Iterable[list[ItemState] | BaseException]) -> list[list[ItemState]]:
    """Give what became of each webhook's items, or raise why the first of them was not kept."""
    states: list[list[ItemState]] = []
    failures: list[BaseException] = []
    for one in answers:
        if isinstance(one, BaseException):
            failures.append(one)
        else:
            states.append(one)
    if failures:
        raise failures[0]
    return states


def _apply_to_owner(rows: Rows, origin: Origin, result: ParsedItem, now: datetime) -> ItemState:
    """Apply an item where it belongs, and settle that it was once kept as foreign elsewhere."""
    if result.account is None:
        return _apply_item(rows, origin, result, now)
    state = _apply_item(rows, replace(origin, account=result.account), result, now)
    before = rows.item(origin.account, result.item.key)
    was_foreign = before is not None and before.state is ItemState.QUARANTINED
    if was_foreign and state is not ItemState.QUARANTINED:
        row = ItemRow(ItemState.APPLIED)
        rows.save_item(origin.account, result.item, row, origin.webhook_id, now)
    return state


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
        record = hear(rows, origin.account, event, now)
        _learn(rows, origin, effect, now, of=record)
    elif isinstance(event, InboundMessage):
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
