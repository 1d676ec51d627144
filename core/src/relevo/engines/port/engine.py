"""The engine: all of the port in one hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from relevo.engines.port.account_states import AccountStates
from relevo.engines.port.archive import Archive
from relevo.engines.port.cursors import Cursors
from relevo.engines.port.doubts import Doubts
from relevo.engines.port.event_log import EventLog
from relevo.engines.port.inbox import Inbox
from relevo.engines.port.keys import Keys
from relevo.engines.port.media_book import MediaBook
from relevo.engines.port.outbox import Outbox
from relevo.engines.port.processes import Processes
from relevo.engines.records import EnginePulse, Purged, Retention

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC; tests turn it by hand."""


class Engine(
    Outbox,
    Doubts,
    AccountStates,
    Inbox,
    EventLog,
    Cursors,
    Archive,
    MediaBook,
    Keys,
    Processes,
    Protocol,
):
    """The store, outbox, inbox and event log together."""

    async def tidy(self, retention: Retention, *, limit: int = 500) -> Purged:
        """Remove what need not be kept any longer, at most `limit` of each kind.

        Statuses on the shelf for a day become events without a message.
        """
        ...

    async def pulse(self) -> EnginePulse:
        """Tell how the engine is.

        Raises:
            EngineUnavailable: It cannot be read or written.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
