"""Describe the attempt for its row: timing and the redacted exchange."""

from __future__ import annotations

import anyio

from relevo.events import Receipt
from relevo.middleware import CallNext, Dispatch
from relevo.providers import redacted


async def describe_attempt(dispatch: Dispatch, call_next: CallNext) -> Receipt:
    """Add duration, HTTP status and the provider's redacted answer to the attempt's detail."""
    began = anyio.current_time()
    try:
        return await call_next(dispatch)
    finally:
        answer = dispatch.receipt.raw if dispatch.receipt else None
        if dispatch.error is not None:
            answer = dispatch.error.raw
        dispatch.detail["duration_s"] = round(anyio.current_time() - began, 6)
        dispatch.detail["http_status"] = dispatch.http_status
        dispatch.detail["answer"] = redacted(dispatch.provider, answer)
