"""What an engine keeps, as it hands it out: plain values, no behaviour of a store."""

from __future__ import annotations

from relevo.engines.records.doubts import Doubt, DoubtRecord, Evidence, Resolution, Settlement
from relevo.engines.records.inbox import (
    Effect,
    ItemFault,
    ItemState,
    ParsedItem,
    QuarantinedItem,
    WebhookRecord,
    WebhookState,
)
from relevo.engines.records.messages import (
    Accepted,
    AttemptRecord,
    ConversationRecord,
    Direction,
    IdempotencyKey,
    MessageRecord,
)
from relevo.engines.records.outbox import Claim, Completion
from relevo.engines.records.queries import EventQuery, MessageQuery, Page, ReplayQuery
from relevo.engines.records.standing import AccountState, LaneStanding, Standing
from relevo.engines.records.upkeep import EnginePulse, Purged, Retention

__all__ = [
    "Accepted",
    "AccountState",
    "AttemptRecord",
    "Claim",
    "Completion",
    "ConversationRecord",
    "Direction",
    "Doubt",
    "DoubtRecord",
    "Effect",
    "EnginePulse",
    "EventQuery",
    "Evidence",
    "IdempotencyKey",
    "ItemFault",
    "ItemState",
    "LaneStanding",
    "MessageQuery",
    "MessageRecord",
    "Page",
    "ParsedItem",
    "Purged",
    "QuarantinedItem",
    "ReplayQuery",
    "Resolution",
    "Retention",
    "Settlement",
    "Standing",
    "WebhookRecord",
    "WebhookState",
]
