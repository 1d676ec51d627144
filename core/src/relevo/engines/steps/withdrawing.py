"""Take messages out, and put those that were given up back in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from relevo.engines.outcomes import unknown_message
from relevo.engines.port import CancelOutcome
from relevo.engines.records import Direction, MessageRecord
from relevo.engines.retention import PURGED_CONTENT
from relevo.engines.sight import Sight, sees
from relevo.engines.steps.rows import Rows
from relevo.engines.steps.statuses import keep
from relevo.engines.transitions import WAITING, dead, overdue, replayed, withdrawn
from relevo.errors import NotReplayable
from relevo.events import DeliveryStatus


def cancel(rows: Rows, message_id: UUID, now: datetime) -> CancelOutcome:
    """Withdraw a message that waits."""
    record = ours(rows, message_id)
    if record.status is DeliveryStatus.CANCELLED:
        return CancelOutcome.CANCELLED
    if record.status not in WAITING:
        return CancelOutcome.TOO_LATE
    keep(rows, record, withdrawn(record, now), now)
    return CancelOutcome.CANCELLED


def expire(rows: Rows, message_ids: Sequence[UUID], now: datetime) -> int:
    """Retire those of these messages whose time is over; give how many there were."""
    count = 0
    for message_id in message_ids:
        record = rows.message(message_id)
        change = overdue(record, now) if record else None
        if record is not None and change is not None:
            keep(rows, record, change, now)
            count += 1
    return count


def replay(
    rows: Rows,
    message_ids: Sequence[UUID],
    now: datetime,
    *,
    strict: bool,
    visible: Sight = None,
) -> list[UUID]:
    """Put dead letters back at their lanes' tails; give their ids.

    `strict` refuses a message that is none; without it such a one is left as it is. One of
    an account that is not `visible` is refused as if it were not there.
    """
    back: list[UUID] = []
    for message_id in message_ids:
        record = ours(rows, message_id)
        if not sees(visible, record.account):
            raise unknown_message(message_id)
        refusal = _why_not(record)
        if refusal is None:
            keep(rows, record, replayed(record, now), now)
            back.append(message_id)
        elif strict:
            raise NotReplayable(refusal)
    return back


def _why_not(record: MessageRecord) -> str | None:
    """Say why a message cannot be sent again; None: it can."""
    if not dead(record):
        return (
            f"Message {record.message_id} is {record.status} and was not given up before its "
            "handover; only such a message can be sent again. Send a new one instead."
        )
    if record.content == PURGED_CONTENT:
        return (
            f"Message {record.message_id} was given up so long ago that what it said is no "
            "longer kept. Send a new one instead."
        )
    return None


def ours(rows: Rows, message_id: UUID) -> MessageRecord:
    """Find a message of ours.

    Raises:
        UnknownMessage: No outbound message has this id.
    """
    record = rows.message(message_id)
    if record is None or record.direction is not Direction.OUT:
        raise unknown_message(message_id)
    return record
