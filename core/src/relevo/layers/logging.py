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
    facts = (
        dispatch.message.message_id,
        dispatch.attempt,
        dispatch.account,
        dispatch.provider.name,
    )
    try:
        receipt = await call_next(dispatch)
    except SendError as error:
        logger.warning(
            "Message %s, attempt %d, account %r, provider %s: %s after %.3f s "
            "(phase %s, provider code %s).",
            *facts,
            error.code,
            anyio.current_time() - began,
            dispatch.phase or "none",
            error.provider_code or "none",
        )
        raise
    logger.info(
        "Message %s, attempt %d, account %r, provider %s: accepted in %.3f s.",
        *facts,
        anyio.current_time() - began,
    )
    return receipt
