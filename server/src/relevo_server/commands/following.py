"""Follow the event stream over HTTP, as any client would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

_DATA = b"data: "


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


async def follow_events(client: httpx.AsyncClient, path: str) -> AsyncIterator[ToldEvent | None]:
    """Give events as they come; first None, which says that the stream is open.

    Raises:
        httpx.HTTPError: The stream could not be opened, or broke.
    """
    headers = {"Accept": "text/event-stream"}
    async with client.stream("GET", path, headers=headers, timeout=None) as stream:
        stream.raise_for_status()
        lines = _lines(stream)
        # The stream begins with a heartbeat: from then on no event is missed.
        await anext(lines, b"")
        yield None
        async for line in lines:
            if line.startswith(_DATA):
                written = line.removeprefix(_DATA).decode()
                yield ToldEvent(written, json.loads(written))


async def _lines(stream: httpx.Response) -> AsyncIterator[bytes]:
    """Split at line feeds only: httpx's own lines also end where people's words have U+2028."""
    rest = b""
    async for part in stream.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line
