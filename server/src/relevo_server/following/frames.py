"""Server-sent events as bytes: one message is some lines and an empty one."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Protocol

import relevo
from relevo.engines.json_text import json_text, parse_json
from relevo_server.requests.cursors import EventId

EVENT_STREAM = "text/event-stream"
# The standard ends lines at CR and LF only, which JSON escapes. Clients that split text
# as their language does end them here too.
_LINE_ENDS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class StreamFormat(StrEnum):
    """What an event looks like on the stream."""

    CLOUDEVENTS = "cloudevents"
    AG_UI = "ag-ui"


class Form(Protocol):
    """How one reader's stream is written."""

    format: ClassVar[StreamFormat]
    """Which bytes it shares with other readers."""

    def opening(self, place: EventId) -> bytes:
        """Write what comes first: it holds the place where reading begins."""
        ...

    def closing(self, place: EventId) -> bytes:
        """Write what comes last, where the server ends the stream."""
        ...


class CloudEvents:
    """Each message is an envelope; nothing is said around them."""

    format: ClassVar[StreamFormat] = StreamFormat.CLOUDEVENTS

    def opening(self, place: EventId) -> bytes:
        """Give a sign of life: clients and proxies wait for bytes before they call it open."""
        return heartbeat_frame(place)

    def closing(self, place: EventId) -> bytes:
        """Say nothing."""
        del place
        return b""


def one_line(event: relevo.Event) -> str:
    """Write an event's envelope as JSON that no client takes for more than one line."""
    try:
        written = event.to_json()
    except ValueError:
        # Half of a surrogate pair, which UTF-8 cannot hold; no store keeps one either.
        mended = parse_json(json_text(event.data))
        written = event.model_copy(update={"data": mended}).to_json()
    return written.translate(_LINE_ENDS)


def message_frame(place: EventId | str, data: str) -> bytes:
    """Write one message. Without an `event:` field every client's `onmessage` sees it."""
    return f"id: {place}\ndata: {data}\n\n".encode()


def heartbeat_frame(place: EventId) -> bytes:
    """Write a sign of life that moves the reader's place on and calls no handler."""
    return f"id: {place}\n\n".encode()


def retry_line(wait_ms: int) -> bytes:
    """Write how long a reader shall wait before it comes back; a frame, or an empty line, ends it.

    There is no place in it: the reader keeps the one it has, which is exact.
    """
    return f"retry: {wait_ms}\n".encode()


def with_retry(frame: bytes, wait_ms: int) -> bytes:
    """Let a frame also say how long to wait; after its place, which every message begins with."""
    place, end, rest = frame.partition(b"\n")
    return place + end + retry_line(wait_ms) + rest
