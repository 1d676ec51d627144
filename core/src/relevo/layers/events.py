"""Describe the attempt's outcome for the event stream."""

from __future__ import annotations

from pydantic import JsonValue

from relevo.errors import Phase, SendError
from relevo.events import EventType, Receipt
from relevo.middleware import CallNext, Dispatch, EventDraft


async def describe_event(dispatch: Dispatch, call_next: CallNext) -> Receipt:
    """Add one `messaging.outbound` draft per attempt, good or bad."""
    try:
        return await call_next(dispatch)
    finally:
        dispatch.events.append(
            draft_outcome(
                dispatch.attempt,
                phase=dispatch.phase,
                receipt=dispatch.receipt,
                error=dispatch.error,
            )
        )


def draft_outcome(
    attempt: int,
    *,
    phase: Phase | None = None,
    receipt: Receipt | None = None,
    error: SendError | None = None,
) -> EventDraft:
    """Write what one attempt came to; the engine adds the message and its new status."""
    data: dict[str, JsonValue] = {"attempt": attempt}
    if phase is not None:
        data["phase"] = phase.value
    if receipt is not None:
        data["raw"] = receipt.raw
    elif error is not None:
        data["error"] = {
            "code": error.code,
            "provider_code": error.provider_code,
            "message": error.message,
            "retryable": error.retryable,
        }
        data["raw"] = error.raw
    return EventDraft(EventType.OUTBOUND, data)
