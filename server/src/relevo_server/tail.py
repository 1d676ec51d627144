"""Read the event log from a reader's place on, without skipping anything unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import relevo
from relevo_server.cursors import EventId, parse_event_id

ValueT = TypeVar("ValueT")

SOURCE = "/relevo/server"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a reader wants. An empty set means no filter; within a set, any will do."""

    types: frozenset[relevo.EventType] = frozenset()
    accounts: frozenset[str] = frozenset()
    message_ids: frozenset[UUID] = frozenset()
    conversation_ids: frozenset[str] = frozenset()

    @property
    def query(self) -> relevo.EventQuery:
        """What the engine filters by itself: it takes one message and one conversation."""
        return relevo.EventQuery(
            types=self.types,
            accounts=self.accounts,
            message_id=_only(self.message_ids),
            conversation_id=_only(self.conversation_ids),
        )

    def keeps(self, event: relevo.Event) -> bool:
        """Apply what the engine was not asked for. A gap concerns everybody."""
        if event.type is relevo.EventType.GAP:
            return True
        wanted = {str(message_id) for message_id in self.message_ids}
        # Of one conversation the engine knows all parts that were joined to it.
        several = self.conversation_ids if len(self.conversation_ids) > 1 else frozenset()
        return (not wanted or event.subject in wanted) and (
            not several or event.data.get("conversation_id") in several
        )


class LogReader:
    """Hold a reader's place: everything up to `position` was read or filtered out."""

    def __init__(self, engine: relevo.Engine, position: int, wanted: EventFilter) -> None:
        self.position = position
        self._engine = engine
        self._wanted = wanted
        self._query = wanted.query

    @property
    def place(self) -> EventId:
        """The id to read on from."""
        return EventId(self._engine.epoch, self.position)

    async def wait(self, timeout_s: float) -> int:
        """Return the head once there is something to read, or as it is after the time."""
        return await self._engine.wait_for_events(self.position, timeout_s)

    async def read(self, head: int, limit: int) -> list[relevo.Event]:
        """Read on by up to `limit` events.

        Args:
            head: The log's head, asked for before: what comes meanwhile is not skipped.
            limit: Fewer, or none, may be given though there are more.
        """
        page = await self._engine.events(self.position, limit=limit, query=self._query)
        last = page[-1].position if page else self.position
        self.position = last if len(page) == limit else max(head, last)
        return [event for event in page if self._wanted.keeps(event)]


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins, and what the reader has to be told first."""

    position: int
    gap: relevo.Event | None = None


async def find_start(engine: relevo.Engine, asked: str | None, *, default: int) -> Start:
    """Work out where a reader goes on.

    Args:
        engine: Whose log is read.
        asked: The id the reader shows.
        default: Where a reader without one begins.

    Raises:
        Problem: `asked` is no event id.
    """
    if asked is None:
        return Start(default)
    shown = parse_event_id(asked)
    if shown is None:
        return Start(0)
    if shown.epoch != engine.epoch:
        return Start(0, _gap(engine.epoch, asked, "the log was begun anew since"))
    head = await engine.head()
    if shown.position > head:
        # The store was put back to an earlier day: what it writes now is another log.
        epoch = await engine.renew_epoch(shown=shown.position)
        return Start(0, _gap(epoch, asked, "the log no longer reaches so far"))
    return Start(shown.position)


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


def _only(values: frozenset[ValueT]) -> ValueT | None:
    return next(iter(values)) if len(values) == 1 else None
