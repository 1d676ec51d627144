"""What providers tell: people's messages, and later news about ours."""

from __future__ import annotations

from datetime import datetime

from relevo.engines.outcomes import inbound_data, status_data
from relevo.engines.records import (
    Arrival,
    ConversationRecord,
    Direction,
    MessageRecord,
    Resolution,
    Settled,
)
from relevo.engines.replacing import replace
from relevo.engines.transitions.change import (
    AttemptRow,
    Change,
    note_settled,
    stamp,
    told_settled,
)
from relevo.engines.transitions.waiting import dead, stands
from relevo.events import (
    LATTICE,
    DeliveryStatus,
    ErrorDetail,
    EventType,
    InboundMessage,
    StatusUpdate,
    advance,
)
from relevo.messages import new_message_id
from relevo.middleware import EventDraft

_S = DeliveryStatus
BY_ECHO = "echo"
BY_NEWS = "news"


def arrived(
    inbound: InboundMessage, *, account: str, provider: str, conversation_id: str, now: datetime
) -> MessageRecord:
    """Make the record of a message that a person wrote."""
    return MessageRecord(
        sequence=0,
        message_id=new_message_id(),
        direction=Direction.IN,
        account=account,
        provider=provider,
        conversation_id=conversation_id,
        person=inbound.sender,
        content=inbound.content,
        status=_S.DELIVERED,
        created_at=now,
        updated_at=now,
        closed_at=now,
        provider_message_id=inbound.provider_message_id,
        reply_to=inbound.reply_to,
        raw=inbound.raw,
        arrival=Arrival(
            live=inbound.live,
            from_us=inbound.from_us,
            forwarded=inbound.forwarded,
            occurred_at=inbound.occurred_at,
            author=inbound.author,
            referral=inbound.referral,
        ),
    )


def told_arrived(record: MessageRecord, inbound: InboundMessage) -> EventDraft:
    """Tell that a person wrote."""
    return EventDraft(EventType.INBOUND, inbound_data(record, inbound))


def conversation_after(
    before: ConversationRecord | None,
    record: MessageRecord,
    *,
    name: str | None = None,
    wrote_at: datetime | None = None,
) -> ConversationRecord:
    """Add a message to its thread. The person is named as they last wrote, else as last written to.

    Args:
        before: None for the first message of a thread.
        record: The message.
        name: What the person calls themselves.
        wrote_at: When the person wrote it, if it is something that opens a window.
    """
    inbound = record.direction is Direction.IN
    known_at = before.last_inbound_at if before else None
    known = known_at is not None
    if wrote_at is None or (known_at is not None and known_at > wrote_at):
        wrote_at = known_at
    return ConversationRecord(
        conversation_id=record.conversation_id,
        account=record.account,
        provider=record.provider,
        person=before.person if before and known and not inbound else record.person,
        messages=(before.messages if before else 0) + 1,
        last_message_id=record.message_id,
        updated_at=record.created_at,
        last_inbound_at=wrote_at,
        person_name=name or (before.person_name if before else None),
        refused_at=before.refused_at if before else None,
        first_sequence=before.first_sequence if before else record.sequence,
        last_sequence=record.sequence,
    )


def informed(
    record: MessageRecord, update: StatusUpdate, now: datetime, *, handovers: int
) -> Change:
    """Apply a provider's later news. It is always told, also when it moves nothing.

    `handovers` counts the attempts that are proven to have been taken, this news included.
    """
    status = _status_after_news(record, update)
    after = replace(
        record,
        status=status,
        error=_error_after(record, update, status),
        handovers=handovers,
        provider_message_id=record.provider_message_id or update.provider_message_id,
    )
    after = stamp(record, after, now)
    told = EventDraft(EventType.STATUS, status_data(after, update, record.status))
    return Change(after, (told, *told_settled(record, after)))


def _status_after_news(record: MessageRecord, update: StatusUpdate) -> DeliveryStatus:
    told = _word(update)
    if told is None or told not in LATTICE:
        return record.status
    return advance(stands(record), told)


def _word(update: StatusUpdate) -> DeliveryStatus | None:
    """Read what news say. Whoever repeats our id has the message, whatever else the word means."""
    return _S.ACCEPTED if update.status is None and update.attempt else update.status


def _error_after(
    record: MessageRecord, update: StatusUpdate, status: DeliveryStatus
) -> ErrorDetail | None:
    if status.handed_over:
        return None
    if status is not _S.FAILED:
        return record.error
    known = record.error if record.status is _S.FAILED else None
    return update.error or known if update.status is _S.FAILED else known


def first_proof(record: MessageRecord, update: StatusUpdate) -> bool:
    """Whether news is about a message that we thought was not handed over."""
    return _word(update) in LATTICE and (record.status not in LATTICE or dead(record))


def settled_by(update: StatusUpdate) -> str:
    """Say how news that prove a message to be taken end the doubt about it."""
    return BY_NEWS if update.attempt is None else BY_ECHO


def proven_attempt(
    row: AttemptRow, update: StatusUpdate, now: datetime, *, moved: bool
) -> AttemptRow:
    """Write into an attempt what a status tells about it.

    Args:
        row: The attempt the provider named, or else the latest one.
        update: The status.
        now: When it is heard.
        moved: The status moved a message that we thought was not handed over.
    """
    attempt = row.record
    echoed = update.attempt is not None
    if echoed and attempt.echoed_at is None:
        attempt = replace(attempt, echoed_at=now)
    if (echoed or moved) and attempt.status is not _S.ACCEPTED:
        if attempt.status is _S.UNKNOWN:
            settled = Settled(Resolution.SENT, settled_by(update), now)
            attempt = note_settled(attempt, settled)
        attempt = replace(
            attempt, status=_S.ACCEPTED, provider_message_id=update.provider_message_id
        )
    return row if attempt is row.record else replace(row, record=attempt)
