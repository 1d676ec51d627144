"""What a step makes of a message, and how its moments follow its status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from relevo.engines.outcomes import error_json, message_data
from relevo.engines.records import SETTLED, AttemptRecord, MessageRecord, Settled
from relevo.engines.replacing import replace
from relevo.errors import EngineError
from relevo.events import OPEN, TRANSITIONS, DeliveryStatus, ErrorDetail, EventType
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


def note_settled(attempt: AttemptRecord, settled: Settled) -> AttemptRecord:
    """Write into an attempt how the doubt it left has ended."""
    told: JsonValue = {
        "resolution": settled.resolution.value,
        "why": settled.why,
        "at": settled.at.isoformat(),
    }
    return replace(attempt, detail={**attempt.detail, SETTLED: told})


def told_outbound(record: MessageRecord, **more: JsonValue) -> EventDraft:
    """Tell where a message of ours stands."""
    return EventDraft(EventType.OUTBOUND, message_data(record, **more))


def told_settled(before: MessageRecord, after: MessageRecord) -> tuple[EventDraft, ...]:
    """Tell that a doubt has ended, and how."""
    if before.status is not _S.UNKNOWN or after.status is _S.UNKNOWN:
        return ()
    error = error_json(after.error) if after.error else None
    return (told_outbound(after, settled=True, error=error),)


def move(
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
        closed_at=closed_at(record, status, now),
    )


def stamp(before: MessageRecord, after: MessageRecord, now: datetime) -> MessageRecord:
    """Note when a message changed, if it did."""
    unchanged = after.status is before.status and after == before
    return after if unchanged else dated(before, after, now)


def dated(before: MessageRecord, after: MessageRecord, now: datetime) -> MessageRecord:
    """Note when a message changed, and when it was closed or opened again."""
    return replace(after, updated_at=now, closed_at=closed_at(before, after.status, now))


def closed_at(before: MessageRecord, status: DeliveryStatus, now: datetime) -> datetime | None:
    """Tell when a message was closed; None while it is open."""
    return None if status in OPEN else before.closed_at or now
