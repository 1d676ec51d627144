"""Providers' later news: find the message, shelve what comes too early, settle doubts.

And the one place where a change of a message is kept: whatever moved it, its
lane, its schedule and its doubt follow from where it stands then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from relevo.engines.records import Direction, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.people import note_refusal
from relevo.engines.steps.rows import EchoRow, Lane, LaneState, Rows
from relevo.engines.transitions import (
    AttemptRow,
    Change,
    first_proof,
    informed,
    proven_attempt,
    settled_by,
)
from relevo.events import DeliveryStatus, StatusUpdate

ECHO_WINDOW = timedelta(days=7)
"""How slow echoes come is measured afresh after so long."""

_S = DeliveryStatus


@dataclass(frozen=True, slots=True)
class Heard:
    """The message a status speaks of, if it is known, and how that ended a doubt about it."""

    record: MessageRecord | None = None
    settled: str | None = None


def hear(rows: Rows, account: str, update: StatusUpdate, now: datetime) -> Heard:
    """Apply a status to its message, or shelve it until that is known; give the message."""
    before = record = rows.message_by_ref(account, update.provider_message_id)
    if before is None or record is None:
        before = _echoed(rows, account, update)
        if before is None:
            rows.shelve(account, update, now)
            return Heard()
        record = link(rows, update.provider_message_id, before, now, of_attempt=update.attempt)
    after = _apply(rows, record, update, now)
    ended = before.status is _S.UNKNOWN and after.status is not _S.UNKNOWN
    return Heard(after, settled_by(update) if ended else None)


def link(
    rows: Rows,
    provider_message_id: str,
    record: MessageRecord,
    now: datetime,
    *,
    of_attempt: int | None = None,
) -> MessageRecord:
    """Learn a provider's id of a message, and apply what waited on the shelf for it.

    `of_attempt` is the attempt that the id belongs to, where it is known.
    """
    rows.link(provider_message_id, record)
    for update in rows.unshelve(record.account, provider_message_id):
        record = _apply(rows, record, update, now, of_attempt=of_attempt)
    return record


def keep(
    rows: Rows,
    before: MessageRecord,
    change: Change,
    now: datetime,
    *,
    again_at: datetime | None = None,
) -> None:
    """Keep a change of a message, and let its lane, schedule and doubt follow.

    `again_at` is when its lane is due if the message waits in it again.
    """
    after = change.record
    rows.save_message(after, before)
    if before.status is not after.status:
        _follow(rows, before.status, after, now, again_at or now)
    for draft in change.events:
        rows.tell(draft, after.account, after, now)


def leave(
    rows: Rows,
    lane: Lane,
    record: MessageRecord,
    go_on_at: datetime,
    state: LaneState | None = None,
) -> None:
    """Take a message out of its lane; if it was first, the next one is due at `go_on_at`.

    `state` is how the lane is meanwhile, where that is not kept yet.
    """
    head = rows.head_of(lane)
    left = rows.leave_lane(lane, record)
    if left and head is not None and head.sequence == record.sequence:
        _go_on(rows, lane, go_on_at, state)
    elif state is not None:
        rows.save_lane(lane, state)


def _follow(
    rows: Rows, was: DeliveryStatus, record: MessageRecord, now: datetime, again_at: datetime
) -> None:
    """Let everything that depends on where a message stands follow it."""
    if was is _S.UNKNOWN:
        rows.drop_doubt(record)
    if was is _S.SCHEDULED:
        rows.unschedule(record)
    if was is _S.SENDING:
        return  # whoever completes or gives up the attempt also frees the lane
    if record.status is _S.QUEUED:
        _wait_again(rows, record, again_at)
    elif was is _S.QUEUED:
        lane = rows.lane_of(record)
        leave(rows, lane, record, _spared_until(rows.lane(lane), now))
    elif was is _S.UNKNOWN:
        leave(rows, rows.lane_of(record), record, now)


def _spared_until(state: LaneState | None, now: datetime) -> datetime:
    """Tell when whoever is next may go: a person who gets too many is still spared as asked."""
    throttled = state is not None and state.throttles > 0 and state.lease is None
    return max(state.due_at or now, now) if state is not None and throttled else now


def _wait_again(rows: Rows, record: MessageRecord, again_at: datetime) -> None:
    """Let a message wait in its lane: where it stood if it kept its place, else at the tail."""
    lane = rows.lane_of(record)
    head = rows.head_of(lane)
    if head is not None and head.sequence == record.sequence:
        _go_on(rows, lane, again_at)
    else:
        rows.join_lane(lane, record, again_at)


def _go_on(rows: Rows, lane: Lane, at: datetime, state: LaneState | None = None) -> None:
    """Let the lane's head be claimed at a moment, if there is one."""
    state = state or rows.lane(lane)
    if state is None:
        return
    head = rows.head_of(lane)
    due_at = at if head is not None else None
    bulk = head.bulk if head is not None else False
    rows.save_lane(lane, replace(state, due_at=due_at, lease=None, bulk=bulk))


def _echoed(rows: Rows, account: str, update: StatusUpdate) -> MessageRecord | None:
    """Find the message by our own id, if the provider echoed one that can be meant."""
    record = rows.message(update.message_id) if update.message_id else None
    if record is None or record.direction is not Direction.OUT or record.account != account:
        return None
    return record


def _apply(
    rows: Rows,
    before: MessageRecord,
    update: StatusUpdate,
    now: datetime,
    *,
    of_attempt: int | None = None,
) -> MessageRecord:
    moved = first_proof(before, update)
    number = update.attempt or of_attempt or before.attempts
    counted = _prove_attempt(rows, before, number, update, now, moved=moved)
    change = informed(before, update, now, handovers=before.handovers + counted)
    keep(rows, before, change, now)
    refused_at = min(update.occurred_at or now, now)
    note_refusal(rows, rows.lane_of(before), update.error, refused_at)
    return change.record


def _prove_attempt(
    rows: Rows,
    record: MessageRecord,
    number: int,
    update: StatusUpdate,
    now: datetime,
    *,
    moved: bool,
) -> int:
    """Note what a status proves about an attempt; 1 if that attempt was not counted before."""
    if not moved and update.attempt is None:
        return 0
    row = rows.attempt(record, number)
    if row is None:
        return int(moved)
    proven = proven_attempt(row, update, now, moved=moved)
    if proven is row:
        return 0
    rows.save_attempt(record, proven)
    _note_echo(rows, record.account, row, proven, now)
    return int(proven.record.status is not row.record.status)


def _note_echo(
    rows: Rows, account: str, before: AttemptRow, after: AttemptRow, now: datetime
) -> None:
    """Remember how slowly echoes come; kept only when there is something new to know."""
    if after.record.echoed_at is None or before.record.echoed_at is not None:
        return
    took = max(now - after.record.started_at, timedelta())
    known = rows.echo(account)
    if known is None or now - known.first_at > ECHO_WINDOW:
        rows.save_echo(account, EchoRow(now, took))
    elif took > known.slowest:
        rows.save_echo(account, EchoRow(known.first_at, took))
