"""What an engine must keep to, as tests. Subclass it and say how yours is opened.

    class TestMyEngine(EngineConformance):
        @pytest.fixture
        def open_engine(self) -> OpenEngine:
            return lambda clock: MyEngine(clock=clock)

Every test opens an engine of its own. `open_engine` of a durable engine opens
the same store again within one test; of a shared one, also while it is open.
"""

from __future__ import annotations

from relevo.testing.engine_rules.accepting import AcceptRules, CancelRules
from relevo.testing.engine_rules.archive import ArchiveRules, ConversationRules
from relevo.testing.engine_rules.completing import CompletionRules, FenceRules
from relevo.testing.engine_rules.consent import PreferenceRules, WindowRules
from relevo.testing.engine_rules.contents import ContentRules
from relevo.testing.engine_rules.cursor_sharing import SharedCursorRules
from relevo.testing.engine_rules.cursors import (
    CursorEpochRules,
    CursorLeaseRules,
    CursorRestartRules,
    CursorRules,
    CursorTakeBackRules,
)
from relevo.testing.engine_rules.discarding import DiscardRules, OutcomeRules
from relevo.testing.engine_rules.doubting import DoubtfulLaneRules, PolicyRules
from relevo.testing.engine_rules.durable import DurableRules
from relevo.testing.engine_rules.evidence import EvidenceRules, OutageRules
from relevo.testing.engine_rules.halting import BlockRules, ConfiguredRules, PauseRules
from relevo.testing.engine_rules.health import HealthRules
from relevo.testing.engine_rules.idempotency import IdempotencyRules
from relevo.testing.engine_rules.inbox import ItemRules, QuarantineRules, WebhookRules
from relevo.testing.engine_rules.keys import KeyRestartRules, KeyRules, SealRules, TicketRules
from relevo.testing.engine_rules.lanes import LaneRules, LeaseRules
from relevo.testing.engine_rules.limits import PaceRules, RateRules
from relevo.testing.engine_rules.log import LogRules, WakeRules
from relevo.testing.engine_rules.media import (
    InboundMediaRules,
    MediaPurgeRules,
    MediaRestartRules,
    OutboundMediaRules,
    SharedMediaRules,
)
from relevo.testing.engine_rules.owning import OwningRules
from relevo.testing.engine_rules.people import AliasRules, LastInboundRules, SharedPeopleRules
from relevo.testing.engine_rules.preparing import PreparingRules
from relevo.testing.engine_rules.processes import ProcessRules
from relevo.testing.engine_rules.proving import LateEchoRules, StaleCompletionRules
from relevo.testing.engine_rules.pulsing import WaitingPulseRules
from relevo.testing.engine_rules.purging import EpochRules, GapRules, TidyRules
from relevo.testing.engine_rules.reopening import HandOutRules, RawWebhookRules, ReopenRules
from relevo.testing.engine_rules.replaying import ReplayRules, RetryRules
from relevo.testing.engine_rules.restarting import RestartRules, TakeBackRules
from relevo.testing.engine_rules.scene import OpenEngine
from relevo.testing.engine_rules.scheduling import ExpiryRules, PriorityRules, ScheduleRules
from relevo.testing.engine_rules.settling import ResolveRules, SettleRules
from relevo.testing.engine_rules.sharing import SharedRules
from relevo.testing.engine_rules.sight import MessageFilterRules, SightRules
from relevo.testing.engine_rules.standing import PulseRules, StandingRules
from relevo.testing.engine_rules.statuses import EchoRules, ShelfRules, StatusRules
from relevo.testing.engine_rules.together import TogetherRules
from relevo.testing.engine_rules.tracing import TraceRules

__all__ = [
    "DurableEngineConformance",
    "EngineConformance",
    "OpenEngine",
    "SharedEngineConformance",
    "SoleEngineConformance",
]


class EngineConformance(
    AcceptRules,
    CancelRules,
    IdempotencyRules,
    ScheduleRules,
    ExpiryRules,
    PriorityRules,
    RateRules,
    PaceRules,
    BlockRules,
    PauseRules,
    ConfiguredRules,
    HealthRules,
    LaneRules,
    LeaseRules,
    CompletionRules,
    FenceRules,
    RetryRules,
    ReplayRules,
    PolicyRules,
    DoubtfulLaneRules,
    SettleRules,
    ResolveRules,
    LateEchoRules,
    StaleCompletionRules,
    EvidenceRules,
    OutageRules,
    StatusRules,
    ShelfRules,
    EchoRules,
    WebhookRules,
    ItemRules,
    ContentRules,
    QuarantineRules,
    HandOutRules,
    RawWebhookRules,
    ReopenRules,
    DiscardRules,
    OutcomeRules,
    OwningRules,
    LogRules,
    GapRules,
    EpochRules,
    CursorRules,
    CursorLeaseRules,
    CursorEpochRules,
    TidyRules,
    WakeRules,
    ArchiveRules,
    ConversationRules,
    AliasRules,
    LastInboundRules,
    WindowRules,
    PreferenceRules,
    StandingRules,
    PulseRules,
    WaitingPulseRules,
    ProcessRules,
    TraceRules,
    TogetherRules,
    InboundMediaRules,
    OutboundMediaRules,
    PreparingRules,
    MediaPurgeRules,
    KeyRules,
    TicketRules,
    SealRules,
    SightRules,
    MessageFilterRules,
):
    """Every rule that any engine keeps."""


class DurableEngineConformance(
    EngineConformance,
    DurableRules,
    RestartRules,
    CursorRestartRules,
    MediaRestartRules,
    KeyRestartRules,
):
    """And those of an engine that outlives its process."""


class SoleEngineConformance(DurableEngineConformance, TakeBackRules, CursorTakeBackRules):
    """And those of one whose store only one process opens at a time."""


class SharedEngineConformance(
    DurableEngineConformance, SharedRules, SharedCursorRules, SharedMediaRules, SharedPeopleRules
):
    """And those of one whose store several machines open at once."""
