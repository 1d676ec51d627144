"""Say what a message waits for: its time, its turn, its account, or whoever is before it."""

from __future__ import annotations

from relevo.engines.records import LaneStanding, Standing
from relevo.engines.steps.pausing import BY_HAND
from relevo.events import DeliveryStatus
from relevo.explain.attempts import last_attempt
from relevo.explain.explanation import Explanation, said, told_time
from relevo.terms import AccountTerms, may_leave_at, token_at

_S = DeliveryStatus
_AFTER_THEM = "It is sent after them."
_AFTER_FIRST = "The first of them leaves then at the earliest; it is sent after them."


def tell_scheduled(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message whose time has not come."""
    del terms
    at = standing.record.send_at
    halt = _halted(standing)
    why = ("It waits for its time, outside its person's lane.",)
    if halt is not None and (halt.next_at is None or (at is not None and halt.next_at > at)):
        return Explanation(_S.SCHEDULED, (*why, *halt.why), halt.next, halt.next_at)
    return Explanation(_S.SCHEDULED, why, "It joins its person's lane then.", at)


def tell_queued(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message that waits in its lane."""
    before = last_attempt(standing)
    halt = _halted(standing)
    if terms is None:
        name = standing.record.account
        why = f"No account {name!r} is configured where this was asked."
        wait = Explanation(_S.QUEUED, (why,), "It goes on where a worker knows the account.")
    elif halt is not None:
        wait = halt
    else:
        wait = _turn(standing, terms)
    expiry = standing.record.expires_at
    over = (f"Unless it is handed over before {told_time(expiry)}, it expires.",) if expiry else ()
    return Explanation(_S.QUEUED, (*before, *wait.why, *over), wait.next, wait.next_at)


def _turn(standing: Standing, terms: AccountTerms) -> Explanation:
    """Say what its lane and the account's rate let it wait for."""
    lane, now = standing.lane, standing.at
    due_at = (lane.due_at if lane else None) or now
    if lane is not None and lane.ahead:
        return _behind(standing, lane, terms)
    pace_at = may_leave_at(lane.pace if lane else None, terms.limits.pair_pace, now)
    rate_at = token_at(terms.limits, standing.account.full_at, now)
    waits = (
        (
            pace_at if pace_at >= due_at else now,
            "This person was just written to as often as the provider allows.",
            "It is sent then.",
        ),
        (due_at, "It waits before it is tried again.", "The next attempt begins then."),
        (
            rate_at,
            f"The account sends as many as its rate allows ({terms.limits.rate or 0:g}/s).",
            "It is sent when its turn comes.",
        ),
    )
    for at, reason, then in waits:
        if at > now:
            return Explanation(_S.QUEUED, (reason,), then, at)
    return Explanation(_S.QUEUED, ("It is due now.",), "The next free worker sends it.", now)


def _behind(standing: Standing, lane: LaneStanding, terms: AccountTerms) -> Explanation:
    """Say who must leave first, and what the first of them waits for itself."""
    many = "1 message" if lane.ahead == 1 else f"{lane.ahead} messages"
    why = f"{many} to the same person must leave first."
    due_at = lane.due_at or standing.at
    if lane.head_status is _S.UNKNOWN:
        doubt = f"The first of them, {lane.head_id}, is in doubt."
        return Explanation(_S.QUEUED, (why, doubt), "The lane goes on without it then.", due_at)
    head = standing.head
    if head is None:
        return Explanation(_S.QUEUED, (why,), _AFTER_THEM, due_at)
    under_way = head.record.status is _S.SENDING
    first = tell_sending(head, terms) if under_way else _turn(head, terms)
    told = " ".join((*last_attempt(head), *first.why))
    of_first = f"The first of them, {head.record.message_id}: {told}"
    then = _AFTER_THEM if under_way or first.next_at == standing.at else _AFTER_FIRST
    return Explanation(_S.QUEUED, (why, of_first), then, first.next_at)


def tell_sending(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message that is being handed over."""
    del terms
    lane = standing.lane
    number = standing.record.attempts
    who = f" by {lane.worker}" if lane and lane.worker else ""
    why = f"Attempt {number} is under way{who}."
    then = "If its worker says nothing until its lease ends, whether it left is unknown."
    return Explanation(_S.SENDING, (why,), then, lane.due_at if lane else None)


def _halted(standing: Standing) -> Explanation | None:
    """Say what keeps the whole account from sending."""
    account, name = standing.account, standing.record.account
    if account.paused_at is not None:
        words = f" {said(account.pause_error)}" if account.pause_error else ""
        why = f"Account {name!r} is paused since {told_time(account.paused_at)}.{words}"
        by_hand = account.pause_error is not None and account.pause_error.code == BY_HAND
        well = "" if by_hand else " a passing health check,"
        then = (
            f"It goes on when the account does: after a changed configuration,{well} or "
            f"`relevo accounts resume {name}`."
        )
        return Explanation(standing.record.status, (why,), then)
    if account.blocked_until is not None and account.blocked_until > standing.at:
        why = f"Account {name!r} waits: its provider wants fewer requests."
        return Explanation(
            standing.record.status, (why,), "It goes on then.", account.blocked_until
        )
    return None
