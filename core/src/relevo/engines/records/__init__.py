"""What an engine keeps, as it hands it out: plain values, no behaviour of a store."""

from __future__ import annotations

from relevo.engines.records.cursors import Begin, CursorLease, CursorRecord, CursorTrouble
from relevo.engines.records.doubts import (
    Doubt,
    DoubtRecord,
    Evidence,
    Resolution,
    Settled,
    Settlement,
)
from relevo.engines.records.health import HealthRecord
from relevo.engines.records.inbox import (
    DiscardedItem,
    Effect,
    InterpretedWebhook,
    ItemFault,
    ItemOutcome,
    ItemState,
    ParsedItem,
    QuarantinedItem,
    WebhookRecord,
    WebhookState,
)
from relevo.engines.records.keys import KeyRecord, Scope, TicketRecord
from relevo.engines.records.media import MediaOutcome, MediaRecord, MediaState, UploadRecord
from relevo.engines.records.messages import (
    SETTLED,
    Accepted,
    Arrival,
    AttemptRecord,
    ConversationRecord,
    Direction,
    IdempotencyKey,
    MessageRecord,
    SendWarning,
)
from relevo.engines.records.outbox import Claim, Completion
from relevo.engines.records.people import Checks, PersonRecord, PreferenceRecord
from relevo.engines.records.processes import ProcessRecord
from relevo.engines.records.pulse import COUNTED, EnginePulse, Failing, LanePulse, at_work
from relevo.engines.records.queries import EventQuery, MessageQuery, Page, ReplayQuery
from relevo.engines.records.standing import AccountState, LaneStanding, Standing
from relevo.engines.records.upkeep import Purged, Retention

__all__ = [
    "COUNTED",
    "SETTLED",
    "Accepted",
    "AccountState",
    "Arrival",
    "AttemptRecord",
    "Begin",
    "Checks",
    "Claim",
    "Completion",
    "ConversationRecord",
    "CursorLease",
    "CursorRecord",
    "CursorTrouble",
    "Direction",
    "DiscardedItem",
    "Doubt",
    "DoubtRecord",
    "Effect",
    "EnginePulse",
    "EventQuery",
    "Evidence",
    "Failing",
    "HealthRecord",
    "IdempotencyKey",
    "InterpretedWebhook",
    "ItemFault",
    "ItemOutcome",
    "ItemState",
    "KeyRecord",
    "LanePulse",
    "LaneStanding",
    "MediaOutcome",
    "MediaRecord",
    "MediaState",
    "MessageQuery",
    "MessageRecord",
    "Page",
    "ParsedItem",
    "PersonRecord",
    "PreferenceRecord",
    "ProcessRecord",
    "Purged",
    "QuarantinedItem",
    "ReplayQuery",
    "Resolution",
    "Retention",
    "Scope",
    "SendWarning",
    "Settled",
    "Settlement",
    "Standing",
    "TicketRecord",
    "UploadRecord",
    "WebhookRecord",
    "WebhookState",
    "at_work",
]
