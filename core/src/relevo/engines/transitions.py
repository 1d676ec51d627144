"""What each step makes of a message: pure, and the same in every engine.

An engine finds rows and keeps rows; what a row becomes, and what is told about
it, is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from pydantic import JsonValue

from relevo.engines.outcomes import error_json, inbound_data, message_data, status_data
from relevo.engines.records import (
    AttemptRecord,
    Completion,
    ConversationRecord,
    Direction,
    MessageRecord,
    Resolution,
)
from relevo.engines.replacing import replace
from relevo.errors import EngineError, InvalidMessage, OutcomeUnknown, Unavailable
from relevo.events import (
    LATTICE,
    OPEN,
    REPLAYABLE,
    TRANSITIONS,
    DeliveryStatus,
    ErrorDetail,
    EventType,
    InboundMessage,
    Receipt,
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
        closed_at=now,
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


def due(record: MessageRecord, now: datetime) -> Change:
    """Let a message whose time has come wait for its turn."""
    after = _move(record, _S.QUEUED, now)
    return Change(after, (told_outbound(after),))


def withdrawn(record: MessageRecord, now: datetime) -> Change:
    """Cancel a message that waits."""
    after = _move(record, _S.CANCELLED, now)
    return Change(after, (told_outbound(after),))


def overdue(record: MessageRecord, now: datetime) -> Change | None:
    """Expire a waiting message whose time is over; None while it is not.

    A message in doubt never expires: it may be on somebody's phone.
    """
    if record.status not in {_S.QUEUED, _S.SCHEDULED}:
        return None
    if record.expires_at is None or now < record.expires_at:
        return None
    after = _move(record, _S.EXPIRED, now)
    return Change(after, (told_outbound(after),))


def lost(record: MessageRecord, cause: str, now: datetime) -> Change:
    """Give up on an attempt whose worker fell silent: it may have left."""
    if record.status is not _S.SENDING:
        return Change(record)
    error = lost_error(record, cause)
    after = _move(record, _S.UNKNOWN, now, error=error)
    told = told_outbound(after, attempt=after.attempts, error=error_json(error))
    return Change(after, (told,))


_RESOLVED = MappingProxyType(
    {
        Resolution.SENT: _S.ACCEPTED,
        Resolution.NOT_SENT: _S.FAILED,
        Resolution.RESEND: _S.QUEUED,
    }
)


def resolved(
    record: MessageRecord,
    resolution: Resolution,
    *,
    why: str,
    now: datetime,
    receipt: Receipt | None = None,
) -> Change:
    """End a doubt as somebody decided; `why` is a stable word."""
    error = record.error
    if resolution is Resolution.SENT:
        error = None
    elif resolution is Resolution.NOT_SENT:
        error = ErrorDetail(
            code=Unavailable.code,
            message=(
                f"Account {record.account!r}: attempt {record.attempts} was found not to have "
                f"been sent ({why}), and the message was given up."
            ),
        )
    after = _dated(
        record,
        replace(
            record,
            status=_RESOLVED[resolution],
            error=error,
            handovers=record.handovers + (resolution is Resolution.SENT),
            provider_message_id=record.provider_message_id
            or (receipt.provider_message_id if receipt else None),
            raw=receipt.raw if receipt else record.raw,
        ),
        now,
    )
    told = told_outbound(
        after,
        attempt=record.attempts,
        settled=True,
        resolution=resolution.value,
        why=why,
        error=error_json(after.error) if after.error else None,
    )
    return Change(after, (told,))


def held_back(record: MessageRecord, why: str) -> EventDraft:
    """Tell that a message in doubt waits for a person, and why the rule could not decide."""
    return told_outbound(record, attempt=record.attempts, held_for=why)


def overtaken(record: MessageRecord) -> EventDraft:
    """Tell that a lane waited long enough for a doubt and goes on without it."""
    return told_outbound(record, attempt=record.attempts, lane="went_on")


def dead(record: MessageRecord) -> bool:
    """Whether a message was given up before any handover."""
    return (
        record.direction is Direction.OUT
        and record.status in REPLAYABLE
        and record.provider_message_id is None
        and record.handovers == 0
    )


def replayed(record: MessageRecord, now: datetime) -> Change:
    """Put a dead letter back with fresh attempts; if its time is over, its life begins again."""
    life = record.expires_at - record.created_at if record.expires_at else timedelta()
    over = record.expires_at is not None and record.expires_at <= now
    after = _dated(
        record,
        replace(
            record,
            status=_S.QUEUED,
            replayed_attempts=record.attempts,
            expires_at=now + life if over else record.expires_at,
        ),
        now,
    )
    return Change(after, (told_outbound(after, replayed=True),))


def lost_error(record: MessageRecord, cause: str) -> ErrorDetail:
    """Say what is known of an attempt whose worker fell silent."""
    return ErrorDetail(
        code=OutcomeUnknown.code,
        message=(
            f"Account {record.account!r}: {cause} during attempt {record.attempts}. "
            "The message may have been sent."
        ),
    )


def lost_attempt(row: AttemptRow, error: ErrorDetail, now: datetime) -> AttemptRow:
    """Close an attempt whose worker fell silent."""
    proven = row.record.status is _S.ACCEPTED
    status = _S.ACCEPTED if proven else _S.UNKNOWN
    return replace(row, record=replace(row.record, status=status, finished_at=now, error=error))


def completed(
    record: MessageRecord,
    completion: Completion,
    *,
    held: bool,
    proven: bool = False,
    now: datetime,
) -> Change:
    """Apply what became of an attempt; `held` tells that its lease is still the lane's.

    Without the lease it is evidence only: an acceptance counts whenever it
    comes, and "surely not sent" ends the doubt about the latest attempt.
    `proven` tells that an echo has already counted this attempt as handed over.
    """
    if completion.status not in TRANSITIONS[_S.SENDING]:
        msg = f"An attempt cannot be completed as {completion.status.value!r}."
        raise EngineError(msg)
    status = _status_after(record, completion, held=held)
    receipt = completion.receipt
    taken = completion.status is _S.ACCEPTED
    if taken:
        error = None if status.handed_over else record.error
    else:
        error = completion.error if _decides(record, completion, held=held) else record.error
    after = replace(
        record,
        status=status,
        error=error,
        handovers=record.handovers + (taken and not proven),
        provider_message_id=record.provider_message_id
        or (receipt.provider_message_id if receipt else None),
        raw=receipt.raw if receipt else record.raw,
        updated_at=now,
        closed_at=_closed_at(record, status, now),
    )
    after = _unless_same(record, after)
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
        return advance(_stands(record), _S.ACCEPTED)
    return completion.status if _decides(record, completion, held=held) else record.status


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
        echoed_at=row.record.echoed_at,
    )
    return AttemptRow(record, completion.uses_attempt, reported=True)


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
    after = _stamp(record, after, now)
    told = EventDraft(EventType.STATUS, status_data(after, update, record.status))
    return Change(after, (told, *_told_settled(record, after)))


def _error_after(
    record: MessageRecord, update: StatusUpdate, status: DeliveryStatus
) -> ErrorDetail | None:
    if status.handed_over:
        return None
    if status is not _S.FAILED:
        return record.error
    known = record.error if record.status is _S.FAILED else None
    return update.error or known if update.status is _S.FAILED else known


def _status_after_news(record: MessageRecord, update: StatusUpdate) -> DeliveryStatus:
    told = _word(update)
    if told is None or told not in LATTICE:
        return record.status
    return advance(_stands(record), told)


def _stands(record: MessageRecord) -> DeliveryStatus:
    """Tell what a provider's word goes over: that we gave a message up was none of its words."""
    return _S.UNKNOWN if dead(record) else record.status


