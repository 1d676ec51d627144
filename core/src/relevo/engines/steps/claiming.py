"""Lease the heads of due lanes: whose turn it is, within rate and pace."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from relevo.engines.records import AttemptRecord, Claim
from relevo.engines.replacing import replace
from relevo.engines.steps.accepting import promote
from relevo.engines.steps.doubts import open_doubt
from relevo.engines.steps.rows import Lane, LaneState, Lease, Rows, Waiting
from relevo.engines.steps.statuses import keep, leave
from relevo.engines.transitions import (
    AttemptRow,
    lost,
    lost_attempt,
    lost_error,
    overdue,
    overtaken,
    started,
    unsent,
)
from relevo.events import DeliveryStatus
from relevo.terms import AccountTerms, full_after, may_leave_at, pace_after, tokens

LEASE_ENDED = "the worker's lease ended"
ENGINE_RESTARTED = "the engine was restarted"
HEADS_PER_LANE = 100
"""One claim retires at most so many heads of a lane, to stay short."""
PROMOTED_PER_CLAIM = 200
_BULK_EVERY = 10
_TOKEN_BITS = 63


class Turn(NamedTuple):
    """Where one claim begins, so that nobody starves: with which account, and with bulk or not."""

    number: int

    @property
    def bulk_first(self) -> bool:
        """Every tenth claim takes bulk first."""
        return self.number % _BULK_EVERY == _BULK_EVERY - 1

    def order(self, names: Sequence[str]) -> list[str]:
        """Begin with another account every time, also among the turns that take bulk first."""
        tens = self.number // _BULK_EVERY
        first = (tens if self.bulk_first else self.number - tens) % max(len(names), 1)
        return [*names[first:], *names[:first]]


class Turns:
    """Count an engine's claims."""

    def __init__(self) -> None:
        self._number = -1

    def next(self) -> Turn:
        """Give the next claim's turn."""
        self._number += 1
        return Turn(self._number)


@dataclass(slots=True)
class _Pool:
    """One account's lanes that may be claimed now."""

    name: str
    terms: AccountTerms
    lanes: deque[Lane]
    claimed: int = 0


def claim(
    rows: Rows,
    worker: str,
    *,
    limit: int,
    lease_s: float,
    terms: Mapping[str, AccountTerms],
    turn: Turn,
    now: datetime,
) -> list[Claim]:
    """Lease the heads of due lanes. Fewer than `limit` do not mean that no lane is due."""
    claims: list[Claim] = []
    pools = [
        pool
        for name in turn.order(list(terms))
        if (pool := _open_pool(rows, name, terms[name], limit, turn, now)) is not None
    ]
    lease_until = now + timedelta(seconds=lease_s)
    waiting = deque(pools)
    while waiting and len(claims) < limit:
        pool = waiting.popleft()
        taken = _claim_lane(rows, pool.lanes.popleft(), pool.terms, worker, lease_until, now)
        if taken is not None:
            pool.claimed += 1
            claims.append(taken)
        if pool.lanes:
            waiting.append(pool)
    for pool in pools:
        _debit(rows, pool, now)
    return claims


def take_back_all(rows: Rows, now: datetime) -> int:
    """Let every held lane be claimed at once: nobody holds one when an engine starts alone."""
    lanes = rows.held_lanes()
    for lane in lanes:
        state = rows.lane(lane)
        if state is not None and state.lease is not None:
            lease = Lease(state.lease.token, worker=None)
            rows.save_lane(lane, replace(state, due_at=now, lease=lease))
    return len(lanes)


def _open_pool(
    rows: Rows, name: str, terms: AccountTerms, limit: int, turn: Turn, now: datetime
) -> _Pool | None:
    account = rows.account(name)
    if account.paused_at is not None or (account.blocked_until and account.blocked_until > now):
        return None
    promote(rows, name, now, PROMOTED_PER_CLAIM)
    may = tokens(terms.limits, account.full_at, now)
    most = limit if may is None else min(limit, may)
    if most == 0:
        return None
    lanes = rows.due_lanes(name, now, most, bulk_first=turn.bulk_first)
    return _Pool(name, terms, deque(lanes)) if lanes else None


