"""Serve an ASGI application on loopback inside this event loop, able to cut connections.

uvicorn's protocol without uvicorn's `Server`: that one installs signal handlers
and its log lines do not say that this is a sandbox.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import anyio
import anyio.lowlevel
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from relevo import ConfigurationError

LOOPBACK = "127.0.0.1"
_CUT = "relevo.sandbox.cut"
_BIND_FAULTS: Mapping[int | None, str] = MappingProxyType(
    {errno.EADDRINUSE: "it is taken", errno.EACCES: "it needs more rights"}
)
_FAREWELL_S = 1.0
"""Seconds for answers under way when the sandbox closes."""


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 whose requests carry the means to close their connection without an answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The access log would write paths and addresses, and not say "sandbox".
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the connection's end into the state that each of its requests gets."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _CUT: transport.abort}


def cut_connection(scope: Mapping[str, Any]) -> None:
    """Close the connection of a request at once; whatever is answered after goes nowhere."""
    cut: Callable[[], None] = scope["state"][_CUT]
    cut()


@asynccontextmanager
async def serve(app: Any, port: int) -> AsyncIterator[int]:
    """Serve until the block ends, and give the port; 0 takes a free one.

    Raises:
        ConfigurationError: The port is taken, or this loop is not asyncio's.
    """
    loop = require_asyncio()
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=60,
    )
    config.load()
    state = ServerState()
    state.default_headers = [(b"server", b"relevo-sandbox")]
    try:
        server = await loop.create_server(
            lambda: CuttableProtocol(config=config, server_state=state, app_state={}),
            LOOPBACK,
            port,
            backlog=1024,
        )
    except OSError as error:
        if error.errno not in _BIND_FAULTS:
            raise
        why = _BIND_FAULTS[error.errno]
        msg = f"The sandbox cannot listen on port {port}: {why}. Give another, or 0."
        raise ConfigurationError(msg) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        with anyio.CancelScope(shield=True):
            await _close(server, state)


async def _close(server: asyncio.Server, state: ServerState) -> None:
    server.close()
    for connection in list(state.connections):
        connection.shutdown()
    if state.tasks:
        _, late = await asyncio.wait(state.tasks, timeout=_FAREWELL_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    for connection in list(state.connections):
        connection.transport.abort()
    # One turn of the loop closes the sockets of the connections just ended.
    await anyio.lowlevel.checkpoint()
    await server.wait_closed()


def require_asyncio() -> asyncio.AbstractEventLoop:
    """Give the running loop, or say that the sandbox needs another kind.

    Raises:
        ConfigurationError: This loop is not asyncio's.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        msg = "The sandbox runs on asyncio only; start it from there, or in a thread of its own."
        raise ConfigurationError(msg) from None
