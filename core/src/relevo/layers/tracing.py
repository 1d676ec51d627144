"""Make each attempt a span of the trace in which its message was asked for."""

from __future__ import annotations

from relevo.errors import SendError
from relevo.events import Receipt
from relevo.middleware import CallNext, Dispatch
from relevo.tracing import SpanKind, span


async def trace_attempt(dispatch: Dispatch, call_next: CallNext) -> Receipt:
    """Run the attempt within a span; without OpenTelemetry there is none."""
    message = dispatch.message
    with span(
        "relevo attempt",
        kind=SpanKind.PRODUCER,
        parent=message.trace,
        attributes={
            "message_id": str(message.message_id),
            "attempt": dispatch.attempt,
            "account": dispatch.account,
            "provider": dispatch.provider.name,
        },
    ) as attempt:
        try:
            receipt = await call_next(dispatch)
        except SendError as error:
            attempt.tell(outcome=error.code, phase=dispatch.phase and dispatch.phase.value)
            raise
        attempt.tell(outcome="accepted", phase=dispatch.phase and dispatch.phase.value)
        return receipt
