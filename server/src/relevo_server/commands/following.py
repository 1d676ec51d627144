"""Read the event stream over HTTP, as any client would."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

_EVENT_STREAM = "text/event-stream"
_CONNECT_S = 10.0
Params = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """One event as it was written, and as it was read."""

    written: str
    envelope: dict[str, Any]

    @property
    def type(self) -> str:
        """What it is about."""
        return str(self.envelope["type"])

    @property
    def data(self) -> dict[str, Any]:
        """What happened."""
        data: dict[str, Any] = self.envelope["data"]
        return data


class Frame(NamedTuple):
    """One message of the stream; a sign of life has no data."""

    id: str | None
    data: str | None


@dataclass(slots=True)
class Place:
    """Where a reader is: the id of the last message that came whole."""

    id: str | None = None


async def follow_events(
    client: httpx.AsyncClient,
    path: str,
    *,
    params: Params | None = None,
    place: Place | None = None,
    silence_s: float | None = None,
) -> AsyncGenerator[ToldEvent | None, None]:
    """Give events as they come; first None, which says that the stream is open.

    Args:
        client: Knows the server.
        path: The stream's.
        params: Which events.
        place: Where to read on, if it holds an id; moved on with all that comes.
        silence_s: The longest silence to put up with; the server gives signs of life.

    Raises:
        httpx.HTTPError: The stream could not be opened, or broke.
    """
    place = place or Place()
    headers = {"Accept": _EVENT_STREAM}
    if place.id is not None:
        headers["Last-Event-ID"] = place.id
    timeout = httpx.Timeout(_CONNECT_S, read=silence_s)
    async with client.stream(
        "GET", path, headers=headers, params=params, timeout=timeout
    ) as stream:
        if not stream.is_success:
            await stream.aread()
            stream.raise_for_status()
        if not stream.headers.get("content-type", "").startswith(_EVENT_STREAM):
            msg = "The answer is no event stream."
            raise httpx.HTTPStatusError(msg, request=stream.request, response=stream)
        opened = False
        async for frame in read_frames(stream):
            place.id = frame.id or place.id
            if not opened:
                # The stream begins with a sign of life: from then on no event is missed.
                opened = True
                yield None
            if frame.data is not None:
                yield ToldEvent(frame.data, json.loads(frame.data))


async def read_frames(stream: httpx.Response) -> AsyncIterator[Frame]:
    """Give each message once its blank line came: one that was cut off never counts."""
    event_id: str | None = None
    data: list[str] = []
    async for line in _lines(stream):
        name, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode()
        if name == b"id":
            event_id = text
        elif name == b"data":
            data.append(text)
        elif not line and (event_id is not None or data):
            yield Frame(event_id, "\n".join(data) if data else None)
            event_id, data = None, []


async def _lines(stream: httpx.Response) -> AsyncIterator[bytes]:
    """Split at line feeds only: httpx's own lines also end where people's words have U+2028."""
    rest = b""
    async for part in stream.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line
