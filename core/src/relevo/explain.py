"""Say why a message is where it is, what happens next, and when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from relevo.engines.records import AttemptRecord, Direction, Resolution, Settled, Standing
from relevo.engines.steps.doubts import BY_PERSON, BY_POLICY
from relevo.engines.steps.pausing import BY_HAND
from relevo.engines.transitions import dead
from relevo.engines.transitions.news import BY_ECHO, BY_NEWS
from relevo.events import DeliveryStatus, ErrorDetail
from relevo.reconcile import (
    CHANNEL_UNPROVEN,
    MAY_BE_HELD_BACK,
    NO_ECHO,
    PROVEN,
    PROVEN_QUIET,
    QUIET_FACTOR,
    WEBHOOKS_UNREAD,
)
from relevo.terms import AccountTerms, may_leave_at, token_at

_S = DeliveryStatus

_HELD_FOR: Mapping[str, str] = MappingProxyType(
    {
        "hold": "Its policy is `hold`: it is never sent again by itself.",
        "attempts_spent": "It was in doubt as often as a message may be tried.",
        NO_ECHO: "The provider does not repeat our ids, so silence proves nothing.",
        MAY_BE_HELD_BACK: (
            "The provider may hold such a message back before it tells anything, so silence "
            "proves nothing."
        ),
        CHANNEL_UNPROVEN: (
            "No webhook came after the wait, and earlier echoes do not show that one would have."
        ),
        WEBHOOKS_UNREAD: "Webhooks of the account wait or were set aside: its echo may be in them.",
    }
)
_CAME_TO: Mapping[Resolution, str] = MappingProxyType(
    {
        Resolution.SENT: "counts as sent",
        Resolution.NOT_SENT: "counts as not sent, and the message was given up",
        Resolution.RESEND: "is followed by another",
    }
)
_SILENCE = "silence shows that it was not sent"
_BECAUSE: Mapping[str, str] = MappingProxyType(
    {
        BY_PERSON: "a person decided so",
        BY_POLICY: "its policy is `resend`",
        BY_ECHO: "the provider repeated our id of it",
        BY_NEWS: "the provider told news of it",
        PROVEN: _SILENCE,
        PROVEN_QUIET: _SILENCE,
    }
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message is in its state, in sentences, and what happens next.

    `next_at` is when, where there is a moment to name.
    """

    status: DeliveryStatus
    why: tuple[str, ...]
    next: str
    next_at: datetime | None = None


