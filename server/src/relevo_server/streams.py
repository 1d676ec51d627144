"""The live stream: server-sent events that a reader can resume without losing one."""

from __future__ import annotations

import logging
from typing import Any, cast

import anyio
from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

import relevo
from relevo_server.cursors import EventId
from relevo_server.lasting import LastingRequests
from relevo_server.tail import LogReader

logger = logging.getLogger("relevo.server")

EVENT_STREAM = "text/event-stream"
HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "Content-Type": f"{EVENT_STREAM}; charset=utf-8",
    # nginx would hold back what it thinks is too little to pass on.
    "X-Accel-Buffering": "no",
}
_PAGE = 200
_POLL_S = 1.0
_SEND_LIMIT_S = 30.0
_FAREWELL_S = 1.0


def event_frame(event: relevo.Event) -> bytes:
    """Write one event. Without an `event:` field every client's `onmessage` sees it."""
    return f"id: {event.id}\ndata: {event.to_json()}\n\n".encode()


def heartbeat_frame(place: EventId) -> bytes:
    """Write a sign of life that moves the reader's place on and calls no handler."""
    return f"id: {place}\n\n".encode()


class EventStreamResponse(Response[Any]):
    """Answer with the stream. It ends when the reader leaves or the server stops.

    Args:
        reader: Holds where reading begins.
        gap: To be told before anything else.
        heartbeat_s: The longest silence.
        lasting: Ends the stream when the server stops.
    """

    def __init__(
        self,
        reader: LogReader,
        *,
        gap: relevo.Event | None,
        heartbeat_s: float,
        lasting: LastingRequests,
    ) -> None:
        super().__init__(b"", headers=HEADERS, media_type=EVENT_STREAM)
        self._reader = reader
        self._gap = gap
        self._heartbeat_s = heartbeat_s
        self._lasting = lasting

    def to_asgi_response(
        self, app: Litestar | None, request: Request[Any, Any, Any], **options: Any
    ) -> ASGIResponse:
        """Keep the headers Litestar makes; write the body ourselves, for it has no length."""
        head = super().to_asgi_response(app, request, **options)
        del head.headers["content-length"]

        async def stream(scope: Scope, receive: Receive, send: Send) -> None:
            del scope
            await head.start_response(send)
            await self._stream(receive, send)
            await head.after_response()

        return cast("ASGIResponse", stream)

    async def _stream(self, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_when_left, receive, tasks.cancel_scope)
            with self._lasting.until_stopped():
                try:
                    await self._tell(send)
                except _ReaderStuck:
                    logger.info("A reader of the event stream took nothing for too long.")
                except Exception as error:  # noqa: BLE001 - one stream ends, and can be resumed
                    logger.error("An event stream broke: %s", relevo.frames_of(error))  # noqa: TRY400 - no words
            tasks.cancel_scope.cancel()
        with anyio.move_on_after(_FAREWELL_S):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, send: Send) -> None:
        # Bytes at once: clients and proxies wait for them before they call it open.
        await _write(send, heartbeat_frame(self._reader.place))
        if self._gap is not None:
            await _write(send, event_frame(self._gap))
        heartbeat_at = anyio.current_time() + self._heartbeat_s
        away = False
        while True:
            try:
                left_s = heartbeat_at - anyio.current_time()
                head = await self._reader.wait(max(0.0, min(_POLL_S, left_s)))
                events = (
                    await self._reader.read(head, _PAGE) if head > self._reader.position else []
                )
                away = False
            except relevo.EngineError as error:
                if not away:
                    logger.warning("An event stream waits for the store: %s", error)
                away, events = True, []
                await anyio.sleep(_POLL_S)
            if events:
                await _write(send, b"".join(map(event_frame, events)))
                heartbeat_at = anyio.current_time() + self._heartbeat_s
            elif anyio.current_time() >= heartbeat_at:
                await _write(send, heartbeat_frame(self._reader.place))
                heartbeat_at = anyio.current_time() + self._heartbeat_s


class _ReaderStuck(Exception):
    """The reader's side of the connection is full and stays so."""


async def _write(send: Send, frame: bytes) -> None:
    with anyio.move_on_after(_SEND_LIMIT_S) as limit:
        await send({"type": "http.response.body", "body": frame, "more_body": True})
    if limit.cancelled_caught:
        raise _ReaderStuck


async def _cancel_when_left(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
