"""Where a reader begins, and what it has to be told first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import relevo
from relevo_server.requests.cursors import EventId, parse_event_id

SOURCE = "/relevo/server"


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins, and what the reader has to be told first."""

    position: int
    gap: relevo.Event | None = None


async def find_start(
    engine: relevo.Engine, asked: str | None, *, default: int, may_renew: bool = True
) -> Start:
    """Work out where a reader goes on.

    Args:
        engine: Whose log is read.
        asked: The id the reader shows.
        default: Where a reader without one begins.
        may_renew: Whether a place beyond the log begins a new epoch for all readers. One that is
            limited to some accounts is told of a gap for itself: it may have made the place up.

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
        epoch = await engine.renew_epoch(shown=shown.position) if may_renew else engine.epoch
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
