"""Log each attempt's outcome: ids, codes and times, never people's addresses or words."""

from __future__ import annotations

import logging

import anyio

from relevo.errors import SendError
from relevo.events import Receipt
from relevo.middleware import CallNext, Dispatch

logger = logging.getLogger("relevo.attempts")


async def log_attempt(dispatch: Dispatch, call_next: CallNext) -> Receipt:
    """Log one line per attempt, `INFO` when taken, `WARNING` when not."""
    began = anyio.current_time()
    # Beside the sentence, for those who keep logs as records.
    facts: dict[str, str | float | None] = {
        "message_id": str(dispatch.message.message_id),
        "attempt": dispatch.attempt,
        "account": dispatch.account,
        "provider": dispatch.provider.name,
    }
    try:
        receipt = await call_next(dispatch)
    except SendError as error:
        took_s = anyio.current_time() - began
        logger.warning(
            "Message %s, attempt %d, account %r, provider %s: %s after %.3f s "
            "(phase %s, provider code %s).",
            *facts.values(),
            error.code,
            took_s,
            dispatch.phase or "none",
            error.provider_code or "none",
            extra={
                **facts,
                "outcome": error.code,
                "phase": dispatch.phase and dispatch.phase.value,
                "provider_code": error.provider_code,
                "duration_s": round(took_s, 6),
            },
        )
        raise
    took_s = anyio.current_time() - began
    logger.info(
        "Message %s, attempt %d, account %r, provider %s: accepted in %.3f s.",
        *facts.values(),
        took_s,
        extra={**facts, "outcome": "accepted", "duration_s": round(took_s, 6)},
    )
    return receipt
