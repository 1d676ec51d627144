"""What follows when nobody knows whether a message left."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from uuid import UUID

from relevo.engines.records import (
    DoubtRecord,
    MessageRecord,
    Resolution,
    Settled,
    Settlement,
)
from relevo.engines.replacing import replace
from relevo.engines.steps.people import learn
from relevo.engines.steps.rows import Lane, Rows
from relevo.engines.steps.statuses import hear, keep, link
from relevo.engines.steps.withdrawing import ours
from relevo.engines.transitions import held_back, note_settled, resolved
from relevo.errors import NotInDoubt
from relevo.events import DeliveryStatus, Receipt
from relevo.messages import UnknownPolicy
from relevo.terms import AccountTerms

BY_POLICY = "policy"
BY_PERSON = "person"
ATTEMPTS_SPENT = "attempts_spent"


def open_doubt(
    rows: Rows,
    lane: Lane,
    record: MessageRecord,
    terms: AccountTerms,
    *,
    began_at: datetime,
    now: datetime,
    resend_in_s: float = 0,
) -> None:
    """Do what the policy says about a message that just became `unknown`; its lane waits for it."""
    state = rows.lane(lane)
    if state is not None:
        due_at = now + timedelta(seconds=terms.unknown_lane_wait_s)
        rows.save_lane(lane, replace(state, due_at=due_at, lease=None))
    policy = record.on_unknown or terms.on_unknown
    tries_left = _tries_left(rows, record, terms)
    if policy is UnknownPolicy.RESEND and tries_left:
        _end(rows, record, Resolution.RESEND, why=BY_POLICY, now=now, in_s=resend_in_s)
        return
    held_for: str | None = UnknownPolicy.HOLD.value
    look_at = None
    if policy is UnknownPolicy.RESEND:
        held_for = ATTEMPTS_SPENT
    elif policy is UnknownPolicy.RECONCILE:
        held_for = None
        wait = timedelta(seconds=terms.reconcile_after_s)
        look_at = now if terms.looks_up else began_at + wait
    rows.save_doubt(record, DoubtRecord(record.attempts, began_at, policy, look_at, held_for))


def settle(rows: Rows, settlement: Settlement, terms: AccountTerms, now: datetime) -> bool:
    """Keep what a look at a doubt led to; false where the doubt was over already."""
    record = rows.message(settlement.message_id)
    if record is None or record.status is not DeliveryStatus.UNKNOWN:
        return False
    doubt = rows.doubt(record)
    if doubt is None or doubt.attempt != settlement.attempt:
        return False
    resolution = settlement.resolution
    if resolution is Resolution.RESEND and not _tries_left(rows, record, terms):
        resolution = Resolution.NOT_SENT
    if resolution is not None:
        _end(rows, record, resolution, why=settlement.why, now=now, receipt=settlement.receipt)
        if settlement.aliases:
            own = rows.lane_of(record).lane_key
            learn(rows, record.account, (own, *settlement.aliases), now)
    elif settlement.look_in_s is not None:
        look_at = now + timedelta(seconds=settlement.look_in_s)
        rows.save_doubt(record, replace(doubt, look_at=look_at))
    else:
        rows.save_doubt(record, replace(doubt, look_at=None, held_for=settlement.why))
        rows.tell(held_back(record, settlement.why), record.account, record, now)
    return True


def resolve(rows: Rows, message_id: UUID, resolution: Resolution, now: datetime) -> MessageRecord:
    """End a doubt as a person decides."""
    record = ours(rows, message_id)
    if record.status is not DeliveryStatus.UNKNOWN:
        msg = (
            f"Message {message_id} is {record.status}: there is no doubt about it. "
            "Only an unknown message can be resolved."
        )
        raise NotInDoubt(msg)
    return _end(rows, record, resolution, why=BY_PERSON, now=now)


def _end(
    rows: Rows,
    record: MessageRecord,
    resolution: Resolution,
    *,
    why: str,
    now: datetime,
    receipt: Receipt | None = None,
    in_s: float = 0,
) -> MessageRecord:
    change = resolved(record, resolution, why=why, now=now, receipt=receipt)
    _note(rows, record, Settled(resolution, why, now), receipt)
    keep(rows, record, change, now, again_at=now + timedelta(seconds=in_s))
    after = change.record
    if receipt is not None and receipt.provider_message_id is not None:
        after = link(rows, receipt.provider_message_id, after, now)
        for update in receipt.updates:
            hear(rows, after.account, dataclasses.replace(update, message_id=after.message_id), now)
    return after


def _note(rows: Rows, record: MessageRecord, settled: Settled, receipt: Receipt | None) -> None:
    """Write into the attempt in doubt how its doubt has ended."""
    row = rows.attempt(record, record.attempts)
    if row is None:
        return
    attempt = note_settled(row.record, settled)
    if settled.resolution is Resolution.SENT:
        provider_message_id = receipt.provider_message_id if receipt else None
        attempt = replace(
            attempt,
            status=DeliveryStatus.ACCEPTED,
            provider_message_id=provider_message_id or attempt.provider_message_id,
        )
    rows.save_attempt(record, replace(row, record=attempt))


def _tries_left(rows: Rows, record: MessageRecord, terms: AccountTerms) -> bool:
    """Whether the message may be sent again by itself."""
    own = rows.asked(record).max_attempts
    if own is not None and record.attempts - record.replayed_attempts >= own:
        return False
    return rows.counted_attempts(record) < terms.max_attempts
