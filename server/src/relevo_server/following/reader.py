"""One reader's way through the log, without skipping anything unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import relevo
from relevo_server.following.frames import StreamFormat
from relevo_server.following.matching import RecentFilter
from relevo_server.following.recent import RecentEvent, event_frame
from relevo_server.following.shared_tail import SharedTail
from relevo_server.following.starts import Start, begin_anew
from relevo_server.requests.cursors import EventId

CHUNK_BYTES: Final = 64 * 1024
"""A reader that takes nothing holds so much in memory, or one event, and what the socket takes."""
PAGE: Final = 200


class LogReader:
    """Hold a reader's place: everything up to `position` was given or filtered out.

    Args:
        tail: Gives the newest events, and knows the store.
        start: Where reading begins.
        query: Which events.
        form: What they look like.
    """

    def __init__(
        self,
        tail: SharedTail,
        start: Start,
        query: relevo.EventQuery,
        form: StreamFormat = StreamFormat.CLOUDEVENTS,
    ) -> None:
        self.position = start.position
        self._gap = start.gap
        self._tail = tail
        self._life = tail.life
        self._query = query
        self._filter = RecentFilter(query)
        self._knows_parts = not query.conversation_ids
        self._form = form
        self._page = PAGE

    @property
    def place(self) -> EventId:
        """The id to read on from."""
        return EventId(self._tail.engine.epoch, self.position)

    async def wait(self, timeout_s: float) -> None:
        """Return once there is something to take, or the time is over."""
        if self._gap is None:
            await self._tail.wait(self.position, self._life, timeout_s)

    async def take(self) -> bytes:
        """Read on: give messages of the stream, no more at once than a chunk and an event.

        Nothing may be given though there is more: what was filtered out moves the place on.

        Raises:
            EngineError: The store is away; ask again.
        """
        if self._life != self._tail.life:
            self._begin_anew()
        if self._gap is not None:
            gap, self._gap = self._gap, None
            return event_frame(gap, self._form)
        recent = self._tail.recent
        if not self._tail.started or self.position > recent.last:
            return b""
        if not recent.covers(self.position):
            return await self._take_kept(head=recent.last)
        if not self._knows_parts:
            await self._learn_parts()
            return b""
        return self._take_recent(recent.above(self.position))

    def _begin_anew(self) -> None:
        """Do what would be done if the reader came back with the place it has."""
        known = EventId(self._tail.former_epoch, self.position)
        start = begin_anew(self._tail.engine.epoch, str(known))
        self.position, self._gap, self._life = start.position, start.gap, self._tail.life

    def _take_recent(self, events: Sequence[RecentEvent]) -> bytes:
        self._filter.learn(events)
        taken: list[bytes] = []
        size = 0
        for told in events:
            self.position = told.event.position
            if self._filter.keeps(told):
                frame = told.frame(self._form)
                taken.append(frame)
                size += len(frame)
                if size >= CHUNK_BYTES:
                    break
        return b"".join(taken)

    async def _take_kept(self, *, head: int) -> bytes:
        """Read the store; what comes above `head` meanwhile is not skipped."""
        asked = self._page
        async with self._tail.turns:
            page = await self._tail.engine.events(self.position, limit=asked, query=self._query)
        taken: list[bytes] = []
        size = 0
        for event in page:
            taken.append(event_frame(event, self._form))
            self.position = event.position
            size += len(taken[-1])
            if size >= CHUNK_BYTES:
                break
        # Of large events few fit: the rest of a page is read again, so ask for no more.
        self._page = min(PAGE, max(2 * len(taken), 1) if len(taken) < len(page) else 2 * asked)
        if len(taken) == len(page) < asked:
            self.position = max(head, self.position)
        # Conversations may have become one in what was filtered out.
        self._knows_parts = not self._query.conversation_ids
        return b"".join(taken)

    async def _learn_parts(self) -> None:
        for asked in self._query.conversation_ids:
            self._filter.parts |= await self._tail.engine.conversation_parts(asked)
        self._knows_parts = True
