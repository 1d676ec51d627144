"""A server in a thread, a relay that cuts before it, and both flavours of the client."""

from __future__ import annotations

import inspect
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from anyio.from_thread import start_blocking_portal
from tests.server.conftest import AcmeSms, MakeSettings

import relevo
from relevo.client import AsyncClient, Client
from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

Serve = Callable[..., AbstractContextManager[str]]
Open = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine takes part."""
    for name in os.environ:
        if name.startswith("RELEVO_"):
            monkeypatch.delenv(name)


@pytest.fixture
def serve(make_settings: MakeSettings) -> Serve:
    """Serve in a thread of its own until the block ends; give the address."""

    @asynccontextmanager
    async def up(app: Any, port: int) -> AsyncIterator[str]:
        with open_socket("127.0.0.1", port) as listener:
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
            ):
                yield url_of(listener)

    @contextmanager
    def run(
        port: int = 0, provider: type[relevo.AnyProvider] = AcmeSms, **tables: Any
    ) -> Iterator[str]:
        app = create_app(make_settings(**tables), providers=[provider])
        with start_blocking_portal("asyncio") as portal:
            server = portal.wrap_async_context_manager(up(app, port))
            url = server.__enter__()
            try:
                yield url
            finally:
                # A test that fails does not end the server with its error.
                server.__exit__(None, None, None)

    return run


@pytest.fixture(params=[Client, AsyncClient])
def open_client(request: pytest.FixtureRequest) -> Open:
    """Open a client of each flavour; `done` and `take` treat both alike."""

    @asynccontextmanager
    async def opened(url: str, **options: Any) -> AsyncIterator[Any]:
        client = request.param(url, **options)
        if isinstance(client, Client):
            with client:
                yield client
        else:
            async with client:
                yield client

    return opened


async def done(made: Any) -> Any:
    """Give what a method of either flavour came to; of a list, all rows."""
    if inspect.isawaitable(made):
        made = await made
    if isinstance(made, AsyncIterator):
        return [row async for row in made]
    return list(made) if isinstance(made, Iterator) else made


async def take(events: Any, count: int) -> list[relevo.Event]:
    """Give the next events of a stream of either flavour."""
    if isinstance(events, AsyncIterator):
        return [await anext(events) for _ in range(count)]
    return [next(events) for _ in range(count)]


class Relay:
    """Pass bytes on to a server, and cut each connection after so many bytes of its answers.

    Args:
        url: The server's.
        limits: Bytes per connection, one after the other; then nothing is cut any more.
    """

    def __init__(self, url: str, *limits: int) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port)
        self._limits = list(limits)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        # Closing alone would leave the other thread waiting.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.connections += 1
                limit = self._limits.pop(0) if self._limits else None
                far = socket.create_connection(self._server)
                threading.Thread(target=_pass, args=(near, far, None), daemon=True).start()
                threading.Thread(target=_pass, args=(far, near, limit), daemon=True).start()


def _pass(here: socket.socket, there: socket.socket, limit: int | None) -> None:
    with suppress(OSError):
        while (limit is None or limit >= 0) and (part := here.recv(65_536)):
            if limit is not None:
                part, limit = part[:limit], limit - len(part)
            there.sendall(part)
    for one in (here, there):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
