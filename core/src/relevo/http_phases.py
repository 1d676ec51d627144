"""How far each request to a provider got: told by the transport, never guessed.

An exception's class does not say it: httpx-aiohttp 0.2 reports a connection cut
after the whole request was read as `ConnectTimeout`. So the transports tell us:
aiohttp by a `TraceConfig`, httpcore by the `trace` extension of a request, and
both by asking for the body piece by piece. Every doubt counts as "may have left".
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
import anyio
import httpx

from relevo.errors import Phase

_ORDER = {phase: place for place, phase in enumerate(Phase)}
_NEVER_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_PIECE = 64 * 1024
"""Bytes; large bodies are written in pieces, so that progress can be seen."""

_HTTPCORE_PHASES = {
    "http11.send_request_headers.started": Phase.WRITING,
    "http11.send_request_body.complete": Phase.WRITTEN,
}


@dataclass(slots=True)
class Exchange:
    """Record what came of the requests made for one attempt.

    `phase` and `http_status` are those of the request started last (`phase` is
    None before the first): a provider may upload media before it hands the
    message over, but the handover must be its last request.
    """

    phase: Phase | None = None
    http_status: int | None = None
    requests: int = 0


_EXCHANGE: ContextVar[Exchange | None] = ContextVar("relevo_exchange", default=None)
_FLIGHT: ContextVar[Flight | None] = ContextVar("relevo_flight", default=None)


@contextmanager
def record_exchange() -> Iterator[Exchange]:
    """Record the requests made inside, also those of tasks started inside."""
    exchange = Exchange()
    token = _EXCHANGE.set(exchange)
    try:
        yield exchange
    finally:
        _EXCHANGE.reset(token)


class Flight:
    """Follow one request and write its progress into the attempt's exchange."""

    def __init__(self) -> None:
        self._exchange = _EXCHANGE.get() or Exchange()
        self._exchange.requests += 1
        self._number = self._exchange.requests
        self._traced = False
        self._socket: Any = None
        self.phase = Phase.CONNECTING
        self.http_status: int | None = None
        self._report()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Let aiohttp's trace find this flight."""
        token = _FLIGHT.set(self)
        try:
            yield
        finally:
            _FLIGHT.reset(token)

    def reach(self, phase: Phase) -> None:
        """Move forward; a phase reached is never taken back."""
        if _ORDER[phase] > _ORDER[self.phase]:
            self.phase = phase
            self._report()

    def traced(self, phase: Phase) -> None:
        """Note what the transport itself told."""
        self._traced = True
        self.reach(phase)

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take httpcore's `trace` events."""
        self.traced(_HTTPCORE_PHASES.get(event, Phase.CONNECTING))
        if event == "connection.connect_tcp.complete":
            self._socket = info["return_value"]
        elif event == "connection.start_tls.failed" and self._socket is not None:
            # httpcore 1.0.9 forgets the socket when cancelled in the TLS handshake.
            with anyio.CancelScope(shield=True):
                await self._socket.aclose()

    def body_taken(self) -> None:
        """Note that the transport took the last piece of the body.

        A mock takes it as well, without ever writing; hence the condition.
        """
        if self.phase is Phase.WRITING:
            self.reach(Phase.WRITTEN)

    def answered(self, http_status: int) -> None:
        """Note the status line of the answer."""
        self.http_status = http_status
        self.reach(Phase.ANSWERED)
        self._report()

    def assume_worst(self, error: BaseException) -> None:
        """Settle the phase of a request whose transport told nothing.

        It may have left, except where httpx says it never connected. What comes from
        aiohttp is no such word: httpx-aiohttp calls most of it `ConnectTimeout`.
        """
        miscalled = isinstance(error.__cause__, aiohttp.ClientConnectionError)
        never_connected = isinstance(error, _NEVER_CONNECTED) and not miscalled
        if not self._traced and not never_connected:
            self.reach(Phase.WRITING)

    def _report(self) -> None:
        if self._exchange.requests == self._number:
            self._exchange.phase = self.phase
            self._exchange.http_status = self.http_status


class RequestBody(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """Hand a request's body to the transport piece by piece and note its end.

    aiohttp has no write timeout: `stall` is cancelled when a piece is not taken
    within `limit_s`. The time the body itself needs for its next part is not counted.
    """

    def __init__(
        self,
        body: httpx.SyncByteStream | httpx.AsyncByteStream,
        flight: Flight,
        stall: anyio.CancelScope,
        limit_s: float | None,
    ) -> None:
        # httpx's own bodies are both kinds. Abandoning an async generator midway
        # makes trio warn, so theirs is not used, and this class is none.
        self._parts = iter(body) if isinstance(body, httpx.SyncByteStream) else aiter(body)
        self._rest = memoryview(b"")
        self._flight = flight
        self._stall = stall
        self._limit_s = math.inf if limit_s is None else limit_s

    def __aiter__(self) -> RequestBody:
        return self

    async def __anext__(self) -> bytes:
        self._stall.deadline = math.inf
        while not self._rest:
            part = await self._next_part()
            if part is None:
                self._flight.body_taken()
                raise StopAsyncIteration
            self._rest = memoryview(part)
        piece, self._rest = self._rest[:_PIECE], self._rest[_PIECE:]
        self._stall.deadline = anyio.current_time() + self._limit_s
        return bytes(piece)

    async def _next_part(self) -> bytes | None:
        if isinstance(self._parts, Iterator):
            return next(self._parts, None)
        return await anext(self._parts, None)


class AnswerBody(httpx.AsyncByteStream):
    """Read an answer's body; errors on the way come out as `explain` puts them."""

    def __init__(
        self,
        parts: httpx.AsyncByteStream,
        errors: tuple[type[Exception], ...],
        explain: Callable[[Exception], Exception],
    ) -> None:
        self._parts = parts
        self._errors = errors
        self._explain = explain

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._parts:
                yield part
        except self._errors as error:
            raise self._explain(error) from error

    async def aclose(self) -> None:
        """Close the answer; the shared transport gets its connection back."""
        try:
            await self._parts.aclose()
        except self._errors as error:
            raise self._explain(error) from error


def aiohttp_trace() -> aiohttp.TraceConfig:
    """Make the trace that tells a flight what aiohttp does.

    aiohttp 3.14 sends `on_request_headers_sent` before it writes, in spite of
    its name. Having a connection is earlier still, and nothing can fail in between.
    A request without a body stays in `WRITING` until the answer: aiohttp tells no more.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_reaching(Phase.CONNECTING))
    trace.on_connection_create_end.append(_reaching(Phase.WRITING))
    trace.on_connection_reuseconn.append(_reaching(Phase.WRITING))
    trace.on_request_headers_sent.append(_reaching(Phase.WRITING))
    return trace


def _reaching(
    phase: Phase,
) -> Callable[[aiohttp.ClientSession, SimpleNamespace, object], Awaitable[None]]:
    async def reach(
        session: aiohttp.ClientSession, context: SimpleNamespace, params: object
    ) -> None:
        del session, context, params
        if (flight := _FLIGHT.get()) is not None:
            flight.traced(phase)

    return reach


class _ConnectionLost(aiohttp.ClientConnectionError):
    """A connection was lost once bytes may have left; aiohttp does not repeat on this one."""


async def send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a request twice (an aiohttp client middleware).

    By itself aiohttp 3.14 repeats GET, HEAD, OPTIONS, TRACE, PUT and DELETE once
    after `ClientOSError` or `ServerDisconnectedError`, and has no public switch for it.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _ConnectionLost(type(error).__name__) from error
