"""Follow the event log from a position on."""

from __future__ import annotations

from collections import deque
from typing import Self

from relevo.engines.port import EventLog
from relevo.engines.records import EventQuery
from relevo.events import Event

PAGE = 500
POLL_S = 1.0


class EventStream:
    """Iterate over events without end, oldest first, each once.

    A plain iterator, so a loop may be left at any time: nothing is held open.
    """

    def __init__(
        self, log: EventLog, after: int | None = None, *, query: EventQuery | None = None
    ) -> None:
        self._log = log
        self._query = query
        self._pages: deque[Event] = deque()
        self._considered = after

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._pages:
            await self._read()
        return self._pages.popleft()

    async def _read(self) -> None:
        if self._considered is None:
            self._considered = await self._log.head()
        # The head is read before the page: what is appended in between is not skipped.
        head = await self._log.wait_for_events(self._considered, POLL_S)
        if head <= self._considered:
            return
        page = await self._log.events(self._considered, limit=PAGE, query=self._query)
        self._pages.extend(page)
        last = page[-1].position if page else self._considered
        self._considered = last if len(page) == PAGE else max(head, last)
