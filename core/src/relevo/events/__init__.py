"""What happens to messages: statuses and their order, news from providers, the event."""

from relevo.events.envelope import Event, EventType, utc_now
from relevo.events.news import (
    AccountUpdate,
    ErrorDetail,
    InboundMessage,
    PersonUpdate,
    ProviderEvent,
    Receipt,
    StatusUpdate,
)
from relevo.events.statuses import (
    LATTICE,
    OPEN,
    REPLAYABLE,
    TRANSITIONS,
    DeliveryStatus,
    advance,
)

__all__ = [
    "LATTICE",
    "OPEN",
    "REPLAYABLE",
    "TRANSITIONS",
    "AccountUpdate",
    "DeliveryStatus",
    "ErrorDetail",
    "Event",
    "EventType",
    "InboundMessage",
    "PersonUpdate",
    "ProviderEvent",
    "Receipt",
    "StatusUpdate",
    "advance",
    "utc_now",
]
