"""What each step makes of a message: pure, and the same in every engine.

An engine finds rows and keeps rows; what a row becomes, and what is told about
it, is decided here.
"""

from relevo.engines.transitions.attempts import (
    completed,
    completed_attempt,
    lost,
    lost_attempt,
    lost_error,
    reached,
    unsent,
)
from relevo.engines.transitions.change import AttemptRow, Change, note_settled, told_outbound
from relevo.engines.transitions.doubts import held_back, overtaken, resolved
from relevo.engines.transitions.news import (
    arrived,
    conversation_after,
    first_proof,
    informed,
    proven_attempt,
    settled_by,
    told_arrived,
)
from relevo.engines.transitions.people import (
    Preferences,
    check_person,
    merged,
    newer,
    refused,
    told_joined,
    wrote_at,
)
from relevo.engines.transitions.waiting import (
    WAITING,
    accepted,
    dead,
    due,
    failing,
    overdue,
    replayed,
    started,
    withdrawn,
)

__all__ = [
    "WAITING",
    "AttemptRow",
    "Change",
    "Preferences",
    "accepted",
    "arrived",
    "check_person",
    "completed",
    "completed_attempt",
    "conversation_after",
    "dead",
    "due",
    "failing",
    "first_proof",
    "held_back",
    "informed",
    "lost",
    "lost_attempt",
    "lost_error",
    "merged",
    "newer",
    "note_settled",
    "overdue",
    "overtaken",
    "proven_attempt",
    "reached",
    "refused",
    "replayed",
    "resolved",
    "settled_by",
    "started",
    "told_arrived",
    "told_joined",
    "told_outbound",
    "unsent",
    "withdrawn",
    "wrote_at",
]