def _word(update: StatusUpdate) -> DeliveryStatus | None:
    """Read what news say. Whoever repeats our id has the message, whatever else the word means."""
    return _S.ACCEPTED if update.status is None and update.attempt else update.status


def first_proof(record: MessageRecord, update: StatusUpdate) -> bool:
    """Whether news is about a message that we thought was not handed over."""
    return _word(update) in LATTICE and (record.status not in LATTICE or dead(record))


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
        attempt = replace(
            attempt, status=_S.ACCEPTED, provider_message_id=update.provider_message_id
        )
    return row if attempt is row.record else replace(row, record=attempt)


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


def _unless_same(before: MessageRecord, after: MessageRecord) -> MessageRecord:
    """Give the record as it was where nothing but its time would change."""
    if after.status is not before.status:
        return after
    return before if replace(after, updated_at=before.updated_at) == before else after


def _stamp(before: MessageRecord, after: MessageRecord, now: datetime) -> MessageRecord:
    unchanged = after.status is before.status and after == before
    return after if unchanged else _dated(before, after, now)


def _dated(before: MessageRecord, after: MessageRecord, now: datetime) -> MessageRecord:
    """Note when a message changed, and when it was closed or opened again."""
    return replace(after, updated_at=now, closed_at=_closed_at(before, after.status, now))


def _closed_at(before: MessageRecord, status: DeliveryStatus, now: datetime) -> datetime | None:
    return None if status in OPEN else before.closed_at or now


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
        closed_at=_closed_at(record, status, now),
    )
