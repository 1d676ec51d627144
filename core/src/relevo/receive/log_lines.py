"""What the log says of webhooks that were worked through: never what is in them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from relevo.engines.records import (
    InterpretedWebhook,
    ItemOutcome,
    ItemState,
    WebhookRecord,
)

logger = logging.getLogger("relevo.receiver")


def is_set_aside(outcome: ItemOutcome) -> bool:
    """Tell whether an item could not be applied."""
    return outcome.state is ItemState.QUARANTINED


def log_applied(webhook: WebhookRecord, became: Sequence[ItemOutcome], since_s: float) -> None:
    """Tell whoever debugs what a webhook came to, and how soon."""
    if not logger.isEnabledFor(logging.DEBUG):
        return
    states = Counter(outcome.state.value for outcome in became)
    logger.debug(
        "Webhook %d of account %r: %s, %.1f ms after it came.",
        webhook.webhook_id,
        webhook.account,
        ", ".join(f"{count} {state}" for state, count in states.items()) or "no items",
        since_s * 1000,
        extra={"webhook_id": webhook.webhook_id, "account": webhook.account, "items": dict(states)},
    )


def warn_of_set_aside(
    webhook: WebhookRecord, read: InterpretedWebhook, became: Sequence[ItemOutcome]
) -> None:
    """Tell which items of a webhook could not be applied."""
    aside = [
        parsed.fault.code if parsed.fault else "apply_failed"
        for parsed, outcome in zip(read.items, became, strict=True)
        if is_set_aside(outcome)
    ]
    if not aside:
        return
    codes = sorted(set(aside))
    logger.warning(
        "Webhook %d of account %r: %d of %d items set aside (%s). See: relevo inbox list",
        webhook.webhook_id,
        webhook.account,
        len(aside),
        len(became),
        ", ".join(codes),
        extra={
            "webhook_id": webhook.webhook_id,
            "account": webhook.account,
            "code": codes[0],
            "items": {code: aside.count(code) for code in codes},
        },
    )
