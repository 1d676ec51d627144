"""What a worker tells the engine of an attempt that is over."""

from __future__ import annotations

import logging

from relevo.engines.records import Claim, Completion
from relevo.errors import OptedOut, SendError, Unavailable
from relevo.events import DeliveryStatus, ErrorDetail, Receipt
from relevo.layers.events import draft_outcome
from relevo.middleware import Dispatch
from relevo.providers import AnyProvider, lanes_told
from relevo.redaction import frames_of
from relevo.retry import RetryPolicy, Tries, judge
from relevo.terms import AccountTerms

logger = logging.getLogger("relevo.worker")


def completion_of(
    claim: Claim,
    dispatch: Dispatch | None,
    obstacle: SendError | None,
    *,
    provider: AnyProvider,
    terms: AccountTerms,
    retry: RetryPolicy,
    tried: bool,
) -> Completion:
    """Say what became of a claim.

    Args:
        claim: What was taken.
        dispatch: The attempt, if it began.
        obstacle: Why it did not.
        provider: The account's.
        terms: The account's.
        retry: What follows a failure.
        tried: The obstacle came of a vendor that was asked.
    """
    if dispatch is not None and dispatch.receipt is not None:
        return Completion(
            claim=claim,
            status=DeliveryStatus.ACCEPTED,
            terms=terms,
            phase=dispatch.phase,
            receipt=dispatch.receipt,
            detail=dispatch.detail,
            events=tuple(dispatch.events),
            aliases=_aliases(provider, claim, dispatch.receipt),
        )
    error = (dispatch.error if dispatch else obstacle) or Unavailable(
        f"Account {claim.account!r}: the attempt was cut off before the handover."
    )
    entered = tried or (dispatch is not None and dispatch.entered)
    uses_attempt = entered and error.uses_attempt
    tries = Tries(
        attempt=claim.attempt - claim.replayed_attempts,
        counted=claim.counted_attempts + uses_attempt,
        max_attempts=claim.message.max_attempts,
        throttles=claim.throttles,
    )
    verdict = judge(error, tries, policy=retry)
    return Completion(
        claim=claim,
        status=verdict.status,
        terms=terms,
        phase=dispatch.phase if dispatch else None,
        error=ErrorDetail.of(error),
        retry_in_s=verdict.retry_in_s,
        uses_attempt=uses_attempt,
        block_s=verdict.block_s,
        pauses=verdict.pauses,
        lane_throttled=verdict.lane_throttled,
        detail=dispatch.detail if dispatch else {},
        events=tuple(dispatch.events) if dispatch else (draft_outcome(claim.attempt, error=error),),
        unwanted=_unwanted(provider, claim, error) if entered else None,
    )


def _aliases(provider: AnyProvider, claim: Claim, receipt: Receipt) -> tuple[str, ...]:
    """Name the other addresses under which the answer knows the person."""
    return tuple(key for key in lanes_told(provider, receipt) if key != claim.lane_key)


def _unwanted(provider: AnyProvider, claim: Claim, error: SendError) -> str | None:
    """Name the category that the provider just said the person does not want."""
    if not isinstance(error, OptedOut):
        return None
    try:
        return provider.preference_of(claim.message)
    except Exception as fault:  # noqa: BLE001 - a provider may raise anything; the outcome stands
        logger.error(  # noqa: TRY400 - only the place: the words may hold an address
            "Account %r: the category is not known. %s", claim.account, frames_of(fault)
        )
        return None
