"""Say how a message ended, or what the provider told after taking it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relevo.engines.records import Standing
from relevo.engines.steps.doubts import BY_PERSON
from relevo.engines.transitions import dead
from relevo.events import DeliveryStatus
from relevo.explain.attempts import last_attempt
from relevo.explain.explanation import Explanation, said
from relevo.terms import AccountTerms

_S = DeliveryStatus
_GIVEN_UP: Mapping[DeliveryStatus, str] = MappingProxyType(
    {
        _S.FAILED: "It was given up before any handover.",
        _S.EXPIRED: "Its time was over before any handover.",
    }
)


def tell_given_up(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message that failed or expired."""
    del terms
    record = standing.record
    if not dead(record):
        return tell_handed_over(standing, None)
    then = f"Nothing by itself. `relevo messages retry {record.message_id}` sends it again."
    return Explanation(record.status, (_GIVEN_UP[record.status], *last_attempt(standing)), then)


def tell_cancelled(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message that was withdrawn."""
    del terms
    why = ("It was withdrawn before any handover.",)
    return Explanation(standing.record.status, why, "Nothing: it is over.")


def tell_handed_over(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message that the provider has."""
    del terms
    record = standing.record
    if record.status is _S.FAILED:
        why = ("The provider took it and told later that it could not be delivered.",)
        words = (said(record.error),) if record.error else ()
        return Explanation(record.status, (*why, *words), "Nothing: write a new message.")
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
