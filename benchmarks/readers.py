#!/usr/bin/env python3
"""Measure the live stream: many readers on one process, one of which takes nothing.

    uv run benchmarks/readers.py
    uv run benchmarks/readers.py --engine sqlite --readers 1000

The server has a process of its own; readers come over real sockets. First events at a pace, to
see how late they come; then as many as there are at once, to see how many can be delivered; the
latter with one reader, too. Then the slow one goes on from where it was cut off.
Timings of different runs or machines do not compare; ratios within one run do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import relevo

EVENTS = "/api/v1/messaging/events"
SLOW_S = 4.0
PATIENCE_S = 120.0
_MARK = b"\ndata: "
_TIME = b'"time":"'
_PLACE = b"id: "


def main() -> int:
    """Measure and print, or be the server."""
    arguments = read_arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if arguments.serve:
        asyncio.run(serve(arguments.engine))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(arguments, Path(folder)))


async def measure(arguments: argparse.Namespace, folder: Path) -> int:
    """Run the phases; 1 if a reader missed anything."""
    engine = f"sqlite:///{folder}/relevo.db" if arguments.engine == "sqlite" else arguments.engine
    async with Server.start(engine) as server:
        alone = await burst(server, [await server.reader()], arguments.events)
        before = await server.ask("memory")
        readers = await asyncio.gather(*(server.reader() for _ in range(arguments.readers)))
        connected = await server.ask("memory")
        kilobytes = (connected - before) / arguments.readers / 1024
        slow = await SlowReader.connect(server.port)
        await pace(server, readers, arguments.seconds, arguments.rate)
        together = await burst(server, readers, arguments.events)
        # What the slow one's side of the connection cannot hold.
        await server.ask("large", 60)
        fate = await slow.fate(server)
        highest = await server.ask("memory")
        lost = sum(reader.events != readers[0].events for reader in readers)
        print(f"one reader            {alone:>9,.0f} events/s")
        print(
            f"{len(readers):,} readers         {together:>9,.0f} delivered events/s, "
            f"{together / alone:.2f} of one reader's   lost by {lost}"
        )
        print(f"memory                {kilobytes:>9,.1f} KiB a reader (server, at rest)")
        print(f"                      {(highest - connected) / 2**20:>9,.1f} MiB more after it all")
        print(f"the slow one          {fate}")
    return 1 if lost or "missed none" not in fate else 0


async def pace(server: Server, readers: list[Reader], seconds: float, rate: float) -> None:
    """Let events come one by one, and print how late they came."""
    for reader in readers:
        reader.lags = []
    events = round(seconds * rate)
    expected = readers[0].events + events
    await server.ask("pace", events, rate)
    await arrived(readers, expected)
    lags = sorted(lag for reader in readers for lag in reader.lags or ())
    for reader in readers:
        reader.lags = None
    p50, p99 = (statistics.quantiles(lags, n=100)[at] * 1000 for at in (49, 98))
    print(
        f"{rate:,.0f} events/s to {len(readers):,} readers: "
        f"p50 {p50:,.1f} ms   p99 {p99:,.1f} ms   last {lags[-1] * 1000:,.1f} ms after the commit"
    )


async def burst(server: Server, readers: list[Reader], events: int) -> float:
    """Let many events come at once; give how many a second were delivered to all together."""
    expected = readers[0].events + events
    began = time.perf_counter()
    await server.ask("burst", events)
    await arrived(readers, expected)
    return events * len(readers) / (time.perf_counter() - began)


async def arrived(readers: list[Reader], expected: int) -> None:
    """Wait until every reader has so many events, or for too long."""
    give_up_at = time.perf_counter() + PATIENCE_S
    while any(reader.events < expected for reader in readers):
        if time.perf_counter() > give_up_at:
            return
        await asyncio.sleep(0.005)


class Reader(asyncio.Protocol):
    """Count events, and how late they came if somebody asks."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.events = 0
        self.lags: list[float] | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - of a socket
        transport.write(request())

    def data_received(self, data: bytes) -> None:
        """Count."""
        if not self.open.is_set() and b"retry:" in data:
            self.open.set()
        found = self._rest + data
        self.events += found.count(_MARK)
        self._rest = found[-len(_MARK) + 1 :]
        if self.lags is not None:
            now = time.time()
            for part in data.split(_TIME)[1:]:
                told = datetime.fromisoformat(part[: part.index(b'"')].decode())
                self.lags.append(now - told.timestamp())


