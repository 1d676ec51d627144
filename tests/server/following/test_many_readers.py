"""Many readers on one server over real sockets: brisk ones, slow ones, and a server that stops."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from litestar import Litestar

import relevo
from relevo_server import stop_streams
from relevo_server.commands.listening import open_socket, serving

pytestmark = pytest.mark.anyio

EVENTS = "/api/v1/messaging/events"


class Reader(asyncio.Protocol):
    """A reader as a socket sees it: it keeps all it is sent."""

    def __init__(self) -> None:
        self.sent = b""
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(asking())

    def data_received(self, data: bytes) -> None:
        self.sent += data

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.ended.set()

    @property
    def positions(self) -> list[int]:
        """The events it was told."""
        lines = self.sent.split(b"\n")
        return [
            json.loads(line.removeprefix(b"data: "))["position"]
            for line in lines
            if line.startswith(b"data: ")
        ]

    @property
    def retries(self) -> list[int]:
        """When it was told to come back."""
        lines = self.sent.split(b"\n")
        return [int(line[7:]) for line in lines if line.startswith(b"retry: ")]


def asking(last: str = "") -> bytes:
    header = f"Last-Event-ID: {last}\r\n" if last else ""
    return f"GET {EVENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\n".encode()


def stuck_reader(port: int) -> socket.socket:
    """Ask for the stream and take nothing of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(asking())
    return connection


def is_held(port: int, peer: int) -> bool:
    """Tell whether the server's side of a connection is open, as Linux lists it."""
    ends = [f"0100007F:{one:04X}" for one in (port, peer)]
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text("utf-8").splitlines()]
    return [*ends, "01"] in [row[1:4] for row in rows]


class Stage:
    """A server, and its readers."""

    def __init__(self, app: Litestar, port: int) -> None:
        self.context = app.state["relevo_server"]
        self.port = port

    async def reader(self) -> Reader:
        loop = asyncio.get_running_loop()
        _, reader = await loop.create_connection(Reader, "127.0.0.1", self.port)
        with anyio.fail_after(30):
            while b"retry: " not in reader.sent:
                await anyio.sleep(0.005)
        return reader

    async def tell(self, number: int, text: str = "hola") -> None:
        message = relevo.Message(account="nobody", to=f"1555{number:07}", text=text)
        await self.context.engine.accept(message, provider="none", lane_key=f"tel:{number}")

    async def readers_are(self, count: int) -> None:
        with anyio.fail_after(30):
            while self.context.tail.readers != count:
                await anyio.sleep(0.01)


@asynccontextmanager
async def on_stage(app: Litestar) -> AsyncIterator[Stage]:
    context = app.state["relevo_server"]
    with open_socket("127.0.0.1", 0) as listener:
        # Else the system itself holds megabytes for a reader, and it takes as many to fill it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
        async with (
            app.lifespan(),
            serving(app, listener, before_stop=lambda: stop_streams(app), limits=context.settings),
        ):
            yield Stage(app, listener.getsockname()[1])


async def test_a_hundred_readers_get_everything_beside_one_that_takes_nothing(
    make_app: Any,
) -> None:
    """The slow one is cut off, though it never reads again, and nobody else notices."""
    async with on_stage(make_app(server={"slow_reader_s": 3})) as stage:
        with stuck_reader(stage.port) as stuck:
            readers = [await stage.reader() for _ in range(100)]
            await stage.readers_are(101)
            for number in range(20):
                await stage.tell(number)
            for number in range(20, 60):
                await stage.tell(number, "x" * 50_000)
            await stage.readers_are(100)
            # The server lets go of the connection, too, though nobody takes its last bytes.
            with anyio.fail_after(30):
                while is_held(stage.port, stuck.getsockname()[1]):
                    await anyio.sleep(0.05)
        with anyio.fail_after(30):
            while any(reader.sent.count(b"\ndata: ") < 60 for reader in readers):
                await anyio.sleep(0.02)
        assert all(reader.positions == list(range(1, 61)) for reader in readers[::10])
        assert not any(reader.ended.is_set() for reader in readers)
        assert stage.context.tail.readers == 100


async def test_stopping_ends_every_stream_at_once_and_spreads_those_who_come_back(
    make_app: Any,
) -> None:
    """A stuck reader holds nothing up."""
    async with AsyncExitStack() as server:
        stage = await server.enter_async_context(on_stage(make_app()))
        readers = [await stage.reader() for _ in range(50)]
        stuck = server.enter_context(stuck_reader(stage.port))
        await stage.readers_are(51)
        for number in range(40):
            await stage.tell(number, "x" * 50_000)
        with anyio.fail_after(30):
            while any(reader.sent.count(b"\ndata: ") < 40 for reader in readers):
                await anyio.sleep(0.02)
        assert stuck.fileno() >= 0
        began = time.monotonic()
    took_s = time.monotonic() - began
    assert took_s < 6, "the stuck reader would hold the server for ten seconds"
    for reader in readers:
        with anyio.fail_after(30):
            await reader.ended.wait()
        assert reader.sent.endswith(b"\r\n0\r\n\r\n"), "the stream ended as it should"
        opening, last = reader.retries
        assert 1_000 <= opening <= 3_000
        assert 500 <= last <= 1_000 + 51 * 10
    assert len({reader.retries[-1] for reader in readers}) > 25
