"""Requests that last, and how they end when the server stops."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio

_LOOK_EVERY_S = 0.2


class LastingRequests:
    """Know the requests that would keep the server from stopping: streams, and waits.

    A server first closes its connections and only then tells the application
    that it stops, so a stream that waits for that signal waits forever. Whoever
    runs the server therefore calls `stop` first.
    """

    def __init__(self) -> None:
        self._scopes: set[anyio.CancelScope] = set()
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether the server is on its way down."""
        return self._stopping

    @contextmanager
    def until_stopped(self) -> Iterator[None]:
        """Run the block until it ends or the server stops; what it awaited is cancelled then."""
        with anyio.CancelScope() as scope:
            if self._stopping:
                scope.cancel()
            self._scopes.add(scope)
            try:
                yield
            finally:
                self._scopes.discard(scope)

    def stop(self) -> None:
        """End what lasts, now and from now on. Call it in the event loop's thread."""
        self._stopping = True
        for scope in tuple(self._scopes):
            scope.cancel()


async def stop_with_uvicorn(lasting: LastingRequests) -> None:
    """End what lasts once uvicorn was told to stop, where it runs the application by itself.

    uvicorn tells nobody. Its signal handler is a method of its server, which
    knows; looking there changes nothing, and finds nothing under other servers.
    """
    server: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not hasattr(server, "should_exit"):
        return
    while not server.should_exit:  # noqa: ASYNC110 - it has no event to wait for
        await anyio.sleep(_LOOK_EVERY_S)
    lasting.stop()
