"""Messages that wait: accepted, due, withdrawn, expired, given up and put back."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta

from relevo.engines.records import Direction, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.transitions.change import Change, dated, move, told_outbound
from relevo.errors import InvalidMessage
from relevo.events import REPLAYABLE, DeliveryStatus
from relevo.messages import Message

_S = DeliveryStatus
WAITING = frozenset({_S.QUEUED, _S.SCHEDULED})
"""Where a message waits for its turn or its time, and can be withdrawn or expire."""


def accepted(
    message: Message, *, provider: str, conversation_id: str, now: datetime
) -> MessageRecord:
    """Make the record of a message that enters its lane, or waits for its time."""
    if message.account is None:
        msg = f"Message {message.message_id} names no account; set it before it is accepted."
        raise InvalidMessage(msg)
    return MessageRecord(
        sequence=0,
        message_id=message.message_id,
        direction=Direction.OUT,
        account=message.account,
        provider=provider,
        conversation_id=conversation_id,
        person=message.to,
        content=message.content,
        status=_S.SCHEDULED if message.send_at and message.send_at > now else _S.QUEUED,
        created_at=now,
        updated_at=now,
        reply_to=message.reply_to,
        expires_at=message.expires_at,
        send_at=message.send_at,
        priority=message.priority,
        on_unknown=message.on_unknown,
        extra=deepcopy(message.extra),
        trace=message.trace,
    )


def started(record: MessageRecord, now: datetime) -> Change:
    """Begin the next attempt."""
    after = move(record, _S.SENDING, now, attempts=record.attempts + 1)
    return Change(after, (told_outbound(after, attempt=after.attempts),))


def due(record: MessageRecord, now: datetime) -> Change:
    """Let a message whose time has come wait for its turn."""
    after = move(record, _S.QUEUED, now)
    return Change(after, (told_outbound(after),))


def withdrawn(record: MessageRecord, now: datetime) -> Change:
    """Cancel a message that waits."""
    after = move(record, _S.CANCELLED, now)
    return Change(after, (told_outbound(after),))


def overdue(record: MessageRecord, now: datetime) -> Change | None:
    """Expire a waiting message whose time is over; None while it is not.

    A message in doubt never expires: it may be on somebody's phone.
    """
    if record.status not in WAITING:
        return None
    if record.expires_at is None or now < record.expires_at:
        return None
    after = move(record, _S.EXPIRED, now)
    return Change(after, (told_outbound(after),))


def dead(record: MessageRecord) -> bool:
    """Whether a message was given up before any handover."""
    return (
        record.direction is Direction.OUT
        and record.status in REPLAYABLE
        and record.provider_message_id is None
        and record.handovers == 0
    )


def failing(record: MessageRecord) -> bool:
    """Whether a message waits, or is under way again, after attempts that did not hand it over."""
    tried = record.attempts - record.replayed_attempts
    return (record.status is _S.QUEUED and tried > 0) or (record.status is _S.SENDING and tried > 1)


def stands(record: MessageRecord) -> DeliveryStatus:
    """Tell what a provider's word goes over: that we gave a message up was none of its words."""
    return _S.UNKNOWN if dead(record) else record.status


def replayed(record: MessageRecord, now: datetime) -> Change:
    """Put a dead letter back with fresh attempts; if its time is over, its life begins again.

    A life counts from when the message could first leave, and from the replay that gave it. Why it
    was given up is no reason of where it stands now; its attempts keep that.
    """
    begins = record.life_began_at or max(record.created_at, record.send_at or record.created_at)
    life = record.expires_at - begins if record.expires_at else timedelta()
    over = record.expires_at is not None and record.expires_at <= now
    after = dated(
        record,
        replace(
            record,
            status=_S.QUEUED,
            error=None,
            replayed_attempts=record.attempts,
            expires_at=now + life if over else record.expires_at,
            life_began_at=now if over else record.life_began_at,
        ),
        now,
    )
    return Change(after, (told_outbound(after, replayed=True),))
