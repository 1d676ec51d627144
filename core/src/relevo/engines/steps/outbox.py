"""Accept, cancel, claim, complete: each within one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from relevo.engines.outcomes import unknown_message
from relevo.engines.port import CancelOutcome
from relevo.engines.records import AttemptRecord, Claim, Completion, Direction, MessageRecord
from relevo.engines.steps.rows import Lane, Lease, Rows, Waiting
from relevo.engines.steps.statuses import go_on, hear, keep, link
from relevo.engines.transitions import (
    AttemptRow,
    accepted,
    completed,
    completed_attempt,
    conversation_after,
    lost,
    lost_attempt,
    lost_error,
    overdue,
    started,
    told_outbound,
    withdrawn,
)
from relevo.events import DeliveryStatus, EventType
from relevo.messages import Message
from relevo.middleware import EventDraft

LEASE_ENDED = "the worker's lease ended"
ENGINE_RESTARTED = "the engine was restarted"
EXPIRIES_PER_LANE = 100
"""One claim retires at most so many overdue messages of a lane, to stay short."""
_TOKEN_BITS = 63


def accept(
    rows: Rows, message: Message, *, provider: str, lane_key: str, now: datetime
) -> MessageRecord:
    """Keep a message at its lane's tail; one that is known already is given as it is."""
    known = rows.message(message.message_id)
    if known is not None:
        return known
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
    rows.join_lane(lane, record, now)
    rows.tell(told_outbound(record), record.account, record, now)
    return record


def cancel(rows: Rows, message_id: UUID, now: datetime) -> CancelOutcome:
    """Withdraw a message that waits in its lane."""
    record = rows.message(message_id)
    if record is None or record.direction is not Direction.OUT:
        raise unknown_message(message_id)
    if record.status is DeliveryStatus.CANCELLED:
        return CancelOutcome.CANCELLED
    if record.status is not DeliveryStatus.QUEUED:
        return CancelOutcome.TOO_LATE
    keep(rows, record, withdrawn(record, now), now)
    return CancelOutcome.CANCELLED


def claim(rows: Rows, worker: str, *, limit: int, lease_s: float, now: datetime) -> list[Claim]:
    """Lease the heads of due lanes. Fewer than `limit` do not mean that no lane is due."""
    lease_until = now + timedelta(seconds=lease_s)
    claims: list[Claim] = []
    for lane, held in rows.due_lanes(now, limit):
        if held:
            give_up(rows, lane, LEASE_ENDED, now)
        waiting = _first_in_time(rows, lane, now)
        if waiting is not None:
            claims.append(_lease(rows, lane, waiting, worker, lease_until, now))
    return claims


def give_up(rows: Rows, lane: Lane, cause: str, now: datetime) -> None:
    """Take a lane back from a worker that fell silent; its message leaves the lane."""
    waiting = rows.first_in(lane)
    if waiting is not None:
        record = waiting.record
        rows.leave_lane(lane, record)
        attempt = rows.attempt(record, record.attempts)
        if attempt is not None:
            rows.save_attempt(record, lost_attempt(attempt, lost_error(record, cause), now))
        keep(rows, record, lost(record, cause, now), now)
    go_on(rows, lane, now)


def take_back_all(rows: Rows, now: datetime) -> int:
    """Take every lane back: nobody can hold one when an engine that is alone starts."""
    lanes = rows.held_lanes()
    for lane in lanes:
        give_up(rows, lane, ENGINE_RESTARTED, now)
    return len(lanes)


def complete(rows: Rows, completions: Sequence[Completion], now: datetime) -> None:
    """Keep what became of attempts, lanes in key order."""
    for completion in sorted(completions, key=lambda one: (one.claim.account, one.claim.lane_key)):
        _complete(rows, completion, now)


def not_begun(claim: Claim) -> Completion:
    """Give a claim back that nobody got: its message waits again."""
    told = EventDraft(EventType.OUTBOUND, {"attempt": claim.attempt})
    return Completion(claim, DeliveryStatus.QUEUED, uses_attempt=False, events=(told,))


def _first_in_time(rows: Rows, lane: Lane, now: datetime) -> Waiting | None:
    """Give the lane's head, after retiring those whose time is over."""
    for _ in range(EXPIRIES_PER_LANE):
        waiting = rows.first_in(lane)
        if waiting is None:
            rows.set_lane(lane, None)
            return None
        change = overdue(waiting.record, now)
        if change is None:
            return waiting
        keep(rows, waiting.record, change, now)
    return None


def _lease(
    rows: Rows, lane: Lane, waiting: Waiting, worker: str, lease_until: datetime, now: datetime
) -> Claim:
    before = waiting.record
    change = started(before, now)
    number = change.record.attempts
    counted = rows.counted_attempts(before) if before.attempts else 0
    token = secrets.randbits(_TOKEN_BITS)
    rows.save_message(change.record, before)
    rows.save_attempt(before, AttemptRow(AttemptRecord(number, started_at=now)))
    rows.set_lane(lane, lease_until, Lease(token, worker))
    for draft in change.events:
        rows.tell(draft, lane.account, change.record, now)
    return Claim(
        message=waiting.message.for_attempt(number),
        account=lane.account,
        lane_key=lane.lane_key,
        attempt=number,
        counted_attempts=counted,
        token=token,
        lease_until=lease_until,
    )


def _complete(rows: Rows, completion: Completion, now: datetime) -> None:
    claim = completion.claim
    record = rows.message(claim.message.message_id)
    attempt = rows.attempt(record, claim.attempt) if record else None
    if record is None or attempt is None:
        raise unknown_message(claim.message.message_id)
    if attempt.reported:
        return
    lane = Lane(claim.account, claim.lane_key)
    lease = rows.lease_of(lane)
    held = lease is not None and lease.token == claim.token
    change = completed(record, completion, held=held, now=now)
    rows.save_attempt(record, completed_attempt(attempt, completion, now))
    if held:
        _release(rows, lane, change.record, completion.retry_at or now, now)
    keep(rows, record, change, now)
    _learn(rows, change.record, completion, now)


def _release(
    rows: Rows, lane: Lane, record: MessageRecord, retry_at: datetime, now: datetime
) -> None:
    """Give the lane back: it waits with its message, or goes on without."""
    if record.status is DeliveryStatus.QUEUED:
        rows.set_lane(lane, retry_at)
        return
    rows.leave_lane(lane, record)
    go_on(rows, lane, now)


def _learn(rows: Rows, record: MessageRecord, completion: Completion, now: datetime) -> None:
    """Join the provider's id and the news that its answer carried."""
    receipt = completion.receipt
    if receipt is None:
        return
    if receipt.provider_message_id is not None:
        link(rows, receipt.provider_message_id, record, now)
    for update in receipt.updates:
        hear(rows, record.account, replace(update, message_id=record.message_id), now)