class SlowReader:
    """Take nothing."""

    def __init__(self, taken: socket.socket) -> None:
        self._socket = taken
        self._began = time.perf_counter()

    @classmethod
    async def connect(cls, port: int) -> SlowReader:
        """Ask for the stream, with little room for what comes."""
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        taken.connect(("127.0.0.1", port))
        taken.sendall(request())
        return cls(taken)

    async def fate(self, server: Server) -> str:
        """Tell what became of it, and whether it can go on."""
        readers = await server.ask("readers")
        gave_up_at = time.perf_counter() + SLOW_S + 10
        while (left := await server.ask("readers")) == readers:
            if time.perf_counter() > gave_up_at:
                return "was not let go"
            await asyncio.sleep(0.1)
        del left
        held = await asyncio.to_thread(self._drain)
        whole = held.rpartition(b"\n\n")[0]
        place = whole[whole.rindex(_PLACE) + len(_PLACE) :].split(b"\n")[0].decode()
        seen = whole.count(_MARK)
        head = await server.ask("head")
        rest = await asyncio.to_thread(read_to, server.port, place, head)
        missed = head - int(place.rpartition(".")[2]) - rest
        verdict = "missed none" if not missed else f"missed {missed}"
        return (
            f"was let go; it had {seen:,} events, went on after the last and {verdict} "
            f"of the other {rest:,}"
        )

    def _drain(self) -> bytes:
        """Take what had been sent before it was cut off."""
        held = b""
        self._socket.settimeout(2)
        try:
            while part := self._socket.recv(65_536):
                held += part
        except OSError:
            pass
        self._socket.close()
        return held


def read_to(port: int, place: str, head: int) -> int:
    """Read on from a place to a position; give how many different events came."""
    seen: set[int] = set()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        stream.sendall(request(place))
        rest = b""
        while not seen or max(seen) < head:
            *frames, rest = (rest + stream.recv(65_536)).split(b"\n\n")
            for frame in frames:
                if _MARK in frame:
                    found = frame[frame.index(_PLACE) :].split(b"\n")[0]
                    seen.add(int(found.rpartition(b".")[2]))
    return len(seen)


def request(place: str = "") -> bytes:
    """Ask for the stream."""
    last = f"Last-Event-ID: {place}\r\n" if place else ""
    return f"GET {EVENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\n{last}\r\n".encode()


class Server:
    """The server's process: it does what its standard input says, and answers with a number."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    @classmethod
    @asynccontextmanager
    async def start(cls, engine: str) -> AsyncIterator[Server]:
        """Start it, and end it with the block."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--serve", "--engine", engine,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout  # noqa: S101 - a pipe was asked for
        try:
            yield cls(process, int(await process.stdout.readline()))
        finally:
            process.terminate()
            await process.wait()

    async def ask(self, *words: object) -> int:
        """Tell it to do something; give its answer."""
        assert self._process.stdin  # noqa: S101 - a pipe was asked for
        assert self._process.stdout  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        return int(await self._process.stdout.readline())

    async def reader(self) -> Reader:
        """Connect one more reader."""
        loop = asyncio.get_running_loop()
        _, reader = await loop.create_connection(Reader, "127.0.0.1", self.port)
        await asyncio.wait_for(reader.open.wait(), PATIENCE_S)
        return reader


async def serve(engine: str) -> None:
    """Be the server."""
    from relevo_server import create_app, stop_streams  # noqa: PLC0415 - readers need it not
    from relevo_server.commands.listening import open_socket, serving  # noqa: PLC0415 - as above

    settings = relevo.Settings.model_validate(
        {"engine": engine, "plugins": {"enabled": []}, "server": {"slow_reader_s": SLOW_S}}
    )
    app = create_app(settings)
    with open_socket("127.0.0.1", 0) as listener:
        async with (
            app.lifespan(),
            serving(
                app,
                listener,
                before_stop=lambda: stop_streams(app),
                limits=app.state["relevo_server"].settings,
            ),
        ):
            print(listener.getsockname()[1], flush=True)
            while line := await asyncio.to_thread(sys.stdin.readline):
                word, *values = json.loads(line)
                print(await DEEDS[word](app.state["relevo_server"], *values), flush=True)


async def tell_fast(server: Any, events: int) -> int:
    """Append events as fast as they come."""
    for number in range(events):
        await accept(server, number)
    return events


async def tell_large(server: Any, events: int) -> int:
    """Append large events: no connection's buffers hold them all."""
    for number in range(events):
        await accept(server, number, "x" * 60_000)
    return events


async def tell_slowly(server: Any, events: int, rate: float) -> int:
    """Append events at a pace."""
    for number in range(events):
        await accept(server, number)
        await asyncio.sleep(1 / rate)
    return events


async def head(server: Any) -> int:
    """Tell the newest position."""
    return int(await server.engine.head())


async def count_readers(server: Any) -> int:
    """Tell how many read."""
    return int(server.tail.readers)


async def memory(server: Any) -> int:
    """Tell what the process takes, in bytes."""
    del server
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])  # noqa: ASYNC240 - no disk
    return pages * resource.getpagesize()


async def accept(server: Any, number: int, text: str = "Your order is here.") -> None:
    """Accept a message that nobody hands over: one event."""
    person = f"54911{number:08}"
    message = relevo.Message(account="bench", to=person, text=text)
    await server.engine.accept(message, provider="bench", lane_key=f"tel:{person}")


DEEDS: dict[str, Any] = {
    "burst": tell_fast,
    "large": tell_large,
    "pace": tell_slowly,
    "head": head,
    "readers": count_readers,
    "memory": memory,
}


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", default="memory", help="memory, sqlite, or postgresql://...")
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=300, help="so many at once")
    parser.add_argument("--rate", type=float, default=5, help="events a second at a pace")
    parser.add_argument("--seconds", type=float, default=10, help="how long at a pace")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
