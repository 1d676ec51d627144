"""What the API takes: bodies as clients write them."""

from relevo_server.requests.bodies.deciding import (
    MOST_REOPENED,
    MOST_REPLAYED,
    DiscardBody,
    PauseBody,
    ReopenBody,
    ReplayBody,
    ResolveBody,
)
from relevo_server.requests.bodies.fields import Name, Recipient, Text
from relevo_server.requests.bodies.letting_in import KeyBody, TicketBody
from relevo_server.requests.bodies.sending import (
    MOST_SENT,
    BatchBody,
    BatchItem,
    DemoBody,
    SendBody,
    TemplateBody,
    either_fault,
)

__all__ = [
    "MOST_REOPENED",
    "MOST_REPLAYED",
    "MOST_SENT",
    "BatchBody",
    "BatchItem",
    "DemoBody",
    "DiscardBody",
    "KeyBody",
    "Name",
    "PauseBody",
    "Recipient",
    "ReopenBody",
    "ReplayBody",
    "ResolveBody",
    "SendBody",
    "TemplateBody",
    "Text",
    "TicketBody",
    "either_fault",
]
