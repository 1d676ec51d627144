"""Where a reader begins, and what it has to be told first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import relevo
from relevo_server.requests.cursors import EventId, parse_event_id

logger = logging.getLogger("relevo.server")

SOURCE = "/relevo/server"
_RENEWED_EVERY_S: Final = 600.0
_TOLD_EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins, and what the reader has to be told first."""

    position: int
    gap: relevo.Event | None = None


class Renewals:
    """Let a place beyond the log begin a new epoch for all readers, but not again and again.

    After one, whoever comes with an older place is known by its epoch. A place beyond the log
    of the new one was hardly ever given: each would let all readers read everything again.
    Whoever runs the server hears of such places, at most once a minute.

    Args:
        elapsed: Counts seconds.
    """

    def __init__(self, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._last = float("-inf")
        self._told_at = float("-inf")

    def take(self) -> bool:
        """Tell whether one may begin now, and count it."""
        now = self._elapsed()
        if now - self._last < _RENEWED_EVERY_S:
            return False
        self._last = now
        return True

    def tell(self, shown: EventId, head: int, *, renewed: bool) -> None:
        """Say in the log that a reader showed such a place, and what that may mean."""
        now = self._elapsed()
        if now - self._told_at < _TOLD_EVERY_S:
            return
        self._told_at = now
        logger.warning(
            "A reader of the events showed the place %d of a log that ends at %d: it made the "
            "place up, or the store was put back to an older backup. %s",
            shown.position,
            head,
            _BEGAN if renewed else _BEGAN_NOT,
        )


_BEGAN: Final = "The log begins a new epoch, so every reader is told of a gap and reads it again."
_BEGAN_NOT: Final = (
    "Only this reader is told of a gap. After a backup was put back, stop Relevo and run: "
    "relevo db new-epoch"
)


async def find_start(
    engine: relevo.Engine,
    asked: str | None,
    *,
    default: int,
    renewals: Renewals,
    may_renew: bool,
) -> Start:
    """Work out where a reader goes on.

    Args:
        engine: Whose log is read.
        asked: The id the reader shows.
        default: Where a reader without one begins.
        renewals: Counts and tells of places beyond the log.
        may_renew: Whether one of this reader begins a new epoch for all readers. Else it may have
            been made up, and the reader is told of a gap for itself.

    Raises:
        Problem: `asked` is no event id.
    """
    if asked is None:
        return Start(default)
    shown = parse_event_id(asked)
    if shown is None:
        return Start(0)
    if shown.epoch != engine.epoch:
        return begin_anew(engine.epoch, asked)
    head = await engine.head()
    if shown.position > head:
        # The store was put back to an earlier day: what it writes now is another log.
        renewed = may_renew and renewals.take()
        epoch = await engine.renew_epoch(shown=shown.position) if renewed else engine.epoch
        renewals.tell(shown, head, renewed=renewed)
        return Start(0, _gap(epoch, asked, "the log no longer reaches so far"))
    return Start(shown.position)


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Some events in order, and where to read on."""

    events: list[relevo.Event]
    place: EventId


async def read_page(
    engine: relevo.Engine, start: Start, query: relevo.EventQuery, limit: int
) -> EventsPage:
    """Read a page of the log. Its place moves past what was filtered out, too."""
    # Asked for before: what comes meanwhile is not skipped.
    head = await engine.head()
    events = await engine.events(start.position, limit=limit, query=query)
    last = events[-1].position if events else start.position
    place = EventId(engine.epoch, last if len(events) == limit else max(head, last))
    return EventsPage([start.gap, *events] if start.gap else events, place)


def begin_anew(epoch: str, asked: str) -> Start:
    """Begin at the start of a log that is not the one the reader knows."""
    return Start(0, _gap(epoch, asked, "the log was begun anew since"))


def _gap(epoch: str, asked: str, reason: str) -> relevo.Event:
    """Tell that what the reader knows and what follows do not join: all there is follows."""
    return relevo.Event(
        id=str(EventId(epoch, 0)),
        source=SOURCE,
        type=relevo.EventType.GAP,
        time=datetime.now(UTC),
        position=0,
        data={"asked": asked, "continues_after": 0, "reason": reason},
    )
