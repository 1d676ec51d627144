"""What a store must be able to do within one transaction, for the steps to run on it.

The steps decide what happens and in which order; rows only find and keep.
Events are told last in each step, so their order is the order of the changes.
"""

from relevo.engines.steps.rows.everything import Rows
from relevo.engines.steps.rows.lanes import LaneRows
from relevo.engines.steps.rows.messages import MessageRows
from relevo.engines.steps.rows.news import NewsRows
from relevo.engines.steps.rows.people import PeopleRows
from relevo.engines.steps.rows.values import (
    EchoRow,
    Head,
    ItemRow,
    KeyRow,
    Lane,
    LaneState,
    Lease,
    Waiting,
)

__all__ = [
    "EchoRow",
    "Head",
    "ItemRow",
    "KeyRow",
    "Lane",
    "LaneRows",
    "LaneState",
    "Lease",
    "MessageRows",
    "NewsRows",
    "PeopleRows",
    "Rows",
    "Waiting",
]
