"""A typed client of a running server: send, list, look after it, and follow what happens.

`Client` is for ordinary code, `AsyncClient` for asyncio and trio; both have the same methods.
What a server refuses is raised as the error that an embedded dispatcher would have raised, with
the server's own words in `problem`.
"""

from relevo.client.answers.accounts import (
    AccountRow,
    AgedHealthRow,
    HealthRow,
    LimitsRow,
    PairPaceRow,
    ProviderRow,
    TemplateRow,
)
from relevo.client.answers.errors import ErrorRow
from relevo.client.answers.health import (
    EngineRow,
    HandlerRow,
    Liveness,
    Readiness,
    ReplyRow,
    SandboxRow,
    SwitchRow,
)
from relevo.client.answers.inbox import (
    DiscardedItemRow,
    DiscardedRow,
    FaultRow,
    QuarantinedRow,
    ReopenedRow,
    WebhookRow,
)
from relevo.client.answers.keys import KeyRow, NewKeyRow, TicketRow
from relevo.client.answers.media import DownloadedFile, MediaRow
from relevo.client.answers.messages import (
    AttemptRow,
    CancelRow,
    MessageDetail,
    MessageRow,
    ReceiptRow,
    ReplayedRow,
    SettledRow,
    StandingRow,
    StatusRow,
)
from relevo.client.answers.people import (
    ConversationDetail,
    ConversationRow,
    PreferenceRow,
    WarningRow,
    WindowRow,
)
from relevo.client.answers.plans import BatchAnswer, BatchRow, PlanRow
from relevo.client.answers.problems import ProblemBody
from relevo.client.blocking import Client, EventFollower
from relevo.client.cooperative import AsyncClient, AsyncEventFollower

__all__ = [
    "AccountRow",
    "AgedHealthRow",
    "AsyncClient",
    "AsyncEventFollower",
    "AttemptRow",
    "BatchAnswer",
    "BatchRow",
    "CancelRow",
    "Client",
    "ConversationDetail",
    "ConversationRow",
    "DiscardedItemRow",
    "DiscardedRow",
    "DownloadedFile",
    "EngineRow",
    "ErrorRow",
    "EventFollower",
    "FaultRow",
    "HandlerRow",
    "HealthRow",
    "KeyRow",
    "LimitsRow",
    "Liveness",
    "MediaRow",
    "MessageDetail",
    "MessageRow",
    "NewKeyRow",
    "PairPaceRow",
    "PlanRow",
    "PreferenceRow",
    "ProblemBody",
    "ProviderRow",
    "QuarantinedRow",
    "Readiness",
    "ReceiptRow",
    "ReopenedRow",
    "ReplayedRow",
    "ReplyRow",
    "SandboxRow",
    "SettledRow",
    "StandingRow",
    "StatusRow",
    "SwitchRow",
    "TemplateRow",
    "TicketRow",
    "WarningRow",
    "WebhookRow",
    "WindowRow",
]
