"""Take messages in: at once at their lane's tail, or until their time comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from relevo.engines.records import Accepted, IdempotencyKey, MessageRecord
from relevo.engines.steps.rows import Lane, Rows
from relevo.engines.steps.statuses import keep
from relevo.engines.transitions import accepted, conversation_after, due, overdue, told_outbound
from relevo.errors import IdempotencyConflict
from relevo.events import OPEN, DeliveryStatus
from relevo.messages import Message

KEY_LIFE = timedelta(hours=24)
"""An idempotency key is remembered while its message is open, and so long after."""


def accept(
    rows: Rows,
    message: Message,
    *,
    provider: str,
    lane_key: str,
    idempotency: IdempotencyKey | None = None,
    now: datetime,
) -> Accepted:
    """Keep a message; one that is known already, by its id or its key, is given as it is."""
    known = rows.message(message.message_id)
    if known is None and idempotency is not None:
        known = _asked_before(rows, message.account or "", idempotency, now)
    if known is not None:
        return Accepted(known, created=False)
    lane = Lane(message.account or "", lane_key)
    thread = rows.conversation(lane)
    record = accepted(
        message,
        provider=provider,
        conversation_id=thread.conversation_id if thread else str(uuid4()),
        now=now,
    )
    record = rows.add_message(record, lane, message)
    rows.save_conversation(lane, conversation_after(thread, record), record.sequence)
    if idempotency is not None:
        rows.save_key(record, idempotency)
    if record.status is DeliveryStatus.SCHEDULED and record.send_at is not None:
        rows.schedule(record, record.send_at)
    else:
        rows.join_lane(lane, record, now)
    rows.tell(told_outbound(record), record.account, record, now)
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


def _remembered(record: MessageRecord, now: datetime) -> bool:
    return record.status in OPEN or record.closed_at is None or now < record.closed_at + KEY_LIFE
