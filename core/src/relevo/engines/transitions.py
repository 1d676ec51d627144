"""What each step makes of a message: pure, and the same in every engine.

An engine finds rows and keeps rows; what a row becomes, and what is told about
it, is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from relevo.engines.outcomes import error_json, inbound_data, message_data, status_data
from relevo.engines.records import (
    AttemptRecord,
    Completion,
    ConversationRecord,
    Direction,
    MessageRecord,
)
from relevo.errors import EngineError, InvalidMessage, OutcomeUnknown
from relevo.events import (
    LATTICE,
    TRANSITIONS,
    DeliveryStatus,
    ErrorDetail,
    EventType,
    InboundMessage,
    StatusUpdate,
    advance,
)
from relevo.messages import Message, new_message_id
from relevo.middleware import EventDraft

_S = DeliveryStatus


@dataclass(frozen=True, slots=True)
class Change:
    """A message after a step, and what is told about it, in order."""

    record: MessageRecord
    events: tuple[EventDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt with what only engines need.

    `reported` tells that its worker has completed it: to hear so again changes nothing.
    """

    record: AttemptRecord
    uses_attempt: bool = True
    reported: bool = False


def accepted(
    message: Message, *, provider: str, conversation_id: str, now: datetime
) -> MessageRecord:
    """Make the record of a message that enters its lane."""
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
        status=_S.QUEUED,
        created_at=now,
        updated_at=now,
        reply_to=message.reply_to,
        expires_at=message.expires_at,
    )


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
        provider_message_id=inbound.provider_message_id,
        reply_to=inbound.reply_to,
        raw=inbound.raw,
    )


def told_arrived(record: MessageRecord, inbound: InboundMessage) -> EventDraft:
    """Tell that a person wrote."""
    return EventDraft(EventType.INBOUND, inbound_data(record, inbound))


def told_outbound(record: MessageRecord, **more: JsonValue) -> EventDraft:
    """Tell where a message of ours stands."""
    return EventDraft(EventType.OUTBOUND, message_data(record, **more))


def started(record: MessageRecord, now: datetime) -> Change:
    """Begin the next attempt."""
    after = _move(record, _S.SENDING, now, attempts=record.attempts + 1)
    return Change(after, (told_outbound(after, attempt=after.attempts),))


def withdrawn(record: MessageRecord, now: datetime) -> Change:
    """Cancel a message that waits."""
    after = _move(record, _S.CANCELLED, now)
    return Change(after, (told_outbound(after),))


def overdue(record: MessageRecord, now: datetime) -> Change | None:
    """Expire a waiting message whose time is over; None while it is not."""
    if record.expires_at is None or now < record.expires_at:
        return None
    after = _move(record, _S.EXPIRED, now)
    return Change(after, (told_outbound(after),))


def lost(record: MessageRecord, cause: str, now: datetime) -> Change:
    """Give up on an attempt whose worker fell silent. It may have left: never again by itself."""
    if record.status is not _S.SENDING:
        return Change(record)
    error = lost_error(record, cause)
    after = _move(record, _S.UNKNOWN, now, error=error)
    told = told_outbound(after, attempt=after.attempts, error=error_json(error))
    return Change(after, (told,))


def lost_error(record: MessageRecord, cause: str) -> ErrorDetail:
    """Say what is known of an attempt whose worker fell silent."""
    return ErrorDetail(
        code=OutcomeUnknown.code,
        message=(
            f"Account {record.account!r}: {cause} during attempt {record.attempts}. "
            "The message may have been sent; it is not sent again by itself."
        ),
    )


def lost_attempt(row: AttemptRow, error: ErrorDetail, now: datetime) -> AttemptRow:
    """Close an attempt whose worker fell silent."""
    proven = row.record.status is _S.ACCEPTED
    status = _S.ACCEPTED if proven else _S.UNKNOWN
    return replace(row, record=replace(row.record, status=status, finished_at=now, error=error))


def completed(
    record: MessageRecord, completion: Completion, *, held: bool, now: datetime
) -> Change:
    """Apply what became of an attempt; `held` tells that its lease is still the lane's.

    Without the lease it is evidence only: an acceptance counts whenever it
    comes, and "surely not sent" ends the doubt about the latest attempt.
    """
    if completion.status not in TRANSITIONS[_S.SENDING]:
        msg = f"An attempt cannot be completed as {completion.status.value!r}."
        raise EngineError(msg)
    status = _status_after(record, completion, held=held)
    receipt = completion.receipt
    if completion.status is _S.ACCEPTED:
        error = None if status.handed_over else record.error
    else:
        error = completion.error if _decides(record, completion, held=held) else record.error
    after = replace(
        record,
        status=status,
        error=error,
        provider_message_id=record.provider_message_id
        or (receipt.provider_message_id if receipt else None),
        raw=receipt.raw if receipt else record.raw,
    )
    after = _stamp(record, after, now)
    drafts = [
        EventDraft(draft.type, {**message_data(after), **draft.data, "status": status.value})
        for draft in completion.events
    ]
    return Change(after, (*drafts, *_told_settled(record, after)))


