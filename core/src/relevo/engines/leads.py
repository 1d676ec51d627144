"""Which index leads to the messages that are asked for: the one that passes the fewest others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from relevo.engines.records import MessageQuery
from relevo.engines.sight import Sight
from relevo.events import DeliveryStatus

_S = DeliveryStatus
CLOCK_SLACK: Final = timedelta(hours=1)
"""Messages are numbered in the order of time, but for clocks that were put back by less."""
_RARE: Final = frozenset(
    {_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.UNKNOWN, _S.CANCELLED, _S.EXPIRED, _S.FAILED}
)
"""Few messages rest here, so walking those of all accounts beats walking one account."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked up before the messages themselves; None: it was not asked for.

    Args:
        parts: The threads that are meant.
        sequences: The messages that a provider's id names.
    """

    parts: Collection[str] | None = None
    sequences: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """A column with an index beside the sequence, and the values whose rows are merged."""

    column: str
    values: Sequence[str] | Sequence[int] | Sequence[UUID]


def loose_bounds(query: MessageQuery) -> tuple[datetime | None, datetime | None]:
    """Give moments between which all lie that were kept between those asked for, by number too."""
    earliest, latest = query.created_from, query.created_until
    return (
        None if earliest is None else earliest - CLOCK_SLACK,
        None if latest is None else latest + CLOCK_SLACK,
    )


def lead_of(query: MessageQuery, sight: Sight, found: Found) -> Lead | None:
    """Choose the column that leads; None: the sequence alone, or the index of dead letters."""
    if found.sequences is not None:
        return Lead("sequence", sorted(found.sequences))
    if found.parts is not None:
        return Lead("conversation_id", sorted(found.parts))
    if query.dead:
        return None
    by_status = Lead("status", sorted(query.statuses))
    if query.statuses and query.statuses <= _RARE:
        return by_status
    if sight is not None:
        return Lead("account", sorted(sight))
    return by_status if query.statuses else None
