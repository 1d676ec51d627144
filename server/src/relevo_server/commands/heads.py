"""Let go of connections on which no whole request comes: each would keep its place for ever."""

from __future__ import annotations

import asyncio
from typing import Any, cast


class HeadPatience(asyncio.Protocol):
    """Part of uvicorn's protocol: cut a connection whose request does not begin in time.

    uvicorn counts only between two requests. A client that sends its headers drop by
    drop, or none at all, would otherwise hold its connection as long as it likes.
    """

    head_s = 0.0
    _line: asyncio.Transport | None = None
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to count."""
        self._line = cast("asyncio.Transport", transport)
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Stop counting once a request is whole enough to be worked on."""
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Be done with it."""
        self._be_patient()
        self._line = None
        super().connection_lost(exc)

    def _look(self) -> None:
        cycle: Any = getattr(self, "cycle", None)
        if cycle is not None and not cycle.response_complete:
            self._be_patient()
        elif self._limit is None and self._line is not None:
            self._limit = asyncio.get_running_loop().call_later(self.head_s, self._line.abort)

    def _be_patient(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
