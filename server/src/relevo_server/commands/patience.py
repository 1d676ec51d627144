"""Let go of connections whose other side takes nothing: what waits for them costs memory."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from relevo_server.commands.heads import HeadPatience
from relevo_server.commands.unreadable import UnreadableRequests

_STOP_S: Final = 1.0
"""A server that stops waits so long for whoever takes nothing."""


class Patience(asyncio.Protocol):
    """Part of a protocol: cut a connection whose buffer stays full for too long.

    A stream that gives up ends its answer, but asyncio closes a connection only
    after its bytes were taken, which may be never.
    """

    patience_s = 0.0
    _connection: asyncio.Transport | None = None
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Know what to cut."""
        self._connection = cast("asyncio.Transport", transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Be done with it."""
        self._stop()
        self._connection = None
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to count: the buffer is full."""
        self._stop()
        if self._connection is not None:
            loop = asyncio.get_running_loop()
            self._end = loop.call_later(self.patience_s, self._connection.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Stop counting: the other side takes what comes."""
        self._stop()
        super().resume_writing()

    def shutdown(self) -> None:
        """End the connection as uvicorn does; whoever takes nothing shall not hold up the stop."""
        if self._end is not None and self._connection is not None:
            self._stop()
            loop = asyncio.get_running_loop()
            self._end = loop.call_later(_STOP_S, self._connection.abort)
        cast("Any", super()).shutdown()

    def _stop(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None


def patient(
    protocol: type[asyncio.Protocol], patience_s: float, *, head_s: float, head_bytes: int
) -> type[asyncio.Protocol]:
    """Give a protocol that lets go of whoever takes nothing, or asks nothing, for so long.

    What it cannot read as a request, it answers with a problem.
    """
    limits = {"patience_s": patience_s, "head_s": head_s, "most_head_bytes": head_bytes}
    parts = (Patience, HeadPatience, UnreadableRequests, protocol)
    made = type("Patient" + protocol.__name__, parts, limits)
    return cast("type[asyncio.Protocol]", made)
