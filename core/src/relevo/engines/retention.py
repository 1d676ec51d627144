"""Until when things are kept, and what is left of purged contents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from relevo.contents import OtherContent
from relevo.engines.records import Retention
from relevo.engines.steps.accepting import KEY_LIFE
from relevo.engines.steps.shelving import SHELF_LIFE

PURGED_CONTENT: Final = OtherContent(kind="purged")
"""Stands where a message's content was."""
HANDED_OUT_FOR: Final = timedelta(seconds=30)
"""A pending webhook that was given to one receiver is not given to another so long."""
PACE_UNIT_S: Final = 60
"""No pace between two messages to one person is slower: after as many of these as messages of
a run, the run is over."""
_SEEN_ITEMS: Final = timedelta(days=8)  # providers repeat a webhook for up to a week
_OUTAGES: Final = timedelta(days=7)
PROCESS_LIFE: Final = timedelta(days=1)
"""A process that was not seen for so long is forgotten."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What is older than these moments goes. None: it stays."""

    events: datetime | None
    webhooks: datetime | None
    items: datetime | None
    contents: datetime | None
    keys: datetime
    shelf: datetime
    outages: datetime
    media: datetime | None


def cutoffs(retention: Retention, now: datetime) -> Cutoffs:
    """Tell what is old by now."""
    webhooks = _before(now, retention.webhooks_s)
    return Cutoffs(
        events=_before(now, retention.events_s),
        webhooks=webhooks,
        items=None if webhooks is None else min(webhooks, now - _SEEN_ITEMS),
        contents=_before(now, retention.contents_s),
        keys=now - KEY_LIFE,
        shelf=now - SHELF_LIFE,
        outages=now - _OUTAGES,
        media=_before(now, retention.media_s),
    )


def _before(now: datetime, kept_s: float | None) -> datetime | None:
    return None if kept_s is None else now - timedelta(seconds=kept_s)
