"""What becomes of an attempt: completed by its worker, or lost with it."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from relevo.engines.outcomes import error_json, message_data
from relevo.engines.records import SETTLED, Completion, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.transitions.change import (
    AttemptRow,
    Change,
    closed_at,
    move,
    told_outbound,
    told_settled,
)
from relevo.engines.transitions.waiting import stands
from relevo.errors import EngineError, OutcomeUnknown, Phase, Unavailable
from relevo.events import TRANSITIONS, DeliveryStatus, ErrorDetail, advance
from relevo.middleware import EventDraft

_S = DeliveryStatus
_FAR = MappingProxyType({phase: place for place, phase in enumerate(Phase)})


def lost(record: MessageRecord, cause: str, now: datetime, *, unsent: bool = False) -> Change:
    """Give up on an attempt whose worker fell silent: it may have left, or it surely has not."""
    if record.status is not _S.SENDING:
        return Change(record)
    error = lost_error(record, cause, unsent=unsent)
    after = move(record, _S.QUEUED if unsent else _S.UNKNOWN, now, error=error)
    told = told_outbound(after, attempt=after.attempts, error=error_json(error))
    return Change(after, (told,))


def lost_error(record: MessageRecord, cause: str, *, unsent: bool = False) -> ErrorDetail:
    """Say what is known of an attempt whose worker fell silent."""
    kind, known = (
        (Unavailable, "Nothing was sent yet; it is tried again.")
        if unsent
        else (OutcomeUnknown, "The message may have been sent.")
    )
    return ErrorDetail(
        code=kind.code,
        message=f"Account {record.account!r}: {cause} during attempt {record.attempts}. {known}",
    )


def lost_attempt(row: AttemptRow, error: ErrorDetail, now: datetime) -> AttemptRow:
    """Close an attempt whose worker fell silent."""
    proven = row.record.status is _S.ACCEPTED
    status = _S.QUEUED if unsent(row) else _S.ACCEPTED if proven else _S.UNKNOWN
    return replace(row, record=replace(row.record, status=status, finished_at=now, error=error))


def reached(row: AttemptRow, phase: Phase) -> AttemptRow:
    """Write down how far an attempt has got; it never goes back."""
    before = row.record.phase
    if before is not None and _FAR[before] >= _FAR[phase]:
        return row
    return replace(row, record=replace(row.record, phase=phase))


def unsent(row: AttemptRow) -> bool:
    """Whether an attempt has surely handed nothing over, as its worker last wrote down."""
    return row.record.status is _S.SENDING and row.record.phase is Phase.CONNECTING


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
        closed_at=closed_at(record, status, now),
    )
    after = _unless_same(record, after)
    drafts = [
        EventDraft(draft.type, {**message_data(after), **draft.data, "status": status.value})
        for draft in completion.events
    ]
    return Change(after, (*drafts, *told_settled(record, after)))


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
        return advance(stands(record), _S.ACCEPTED)
    return completion.status if _decides(record, completion, held=held) else record.status


def _unless_same(before: MessageRecord, after: MessageRecord) -> MessageRecord:
    """Give the record as it was where nothing but its time would change."""
    if after.status is not before.status:
        return after
    return before if replace(after, updated_at=before.updated_at) == before else after


def completed_attempt(row: AttemptRow, completion: Completion, now: datetime) -> AttemptRow:
    """Write down what became of one attempt."""
    receipt = completion.receipt
    proven = row.record.status is _S.ACCEPTED
    settled = row.record.detail.get(SETTLED)
    record = replace(
        row.record,
        finished_at=now,
        status=_S.ACCEPTED if proven else completion.status,
        phase=completion.phase,
        provider_message_id=(receipt.provider_message_id if receipt else None)
        or row.record.provider_message_id,
        error=completion.error,
        detail={**completion.detail, SETTLED: settled} if settled else completion.detail,
        echoed_at=row.record.echoed_at,
    )
    return AttemptRow(record, completion.uses_attempt, reported=True)
