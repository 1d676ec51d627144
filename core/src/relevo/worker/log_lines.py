"""What a worker writes for whoever debugs: each claim, and what became of it. No person's words."""

from __future__ import annotations

import logging

from relevo.engines.records import Claim, Completion
from relevo.events import DeliveryStatus

logger = logging.getLogger("relevo.worker")


def log_claim(worker: str, claim: Claim) -> None:
    """Write that a message was taken."""
    if not logger.isEnabledFor(logging.DEBUG):
        return
    facts = _facts(claim)
    logger.debug(
        "Message %s, attempt %d, account %r: claimed by %s.",
        *facts.values(),
        worker,
        extra={**facts, "worker": worker},
    )


def log_completion(completion: Completion, took_s: float) -> None:
    """Write what became of it, once that is kept."""
    if not logger.isEnabledFor(logging.DEBUG):
        return
    facts = _facts(completion.claim)
    outcome = completion.status.value
    code = completion.error.code if completion.error else None
    again_s = completion.retry_in_s if completion.status is DeliveryStatus.QUEUED else None
    logger.debug(
        "Message %s, attempt %d, account %r: %s (%s) after %.1f ms%s.",
        *facts.values(),
        outcome,
        code or "no error",
        took_s * 1000,
        "" if again_s is None else f"; again in {again_s:.1f} s",
        extra={
            **facts,
            "outcome": outcome,
            "code": code,
            "duration_s": round(took_s, 6),
            "retry_in_s": again_s,
        },
    )


def _facts(claim: Claim) -> dict[str, str | int]:
    return {
        "message_id": str(claim.message.message_id),
        "attempt": claim.attempt,
        "account": claim.account,
    }
