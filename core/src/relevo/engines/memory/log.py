"""The event log in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter

from relevo.engines.json_text import json_text, parse_json
from relevo.engines.memory.journal import Journal
from relevo.engines.outcomes import account_of, make_event, make_gap
from relevo.engines.records import EventQuery, MessageRecord
from relevo.engines.sight import event_sight, sees
from relevo.events import Event
from relevo.middleware import EventDraft


class MemoryLog:
    """Events by position; those up to `floor` are gone."""

    def __init__(self, journal: Journal, epoch: str) -> None:
        self._journal = journal
        self.epoch = epoch
        self.floor = 0
        self._events: list[Event] = []
        self._events_of: dict[str, list[Event]] = defaultdict(list)

    @property
    def head(self) -> int:
        """The newest position."""
        return self.floor + len(self._events)

    def tell(
        self, draft: EventDraft, account: str, about: MessageRecord | None, now: datetime
    ) -> None:
        """Append an event to the log."""
        event = make_event(
            self.epoch,
            self.head + 1,
            draft.type,
            account=account,
            subject=str(about.message_id) if about else None,
            time=now,
            # Through JSON: a copy of its own, and the same as every store would keep.
            data=parse_json(json_text(draft.data)),
        )
        self._events.append(event)
        self._journal.note(self._events.pop)
        if event.subject is not None:
            told = self._events_of[event.subject]
            told.append(event)
            self._journal.note(told.pop)

    def read(
        self,
        after: int,
        limit: int,
        query: EventQuery,
        now: datetime,
        parts: Collection[str] | None = None,
    ) -> list[Event]:
        """Give events above a position, in order, and first the gap if some are gone.

        `parts` are the ids of the conversations that are asked for; None: of any.
        """
        after = max(after, 0)
        found = self._found(max(after, self.floor), query, parts)
        if after < self.floor:
            found = _after(make_gap(self.epoch, after, self.floor, time=now), found)
        return [self._of_this_epoch(event) for event in islice(found, max(limit, 0))]

    def _of_this_epoch(self, event: Event) -> Event:
        """Give an event the epoch of today: it may have begun since."""
        id_now = f"{self.epoch}.{event.position}"
        return event if event.id == id_now else event.model_copy(update={"id": id_now})

    def renew(self, epoch: str) -> None:
        """Begin a new life: positions stay, the ids of all events carry it."""
        self.epoch = epoch
        self._events = [
            event.model_copy(update={"id": f"{epoch}.{event.position}"}) for event in self._events
        ]
        self._events_of.clear()
        for event in self._events:
            if event.subject is not None:
                self._events_of[event.subject].append(event)

    def purge(self, until: datetime, limit: int) -> int:
        """Forget the oldest events, up to those told at a moment; give how many."""
        oldest = self._events[:limit]
        young = (index for index, event in enumerate(oldest) if event.time > until)
        gone = oldest[: next(young, len(oldest))]
        del self._events[: len(gone)]
        self.floor += len(gone)
        for event in gone:
            if event.subject is not None:
                told = self._events_of[event.subject]
                del told[0]
                if not told:
                    del self._events_of[event.subject]
        return len(gone)

    def _found(
        self, after: int, query: EventQuery, parts: Collection[str] | None
    ) -> Iterator[Event]:
        told: Iterable[Event]
        if query.message_ids:
            asked = sorted(map(str, query.message_ids))
            told = merge(
                *(self._events_of.get(one, ()) for one in asked), key=attrgetter("position")
            )
        else:
            told = islice(self._events, min(after - self.floor, len(self._events)), None)
        return (event for event in told if event.position > after and _matches(event, query, parts))


def _after(first: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield first
    yield from rest


def _matches(event: Event, query: EventQuery, parts: Collection[str] | None) -> bool:
    return (
        (not query.types or event.type in query.types)
        and sees(event_sight(query), account_of(event))
        and (parts is None or event.data.get("conversation_id") in parts)
    )
