"""Keep what became of attempts, and say when each lane is due next."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from relevo.engines.outcomes import halted_data, unknown_message
from relevo.engines.records import Claim, Completion, MessageRecord, PreferenceRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.doubts import open_doubt
from relevo.engines.steps.pausing import pause
from relevo.engines.steps.people import learn, note_refusal, prefer
from relevo.engines.steps.rows import Lane, LaneState, Rows
from relevo.engines.steps.statuses import hear, keep, leave, link
from relevo.engines.transitions import completed, completed_attempt, reached
from relevo.errors import Phase
from relevo.events import DeliveryStatus, EventType
from relevo.middleware import EventDraft
from relevo.terms import may_leave_at


def complete(rows: Rows, completions: Sequence[Completion], now: datetime) -> None:
    """Keep what became of attempts, lanes in key order."""
    for completion in sorted(completions, key=lambda one: (one.claim.account, one.claim.lane_key)):
        _complete(rows, completion, now)


def renew(
    rows: Rows, claim: Claim, lease_s: float, now: datetime, *, phase: Phase | None = None
) -> bool:
    """Lengthen a lease; false where it is another's or nobody's by now."""
    lane = Lane(claim.account, claim.lane_key)
    state = rows.lane(lane)
    if state is None or state.lease is None or state.lease.token != claim.token:
        return False
    rows.save_lane(lane, replace(state, due_at=now + timedelta(seconds=lease_s)))
    return phase is None or _reach(rows, claim, phase)


def _reach(rows: Rows, claim: Claim, phase: Phase) -> bool:
    record = rows.message(claim.message.message_id)
    attempt = rows.attempt(record, claim.attempt) if record else None
    if record is None or attempt is None:
        return False
    after = reached(attempt, phase)
    if after is not attempt:
        rows.save_attempt(record, after)
    return True


def not_begun(claim: Claim) -> Completion:
    """Give a claim back that nobody got: its message waits again."""
    told = EventDraft(EventType.OUTBOUND, {"attempt": claim.attempt})
    return Completion(claim, DeliveryStatus.QUEUED, uses_attempt=False, events=(told,))


def _complete(rows: Rows, completion: Completion, now: datetime) -> None:
    claim = completion.claim
    record = rows.message(claim.message.message_id)
    attempt = rows.attempt(record, claim.attempt) if record else None
    if record is None or attempt is None:
        raise unknown_message(claim.message.message_id)
    if attempt.reported:
        return
    lane = Lane(claim.account, claim.lane_key)
    state = rows.lane(lane)
    held = state is not None and state.lease is not None and state.lease.token == claim.token
    proven = attempt.record.status is DeliveryStatus.ACCEPTED
    change = completed(record, completion, held=held, proven=proven, now=now)
    after = change.record
    rows.save_attempt(record, completed_attempt(attempt, completion, now))
    if state is not None and held:
        state = _freed(state, completion, now)
    keep(rows, record, change, now, again_at=_again_at(state, completion, now))
    if state is not None and held:
        _release(rows, lane, state, after, completion, attempt.record.started_at, now)
    _halt(rows, completion, now)
    _learn(rows, after, completion, now)
    _learn_of_person(rows, lane, completion, attempt.record.started_at, now)


def _freed(state: LaneState, completion: Completion, now: datetime) -> LaneState:
    """Take the lease off; count how often in a row this person was written to too often."""
    throttles = state.throttles + 1 if completion.lane_throttled else 0
    return replace(state, lease=None, due_at=now, throttles=throttles)


def _again_at(state: LaneState | None, completion: Completion, now: datetime) -> datetime:
    at = now + timedelta(seconds=completion.retry_in_s)
    pace = state.pace if state else None
    return max(at, may_leave_at(pace, completion.terms.limits.pair_pace, now))


def _release(
    rows: Rows,
    lane: Lane,
    state: LaneState,
    record: MessageRecord,
    completion: Completion,
    began_at: datetime,
    now: datetime,
) -> None:
    """Give the lane back: it waits with its message, or goes on without."""
    again_at = _again_at(state, completion, now)
    if record.status is DeliveryStatus.QUEUED:
        rows.save_lane(lane, replace(state, due_at=again_at))
    elif record.status is DeliveryStatus.UNKNOWN:
        rows.save_lane(lane, state)
        open_doubt(
            rows,
            lane,
            record,
            completion.terms,
            began_at=began_at,
            now=now,
            resend_in_s=completion.retry_in_s,
        )
    else:
        pace_at = may_leave_at(state.pace, completion.terms.limits.pair_pace, now)
        leave(rows, lane, record, pace_at, state)


def _halt(rows: Rows, completion: Completion, now: datetime) -> None:
    """Let the whole account wait, where its provider said so."""
    claim = completion.claim
    if completion.pauses and completion.error is not None:
        pause(rows, claim.account, completion.error, now)
    if completion.block_s <= 0:
        return
    account = rows.account(claim.account)
    until = now + timedelta(seconds=completion.block_s)
    if account.blocked_until is not None and account.blocked_until >= until:
        return
    was_blocked = account.blocked_until is not None and account.blocked_until > now
    rows.save_account(claim.account, replace(account, blocked_until=until))
    if not was_blocked:
        code = completion.error.code if completion.error else None
        data = halted_data(claim.account, "blocked", why=code, until=until.isoformat())
        rows.tell(EventDraft(EventType.ACCOUNT, data), claim.account, None, now)


def _learn(rows: Rows, record: MessageRecord, completion: Completion, now: datetime) -> None:
    """Join the provider's id and the news that its answer carried."""
    receipt = completion.receipt
    if receipt is None:
        return
    if receipt.provider_message_id is not None:
        link(rows, receipt.provider_message_id, record, now, of_attempt=completion.claim.attempt)
    for update in receipt.updates:
        hear(rows, record.account, dataclasses.replace(update, message_id=record.message_id), now)


def _learn_of_person(
    rows: Rows, lane: Lane, completion: Completion, began_at: datetime, now: datetime
) -> None:
    """Keep what the answer tells of the person: other addresses, a closed window, an opt-out."""
    if completion.aliases:
        learn(rows, lane.account, (lane.lane_key, *completion.aliases), now)
    if completion.uses_attempt:  # else it is our own word, not the provider's
        note_refusal(rows, lane, completion.error, began_at)
    if completion.unwanted is not None:
        prefer(rows, lane, PreferenceRecord(completion.unwanted, allowed=False, changed_at=now))
