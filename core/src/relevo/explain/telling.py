"""Explain a message, whatever state it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from relevo.engines.records import Direction, Standing
from relevo.events import DeliveryStatus
from relevo.explain.doubts import tell_unknown
from relevo.explain.explanation import Explanation
from relevo.explain.over import tell_cancelled, tell_given_up, tell_handed_over
from relevo.explain.waiting import tell_queued, tell_scheduled, tell_sending
from relevo.terms import AccountTerms

_S = DeliveryStatus

_TELLERS: Mapping[DeliveryStatus, Callable[[Standing, AccountTerms | None], Explanation]] = (
    MappingProxyType(
        {
            _S.SCHEDULED: tell_scheduled,
            _S.QUEUED: tell_queued,
            _S.SENDING: tell_sending,
            _S.UNKNOWN: tell_unknown,
            _S.CANCELLED: tell_cancelled,
            _S.EXPIRED: tell_given_up,
            _S.FAILED: tell_given_up,
        }
    )
)


def explain(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message; `terms` is None where its account is not configured here."""
    record = standing.record
    if record.direction is Direction.IN:
        return Explanation(record.status, ("A person wrote it to us.",), "Nothing: it has arrived.")
    told = _TELLERS.get(record.status, tell_handed_over)(standing, terms)
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
