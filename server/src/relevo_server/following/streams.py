"""The live stream: server-sent events that a reader can resume without losing one."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, cast

import anyio
from anyio.lowlevel import checkpoint
from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

import relevo
from relevo_server.following.frames import (
    EVENT_STREAM,
    Form,
    heartbeat_frame,
    retry_line,
    with_retry,
)
from relevo_server.following.reader import LogReader
from relevo_server.following.shared_tail import SharedTail
from relevo_server.lasting import LastingRequests

logger = logging.getLogger("relevo.server")

HEADERS: Final = {
    # A proxy that packs or keeps what it passes on holds it back.
    "Cache-Control": "no-cache, no-transform",
    "Content-Type": f"{EVENT_STREAM}; charset=utf-8",
    # nginx would hold back what it thinks is too little to pass on.
    "X-Accel-Buffering": "no",
}
_FAREWELL_S: Final = 1.0
"""How long a reader may take for the stream's end when the server stops."""
_LAST_CHANCE_S: Final = 5.0
"""And how long else: `relevo serve` cuts the connections of those that still take nothing."""
_AGAIN_S: Final = 1.0
_RETRY_MS: Final = (1_000, 3_000)
_RETURN_MS: Final = 5
"""Readers come back from a server that stops at such a distance, on average."""
_LATEST_RETURN_MS: Final = 30_000


class EventStreamResponse(Response[Any]):
    """Answer with the stream. It ends when the reader leaves or the server stops.

    Args:
        tail: What the reader reads from.
        reader: Holds where reading begins.
        form: What is said around the events.
        heartbeat_s: The longest silence.
        patience_s: How long a reader may take for some 64 KiB.
        lasting: Ends the stream when the server stops.
        counted: Counts it while it is open; refuses one that is too many.
    """

    def __init__(
        self,
        tail: SharedTail,
        reader: LogReader,
        form: Form,
        *,
        heartbeat_s: float,
        patience_s: float,
        lasting: LastingRequests,
        counted: Callable[[], AbstractContextManager[None]],
    ) -> None:
        super().__init__(b"", headers=HEADERS, media_type=EVENT_STREAM)
        self._tail = tail
        self._reader = reader
        self._form = form
        self._heartbeat_s = heartbeat_s
        self._patience_s = patience_s
        self._lasting = lasting
        self._counted = counted

    def to_asgi_response(
        self, app: Litestar | None, request: Request[Any, Any, Any], **options: Any
    ) -> ASGIResponse:
        """Keep the headers Litestar makes; write the body ourselves, for it has no length."""
        head = super().to_asgi_response(app, request, **options)
        del head.headers["content-length"]
        if request.method == "HEAD":
            return head

        async def stream(scope: Scope, receive: Receive, send: Send) -> None:
            del scope
            with self._counted():
                await head.start_response(send)
                with self._tail.attached():
                    await self._stream(receive, send)
            await head.after_response()

        return cast("ASGIResponse", stream)

    async def _stream(self, receive: Receive, send: Send) -> None:
        told = _Told(send, self._patience_s, self._reader)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_when_left, receive, tasks.cancel_scope)
            with self._lasting.until_stopped():
                try:
                    await self._tell(told)
                except _ReaderStuck:
                    logger.info(
                        "A slow reader of the event stream was let go: it took nothing for %g s "
                        "(slow_reader_s). It can resume where it was.",
                        self._patience_s,
                    )
                except Exception as error:  # noqa: BLE001 - one stream ends, and can be resumed
                    logger.error("An event stream broke: %s", relevo.frames_of(error))  # noqa: TRY400 - no words
            tasks.cancel_scope.cancel()
        last, limit_s = b"", _LAST_CHANCE_S
        if self._lasting.stopping:
            limit_s = _FAREWELL_S
            last = retry_line(self._wait_ms()) + (self._form.closing(told.place) or b"\n")
        with anyio.move_on_after(limit_s):
            await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _tell(self, told: _Told) -> None:
        reader = self._reader
        wait_ms = random.randint(*_RETRY_MS)  # noqa: S311 - no secret
        await told.write(with_retry(self._form.opening(reader.place), wait_ms))
        silent_until = anyio.current_time() + self._heartbeat_s
        while True:
            # Between two writes nothing else may wait: others have their turn here.
            await checkpoint()
            try:
                await reader.wait(max(0.0, silent_until - anyio.current_time()))
                messages = await reader.take()
            except relevo.EngineError:
                # The tail says so in the log, once for all readers.
                messages = b""
                await anyio.sleep(_AGAIN_S)
            if not messages and anyio.current_time() >= silent_until:
                messages = heartbeat_frame(reader.place)
            if messages:
                await told.write(messages)
                silent_until = anyio.current_time() + self._heartbeat_s

    def _wait_ms(self) -> int:
        """Spread those who come back over the time another server needs to take them in."""
        latest = min(_RETRY_MS[0] + self._tail.readers * _RETURN_MS * 2, _LATEST_RETURN_MS)
        return random.randint(_RETRY_MS[0] // 2, latest)  # noqa: S311 - no secret


class _ReaderStuck(Exception):
    """The reader's side of the connection is full and stays so."""


class _Told:
    """Write to one reader, and know up to where it was told."""

    def __init__(self, send: Send, patience_s: float, reader: LogReader) -> None:
        self._send = send
        self._patience_s = patience_s
        self._reader = reader
        self.place = reader.place

    async def write(self, frame: bytes) -> None:
        place = self._reader.place
        with anyio.move_on_after(self._patience_s) as limit:
            await self._send({"type": "http.response.body", "body": frame, "more_body": True})
        if limit.cancelled_caught:
            raise _ReaderStuck
        self.place = place


async def _cancel_when_left(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
