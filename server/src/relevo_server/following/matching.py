"""Which recent events a reader gets: decided here exactly as an engine decides it."""

from __future__ import annotations

from collections.abc import Iterable

import relevo
from relevo.engines.sight import event_sight, sees
from relevo_server.following.recent import RecentEvent


class RecentFilter:
    """Apply a query to events that are in memory already.

    Conversations can turn out to be one, and only the log and the store know of it:
    `parts` are the ids of those asked for and of all that are one with them.
    """

    def __init__(self, query: relevo.EventQuery) -> None:
        self._types = query.types
        self._sight = event_sight(query)
        self._subjects = frozenset(map(str, query.message_ids))
        self._by_conversation = bool(query.conversation_ids)
        self.parts = set(query.conversation_ids)

    def learn(self, events: Iterable[RecentEvent]) -> None:
        """Hear which conversations became one in these events."""
        if not self._by_conversation:
            return
        joins = [told.joined for told in events if told.joined is not None]
        known = -1
        while known < len(self.parts):
            known = len(self.parts)
            for join in joins:
                if not self.parts.isdisjoint(join):
                    self.parts.update(join)

    def keeps(self, told: RecentEvent) -> bool:
        """Tell whether an event is for this reader."""
        return (
            (not self._types or told.event.type in self._types)
            and sees(self._sight, told.account)
            and (not self._subjects or told.event.subject in self._subjects)
            and (not self._by_conversation or told.conversation_id in self.parts)
        )
