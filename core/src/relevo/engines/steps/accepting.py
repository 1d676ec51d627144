"""Take messages in: at once at their lane's tail, or until their time comes."""

from __future__ import annotations

from datetime import datetime, timedelta

from relevo.engines.outcomes import warnings_json
from relevo.engines.records import Accepted, Checks, IdempotencyKey, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import Lane, Rows
from relevo.engines.steps.statuses import keep
from relevo.engines.transitions import (
    accepted,
    check_person,
    conversation_after,
    due,
    overdue,
    told_outbound,
)
from relevo.errors import IdempotencyConflict, InvalidMessage
from relevo.events import OPEN, DeliveryStatus
from relevo.messages import Message, new_message_id

KEY_LIFE = timedelta(hours=24)
"""An idempotency key is remembered while its message is open, and so long after."""


def accept(
    rows: Rows,
    message: Message,
    *,
    provider: str,
    lane_key: str,
    idempotency: IdempotencyKey | None = None,
    checks: Checks | None = None,
    now: datetime,
) -> Accepted:
    """Keep a message; one that is known already, by its id or its key, is given as it is.

    Raises:
        InvalidMessage: Its time is over. One that is known may have outlived its `expires_at`.
        IdempotencyConflict: Its key was used for something else.
        WindowClosed: The checks say to refuse it.
        OptedOut: The checks say to refuse it.
    """
    known = rows.message(message.message_id)
    if known is None and idempotency is not None:
        known = _asked_before(rows, message.account or "", idempotency, now)
    if known is not None:
        return Accepted(known, created=False)
    if message.expired(now):
        msg = (
            f"expires_at is past ({_time(message.expires_at)}; now it is {_time(now)}): the "
            "message could never leave. Give a later moment, or leave expires_at out."
        )
        raise InvalidMessage(msg, field="expires_at")
    lane = Lane(message.account or "", lane_key)
    thread = rows.conversation(lane)
    # Ids that grow with time: those of new threads lie side by side in every index.
    record = accepted(
        message,
        provider=provider,
        conversation_id=thread.conversation_id if thread else str(new_message_id()),
        now=now,
    )
    if checks is not None:
        warnings = check_person(checks, thread, lambda: rows.preferences(lane), record)
        record = replace(record, warnings=warnings)
    record = rows.add_message(record, lane, message)
    rows.save_conversation(lane, conversation_after(thread, record))
    if idempotency is not None:
        rows.save_key(record, idempotency)
    if record.status is DeliveryStatus.SCHEDULED and record.send_at is not None:
        rows.schedule(record, record.send_at)
    else:
        rows.join_lane(lane, record, now)
    told = told_outbound(record, warnings=warnings_json(record.warnings))
    rows.tell(told, record.account, record, now)
    return Accepted(record)


def promote(rows: Rows, account: str, now: datetime, limit: int) -> int:
    """Let an account's messages whose time has come join their lanes; give how many there were."""
    ready = rows.due_scheduled(account, now, limit)
    for record in ready:
        keep(rows, record, overdue(record, now) or due(record, now), now)
    return len(ready)


def _asked_before(
    rows: Rows, account: str, idempotency: IdempotencyKey, now: datetime
) -> MessageRecord | None:
    """Find the message a key was used for.

    Raises:
        IdempotencyConflict: It was used for something else.
    """
    used = rows.message_by_key(account, idempotency.key)
    if used is None or not _remembered(used.record, now):
        return None
    if used.fingerprint != idempotency.fingerprint:
        msg = (
            f"Account {account!r}: this idempotency key was used for another message "
            f"({used.record.message_id}). Use a new key, or ask for that message."
        )
        raise IdempotencyConflict(msg)
    return used.record


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _remembered(record: MessageRecord, now: datetime) -> bool:
    return record.status in OPEN or record.closed_at is None or now < record.closed_at + KEY_LIFE