def _debit(rows: Rows, pool: _Pool, now: datetime) -> None:
    """Pay for what was claimed from the account's bucket."""
    if pool.claimed == 0 or pool.terms.limits.rate is None:
        return
    account = rows.account(pool.name)
    full_at = full_after(pool.terms.limits, account.full_at, pool.claimed, now)
    rows.save_account(pool.name, replace(account, full_at=full_at))


def _claim_lane(
    rows: Rows,
    lane: Lane,
    terms: AccountTerms,
    worker: str,
    lease_until: datetime,
    now: datetime,
) -> Claim | None:
    state = rows.lane(lane)
    if state is None:
        return None
    if state.lease is not None:
        state = _give_up(rows, lane, state.lease, terms, now)
        if state is None or state.due_at is None or state.due_at > now:
            return None
    waiting = _first_to_send(rows, lane, now)
    state = rows.lane(lane)
    if waiting is None or state is None:
        return None
    at = may_leave_at(state.pace, terms.limits.pair_pace, now)
    if at > now:
        rows.save_lane(lane, replace(state, due_at=at))
        return None
    lease = Lease(secrets.randbits(_TOKEN_BITS), worker)
    pace = pace_after(state.pace, terms.limits.pair_pace, now)
    rows.save_lane(lane, replace(state, due_at=lease_until, lease=lease, pace=pace))
    return _begin(rows, lane, waiting, lease, state.throttles, lease_until, now)


def _give_up(
    rows: Rows, lane: Lane, lease: Lease, terms: AccountTerms, now: datetime
) -> LaneState | None:
    """Take a lane back from a worker that fell silent; give the lane as it is then."""
    cause = LEASE_ENDED if lease.worker is not None else ENGINE_RESTARTED
    state = rows.lane(lane)
    if state is not None:
        rows.save_lane(lane, replace(state, lease=None, due_at=now))
    waiting = rows.first_in(lane)
    if waiting is None:
        return rows.lane(lane)
    record = waiting.record
    attempt = rows.attempt(record, record.attempts)
    nothing_left = attempt is not None and unsent(attempt)
    if attempt is not None:
        error = lost_error(record, cause, unsent=nothing_left)
        rows.save_attempt(record, lost_attempt(attempt, error, now))
    change = lost(record, cause, now, unsent=nothing_left)
    keep(rows, record, change, now)
    if change.record.status is DeliveryStatus.UNKNOWN:
        began_at = attempt.record.started_at if attempt else now
        open_doubt(rows, lane, change.record, terms, began_at=began_at, now=now)
    elif change.record.status is not DeliveryStatus.QUEUED:
        leave(rows, lane, record, now)
    return rows.lane(lane)


def _first_to_send(rows: Rows, lane: Lane, now: datetime) -> Waiting | None:
    """Give the lane's head, after those whose time is over and doubts that were waited for."""
    for _ in range(HEADS_PER_LANE):
        waiting = rows.first_in(lane)
        if waiting is None:
            state = rows.lane(lane)
            if state is not None:
                rows.save_lane(lane, replace(state, due_at=None, lease=None))
            return None
        record = waiting.record
        if record.status is DeliveryStatus.UNKNOWN:
            leave(rows, lane, record, now)
            rows.tell(overtaken(record), record.account, record, now)
            continue
        change = overdue(record, now)
        if change is None:
            return waiting
        keep(rows, record, change, now)
    return None


def _begin(
    rows: Rows,
    lane: Lane,
    waiting: Waiting,
    lease: Lease,
    throttles: int,
    lease_until: datetime,
    now: datetime,
) -> Claim:
    """Begin the next attempt at a message whose lane was just leased."""
    before = waiting.record
    change = started(before, now)
    number = change.record.attempts
    counted = rows.counted_attempts(before) if before.attempts else 0
    rows.save_message(change.record, before)
    rows.save_attempt(before, AttemptRow(AttemptRecord(number, started_at=now)))
    for draft in change.events:
        rows.tell(draft, lane.account, change.record, now)
    return Claim(
        message=waiting.message.for_attempt(number),
        account=lane.account,
        lane_key=lane.lane_key,
        attempt=number,
        counted_attempts=counted,
        replayed_attempts=before.replayed_attempts,
        throttles=throttles,
        token=lease.token,
        lease_until=lease_until,
    )
