"""Listen on a port, serve an application there until a block ends, and know when to stop."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import MappingProxyType
from typing import Any

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

import relevo
from relevo_server.commands.patience import patient
from relevo_server.commands.unreadable import leave_strangers_out
from relevo_server.settings import ServerSettings

_BACKLOG = 2048
_LAST_PORT = 65_535
_MOMENT_S = 2
_FAREWELL_S = 10
"""Seconds for answers under way when the server stops."""
_BIND_FAULTS = MappingProxyType(
    {
        errno.EADDRINUSE: "the port is taken; give another with --port, or stop what has it",
        errno.EACCES: "that port needs more rights; give one above 1023 with --port",
        errno.EADDRNOTAVAIL: "that is no address of this machine; give one with --host",
    }
)


def open_socket(host: str, port: int) -> socket.socket:
    """Bind and listen, so that the port is ours from now on; 0 takes a free one.

    Raises:
        ConfigurationError: Says what is wrong with the address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        msg = (
            f"Cannot listen on {host!r} (server.host): that names no address. Give one with --host."
        )
        raise relevo.ConfigurationError(msg) from None
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # At once: two sockets that only bind can share a port on Linux.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        why = _BIND_FAULTS.get(error.errno or 0, f"{error.strerror}; try another")
        msg = f"Cannot listen on {host} port {port}: {why}."
        raise relevo.ConfigurationError(msg) from error
    listener.setblocking(False)  # noqa: FBT003 - its only parameter
    return listener


def open_next_free_socket(host: str, port: int, tries: int) -> socket.socket:
    """Listen on a port, or on the next free one after it.

    Raises:
        ConfigurationError: None of them is free.
    """
    for candidate in range(port, min(port + tries, _LAST_PORT + 1)):
        try:
            return open_socket(host, candidate)
        except relevo.ConfigurationError as error:
            if getattr(error.__cause__, "errno", None) != errno.EADDRINUSE:
                raise
    msg = f"Cannot listen on {host}: no port is free from {port} on. Give another with --port."
    raise relevo.ConfigurationError(msg)


def url_of(listener: socket.socket) -> str:
    """Give the address a browser would use."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def serving(
    app: Any,
    listener: socket.socket,
    *,
    before_stop: Callable[[], None],
    limits: ServerSettings | None = None,
) -> AsyncIterator[None]:
    """Serve an ASGI application until the block ends, then let answers under way finish.

    Args:
        app: Its lifespan is the caller's: errors at start are then ordinary exceptions.
        listener: Closed at the end.
        before_stop: Ends what would keep connections open.
        limits: How long clients may take, how much they may send, and which proxies are
            believed.
    """
    limits = limits or ServerSettings()
    leave_strangers_out()
    config = uvicorn.Config(
        app,
        # A stream has a moment more than others, to end as it should.
        http=patient(
            H11Protocol,
            limits.slow_reader_s + _MOMENT_S,
            head_s=limits.head_timeout_s,
            head_bytes=limits.max_header_bytes,
        ),
        h11_max_incomplete_event_size=limits.max_header_bytes,
        lifespan="off",
        ws="none",
        log_config=None,
        # A webhook's address can carry a verify token.
        access_log=False,
        server_header=False,
        proxy_headers=bool(limits.trusted_proxies),
        forwarded_allow_ips=list(limits.trusted_proxies),
        timeout_graceful_shutdown=_FAREWELL_S,
    )
    server = _Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run_shielded, listener)
        try:
            await server.up.wait()
            yield
        finally:
            before_stop()
            server.should_exit = True


async def wait_for_stop(tell: Callable[[], None] | None = None) -> None:
    """Return on Ctrl-C or SIGTERM; a second one then ends the process at once.

    Args:
        tell: Called once signals are heard: whoever reads of a start may stop it right away.
    """
    tell = tell or _say_nothing
    if sys.platform == "win32":
        tell()
        await anyio.sleep_forever()
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        tell()
        async for _ in signals:
            return


def _say_nothing() -> None:
    """Who waits tells nobody."""


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is up and leaves signals to the command."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = anyio.Event()

    async def run_shielded(self, listener: socket.socket) -> None:
        """Serve until `should_exit`, even if the block's surroundings are cancelled."""
        with anyio.CancelScope(shield=True):
            await self.serve(sockets=[listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
