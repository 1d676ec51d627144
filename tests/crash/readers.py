"""Readers of the event stream that are cut again and again, and resume where they were."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx

_FROM_THE_START = "0"
_PAUSE_S = 0.02
_LONGEST_S = 2.0
_BYTES = (100, 20_000)
_SILENCE_S = 5.0


@dataclass
class Reader:
    """One reader. It is cut at moments that chance draws, often in the middle of an event."""

    url: str
    chance: random.Random
    events: list[dict[str, Any]] = field(default_factory=list)
    place: str = _FROM_THE_START
    connections: int = 0
    halves: int = 0
    """Connections that ended inside an event."""
    calm: bool = False
    """Cut no more."""

    @property
    def position(self) -> int:
        """The last position seen."""
        return int(self.place.rpartition(".")[2])

    async def run(self) -> None:
        """Read until cancelled."""
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=_SILENCE_S) as client:  # noqa: S501 - loopback without TLS
            while True:
                limit_s = None if self.calm else self.chance.uniform(0.01, _LONGEST_S)
                with anyio.move_on_after(limit_s):
                    await self._read(client, None if self.calm else self.chance.randrange(*_BYTES))
                await anyio.sleep(_PAUSE_S)

    async def _read(self, client: httpx.AsyncClient, most: int | None) -> None:
        """Read up to so many bytes, then close the socket wherever that is."""
        headers = {"Last-Event-ID": self.place, "Accept": "text/event-stream"}
        rest, left = b"", most
        self.connections += 1
        try:
            async with client.stream("GET", f"{self.url}/events", headers=headers) as answer:
                if answer.is_error:
                    return
                async for piece in answer.aiter_raw():
                    *frames, rest = (rest + piece[:left]).split(b"\n\n")
                    for frame in frames:
                        self._take(frame.decode())
                    if left is not None and (left := left - len(piece)) <= 0:
                        return
        except httpx.TransportError:
            return
        finally:
            self.halves += bool(rest)

    def _take(self, frame: str) -> None:
        fields = dict(line.split(": ", 1) for line in frame.split("\n"))
        if "data" in fields:
            self.events.append(json.loads(fields["data"]))
        self.place = fields["id"]
