"""What becomes of statuses whose message nobody ever named."""

from __future__ import annotations

from datetime import datetime, timedelta

from relevo.engines.outcomes import aged_data
from relevo.engines.steps.rows import Rows
from relevo.events import EventType, StatusUpdate
from relevo.middleware import EventDraft

SHELF_LIFE = timedelta(hours=24)


def age(rows: Rows, account: str, update: StatusUpdate, now: datetime) -> None:
    """Tell a status that nobody claimed as an event without a message."""
    rows.tell(EventDraft(EventType.STATUS, aged_data(account, update)), account, None, now)
