"""Providers' later news: find the message, shelve what comes too early, settle doubts."""

from __future__ import annotations

from datetime import datetime

from relevo.engines.records import Direction, MessageRecord
from relevo.engines.steps.rows import Lane, Rows
from relevo.engines.transitions import Change, informed, proven_attempt, proves_handover
from relevo.events import DeliveryStatus, StatusUpdate


def hear(rows: Rows, account: str, update: StatusUpdate, now: datetime) -> None:
    """Apply a status to its message, or shelve it until its message is known."""
    record = rows.message_by_ref(account, update.provider_message_id)
    if record is None:
        record = _echoed(rows, account, update)
        if record is None:
            rows.shelve(account, update, now)
            return
        record = link(rows, update.provider_message_id, record, now)
    _apply(rows, record, update, now)


def link(
    rows: Rows, provider_message_id: str, record: MessageRecord, now: datetime
) -> MessageRecord:
    """Learn a provider's id of a message, and apply what waited on the shelf for it."""
    rows.link(provider_message_id, record)
    for update in rows.unshelve(record.account, provider_message_id):
        record = _apply(rows, record, update, now)
    return record


def keep(rows: Rows, before: MessageRecord, change: Change, now: datetime) -> None:
    """Keep a change of a message, and take it out of its lane if it needs no sending any more."""
    after = change.record
    rows.save_message(after, before)
    if before.status is DeliveryStatus.QUEUED and after.status is not DeliveryStatus.QUEUED:
        _leave(rows, rows.lane_of(after), after, now)
    for draft in change.events:
        rows.tell(draft, after.account, after, now)


def go_on(rows: Rows, lane: Lane, now: datetime) -> None:
    """Let the lane's next message be claimed now, if there is one."""
    rows.set_lane(lane, None if rows.head_of(lane) is None else now)


def _leave(rows: Rows, lane: Lane, record: MessageRecord, now: datetime) -> None:
    """Take a message that nobody is sending out of its lane; the next one need not wait for it."""
    was_head = rows.head_of(lane) == record.sequence
    rows.leave_lane(lane, record)
    if was_head:
        go_on(rows, lane, now)


def _echoed(rows: Rows, account: str, update: StatusUpdate) -> MessageRecord | None:
    """Find the message by our own id, if the provider echoed one that can be meant."""
    record = rows.message(update.message_id) if update.message_id else None
    if record is None or record.direction is not Direction.OUT or record.account != account:
        return None
    return record


def _apply(rows: Rows, before: MessageRecord, update: StatusUpdate, now: datetime) -> MessageRecord:
    change = informed(before, update, now)
    if proves_handover(before.status, change.record.status):
        _prove_attempt(rows, before, update)
    keep(rows, before, change, now)
    return change.record


def _prove_attempt(rows: Rows, record: MessageRecord, update: StatusUpdate) -> None:
    row = rows.attempt(record, update.attempt or record.attempts)
    proven = proven_attempt(row, update.provider_message_id) if row else None
    if proven is not None:
        rows.save_attempt(record, proven)