def explain(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message; `terms` is None where its account is not configured here."""
    record = standing.record
    if record.direction is Direction.IN:
        return Explanation(record.status, ("A person wrote it to us.",), "Nothing: it has arrived.")
    told = _TELLERS.get(record.status, _tell_handed_over)(standing, terms)
    if record.warnings:
        spoke = tuple(
            f"When it was accepted: {one.message} {one.advice}" for one in record.warnings
        )
        told = Explanation(told.status, (*told.why, *spoke), told.next, told.next_at)
    if record.handovers > 1:
        doubled = (
            f"It was handed over {record.handovers} times: the person may have got it more than "
            "once."
        )
        return Explanation(told.status, (*told.why, doubled), told.next, told.next_at)
    return told


def _tell_scheduled(standing: Standing, terms: AccountTerms | None) -> Explanation:
    del terms
    at = standing.record.send_at
    halt = _halted(standing)
    why = ("It waits for its time, outside its person's lane.",)
    if halt is not None and (halt.next_at is None or (at is not None and halt.next_at > at)):
        return Explanation(_S.SCHEDULED, (*why, *halt.why), halt.next, halt.next_at)
    return Explanation(_S.SCHEDULED, why, "It joins its person's lane then.", at)


def _tell_queued(standing: Standing, terms: AccountTerms | None) -> Explanation:
    before = _last_attempt(standing)
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
    over = (f"Unless it is handed over before {_time(expiry)}, it expires.",) if expiry else ()
    return Explanation(_S.QUEUED, (*before, *wait.why, *over), wait.next, wait.next_at)


def _turn(standing: Standing, terms: AccountTerms) -> Explanation:
    """Say what its lane and the account's rate let it wait for."""
    lane, now = standing.lane, standing.at
    due_at = (lane.due_at if lane else None) or now
    if lane is not None and lane.ahead:
        many = "1 message" if lane.ahead == 1 else f"{lane.ahead} messages"
        first = f"{many} to the same person must leave first."
        if lane.head_status is _S.UNKNOWN:
            doubt = f"The first of them, {lane.head_id}, is in doubt."
            return Explanation(
                _S.QUEUED, (first, doubt), "The lane goes on without it then.", due_at
            )
        return Explanation(_S.QUEUED, (first,), "It is sent after them.", due_at)
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


def _tell_sending(standing: Standing, terms: AccountTerms | None) -> Explanation:
    del terms
    lane = standing.lane
    number = standing.record.attempts
    who = f" by {lane.worker}" if lane and lane.worker else ""
    why = f"Attempt {number} is under way{who}."
    then = "If its worker says nothing until its lease ends, whether it left is unknown."
    return Explanation(_S.SENDING, (why,), then, lane.due_at if lane else None)


def _tell_unknown(standing: Standing, terms: AccountTerms | None) -> Explanation:
    record, doubt, lane = standing.record, standing.doubt, standing.lane
    why = [f"Nobody knows whether attempt {record.attempts} handed it over."]
    if record.error is not None:
        why.append(record.error.message)
    if doubt is not None and doubt.held_for is not None:
        why.append(_HELD_FOR.get(doubt.held_for, f"It is held: {doubt.held_for}."))
    if lane is not None and lane.waiting_here and lane.due_at is not None:
        why.append(f"Its person's lane waits for it until {_time(lane.due_at)}.")
    by_hand = f"`relevo messages resolve {record.message_id} sent|not-sent|resend`"
    if doubt is not None and doubt.look_at is not None:
        why.extend(_rule_for_silence(terms))
        then = (
            f"A person may decide at once ({by_hand}); else an echo settles it, or the rule for "
            "silence looks at it then."
        )
        return Explanation(_S.UNKNOWN, tuple(why), then, doubt.look_at)
    then = f"An echo settles it whenever it comes; else a person does: {by_hand}."
    return Explanation(_S.UNKNOWN, tuple(why), then)


def _rule_for_silence(terms: AccountTerms | None) -> tuple[str, ...]:
    """Say what silence has to come to before it proves anything."""
    if terms is None:
        return ()
    if terms.looks_up:
        return ("The provider is asked whether it has the message, until it can tell.",)
    wait_s = terms.reconcile_after_s
    rule = (
        f"Silence shows that it was not sent once it has lasted {wait_s:g} s with our webhooks up "
        "and other news of the account came after that; where nothing else comes, after "
        f"{QUIET_FACTOR * wait_s:g} s. Each time our webhooks were down makes it longer."
    )
    return (rule,)


def _tell_given_up(standing: Standing, terms: AccountTerms | None) -> Explanation:
    del terms
    record = standing.record
    if not dead(record):
        return _tell_handed_over(standing, None)
    why = {
        _S.FAILED: "It was given up before any handover.",
        _S.EXPIRED: "Its time was over before any handover.",
    }[record.status]
    then = f"Nothing by itself. `relevo messages retry {record.message_id}` sends it again."
    return Explanation(record.status, (why, *_last_attempt(standing)), then)


def _tell_cancelled(standing: Standing, terms: AccountTerms | None) -> Explanation:
    del terms
    why = ("It was withdrawn before any handover.",)
    return Explanation(standing.record.status, why, "Nothing: it is over.")


def _tell_handed_over(standing: Standing, terms: AccountTerms | None) -> Explanation:
    del terms
    record = standing.record
    if record.status is _S.FAILED:
        why = ("The provider took it and told later that it could not be delivered.",)
        said = (_said(record.error),) if record.error else ()
        return Explanation(record.status, (*why, *said), "Nothing: write a new message.")
    decided = _decided(standing)
    if decided is not None:
        said_so = (
            f"A person decided that attempt {decided} was sent; the provider has told nothing "
            "about it."
        )
        return Explanation(
            record.status, (said_so,), "If the provider tells news, they move it on."
        )
    why = (f"The provider has it; its last news is {record.status.value!r}.",)
    return Explanation(record.status, why, "The provider's news move it on.")


def _decided(standing: Standing) -> int | None:
    """Find the attempt of which only a person says that it was sent."""
    record = standing.record
    if record.status is not _S.ACCEPTED or record.provider_message_id is not None:
        return None
    last = standing.attempts[-1] if standing.attempts else None
    by_hand = last is not None and last.settled is not None and last.settled.why == BY_PERSON
    return last.number if last is not None and by_hand else None


_TELLERS: Mapping[DeliveryStatus, Callable[[Standing, AccountTerms | None], Explanation]] = (
    MappingProxyType(
        {
            _S.SCHEDULED: _tell_scheduled,
            _S.QUEUED: _tell_queued,
            _S.SENDING: _tell_sending,
            _S.UNKNOWN: _tell_unknown,
            _S.CANCELLED: _tell_cancelled,
            _S.EXPIRED: _tell_given_up,
            _S.FAILED: _tell_given_up,
        }
    )
)


def _halted(standing: Standing) -> Explanation | None:
    """Say what keeps the whole account from sending."""
    account, name = standing.account, standing.record.account
    if account.paused_at is not None:
        said = f" {_said(account.pause_error)}" if account.pause_error else ""
        why = f"Account {name!r} is paused since {_time(account.paused_at)}.{said}"
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


def _last_attempt(standing: Standing) -> tuple[str, ...]:
    ended = [attempt for attempt in standing.attempts if attempt.error is not None]
    if not ended:
        return ()
    last = ended[-1]
    phase = f", having reached {last.phase.value!r}" if last.phase else ""
    told = f"Attempt {last.number} ended{phase}: {_said(last.error)}"
    return (told, *_settled(last))


def _settled(attempt: AttemptRecord) -> tuple[str, ...]:
    """Say how the doubt about an attempt ended."""
    if attempt.settled is None:
        return ()
    came_to, because = settled_words(attempt.settled)
    return (f"The doubt about it is over: it {came_to}; {because}.",)


def settled_words(settled: Settled) -> tuple[str, str]:
    """Say what a doubt came to, and why, as halves of a sentence."""
    because = _BECAUSE.get(settled.why, f"that was found out ({settled.why})")
    return _CAME_TO[settled.resolution], because


def _said(error: ErrorDetail | None) -> str:
    return f"{error.message} ({error.code})" if error else ""


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else "an unknown time"
