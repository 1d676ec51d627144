"""What an engine must keep to, as tests. Subclass it and say how yours is opened.

    class TestMyEngine(EngineConformance):
        @pytest.fixture
        def open_engine(self) -> OpenEngine:
            return lambda clock: MyEngine(clock=clock)

Every test opens an engine of its own. `open_engine` of a durable engine opens
the same store again within one test.
"""

from __future__ import annotations

from relevo.testing.engine_rules.accepting import AcceptRules, CancelRules
from relevo.testing.engine_rules.archive import ArchiveRules, ConversationRules
from relevo.testing.engine_rules.completing import CompletionRules, FenceRules
from relevo.testing.engine_rules.durable import DurableRules
from relevo.testing.engine_rules.inbox import ItemRules, QuarantineRules, WebhookRules
from relevo.testing.engine_rules.lanes import LaneRules, LeaseRules
from relevo.testing.engine_rules.log import LogRules, WakeRules
from relevo.testing.engine_rules.scene import OpenEngine
from relevo.testing.engine_rules.statuses import EchoRules, ShelfRules, StatusRules

__all__ = ["DurableEngineConformance", "EngineConformance", "OpenEngine"]


class EngineConformance(
    AcceptRules,
    CancelRules,
    LaneRules,
    LeaseRules,
    CompletionRules,
    FenceRules,
    StatusRules,
    ShelfRules,
    EchoRules,
    WebhookRules,
    ItemRules,
    QuarantineRules,
    LogRules,
    WakeRules,
    ArchiveRules,
    ConversationRules,
):
    """Every rule that any engine keeps."""


class DurableEngineConformance(EngineConformance, DurableRules):
    """And those of an engine that outlives its process."""