def _decides(record: MessageRecord, completion: Completion, *, held: bool) -> bool:
    """Whether this completion, not an acceptance, still has a say about the message."""
    if held:
        return record.status is _S.SENDING
    return (
        record.status is _S.UNKNOWN
        and completion.status is not _S.UNKNOWN
        and completion.claim.attempt == record.attempts
    )


def _status_after(record: MessageRecord, completion: Completion, *, held: bool) -> DeliveryStatus:
    if completion.status is _S.ACCEPTED:
        return advance(record.status, _S.ACCEPTED)
    if not _decides(record, completion, held=held):
        return record.status
    # Without the lease its place in the lane is gone: surely not sent means failed.
    return completion.status if held else _S.FAILED


def completed_attempt(row: AttemptRow, completion: Completion, now: datetime) -> AttemptRow:
    """Write down what became of one attempt."""
    receipt = completion.receipt
    proven = row.record.status is _S.ACCEPTED
    record = replace(
        row.record,
        finished_at=now,
        status=_S.ACCEPTED if proven else completion.status,
        phase=completion.phase,
        provider_message_id=(receipt.provider_message_id if receipt else None)
        or row.record.provider_message_id,
        error=completion.error,
        detail=completion.detail,
    )
    return AttemptRow(record, completion.uses_attempt, reported=True)


def informed(record: MessageRecord, update: StatusUpdate, now: datetime) -> Change:
    """Apply a provider's later news. It is always told, also when it moves nothing."""
    status = advance(record.status, update.status) if update.status else record.status
    after = replace(
        record,
        status=status,
        error=_error_after(record, update, status),
        provider_message_id=record.provider_message_id or update.provider_message_id,
    )
    after = _stamp(record, after, now)
    told = EventDraft(EventType.STATUS, status_data(after, update, record.status))
    return Change(after, (told, *_told_settled(record, after)))


def _error_after(
    record: MessageRecord, update: StatusUpdate, status: DeliveryStatus
) -> ErrorDetail | None:
    if update.status is _S.FAILED and status is _S.FAILED:
        return update.error if record.status is not _S.FAILED else update.error or record.error
    if proves_handover(record.status, status):
        return None
    return record.error


def proves_handover(before: DeliveryStatus, after: DeliveryStatus) -> bool:
    """Whether news moved a message that we thought was not handed over."""
    return before not in LATTICE and after in LATTICE


def proven_attempt(row: AttemptRow, provider_message_id: str) -> AttemptRow | None:
    """Mark an open or doubtful attempt as taken by the provider; None for any other."""
    if row.record.status not in {_S.SENDING, _S.UNKNOWN}:
        return None
    record = replace(row.record, status=_S.ACCEPTED, provider_message_id=provider_message_id)
    return replace(row, record=record)


def conversation_after(
    before: ConversationRecord | None, record: MessageRecord, *, name: str | None = None
) -> ConversationRecord:
    """Add a message to its thread. The person is named as they last wrote, else as last written to.

    `before` is None for the first message of a thread.
    """
    inbound = record.direction is Direction.IN
    known = before is not None and before.last_inbound_at is not None
    return ConversationRecord(
        conversation_id=record.conversation_id,
        account=record.account,
        provider=record.provider,
        person=before.person if before and known and not inbound else record.person,
        messages=(before.messages if before else 0) + 1,
        last_message_id=record.message_id,
        updated_at=record.created_at,
        last_inbound_at=record.created_at
        if inbound
        else (before.last_inbound_at if before else None),
        person_name=name or (before.person_name if before else None),
    )


def _stamp(before: MessageRecord, after: MessageRecord, now: datetime) -> MessageRecord:
    return after if after == before else replace(after, updated_at=now)


def _told_settled(before: MessageRecord, after: MessageRecord) -> tuple[EventDraft, ...]:
    """Tell that a doubt has ended, and how."""
    if before.status is not _S.UNKNOWN or after.status is _S.UNKNOWN:
        return ()
    error = error_json(after.error) if after.error else None
    return (told_outbound(after, settled=True, error=error),)


def _move(
    record: MessageRecord,
    status: DeliveryStatus,
    now: datetime,
    *,
    attempts: int | None = None,
    error: ErrorDetail | None = None,
) -> MessageRecord:
    """Move a message before its handover, along the engine's own table only."""
    if status not in TRANSITIONS.get(record.status, frozenset()):
        msg = f"Message {record.message_id} cannot go from {record.status} to {status}."
        raise EngineError(msg)
    return replace(
        record,
        status=status,
        attempts=record.attempts if attempts is None else attempts,
        error=error or record.error,
        updated_at=now,
    )
