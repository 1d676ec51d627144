"""Following through cuts: every event once, wherever the connection breaks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio
import httpx
import pytest

import relevo
from relevo_server.commands import resuming
from relevo_server.commands.resuming import follow_through_cuts

OPENED = b"id: e.0\n\n"
STREAM = {"content-type": "text/event-stream"}


def frame(position: int) -> bytes:
    envelope = {"id": f"e.{position}", "type": "messaging.inbound", "data": {"body": "añ\u2028o"}}
    return f"id: e.{position}\ndata: {json.dumps(envelope, ensure_ascii=False)}\n\n".encode()


class CuttingServer:
    """Serve a log of three events; break the first answer off after so many bytes."""

    def __init__(self, cut_after: int | None, *between: httpx.Response | Exception) -> None:
        self.asked: list[str | None] = []
        self._cut_after = cut_after
        self._between = list(between)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.MockTransport(self._answer), base_url="http://here"
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        last = request.headers.get("last-event-id")
        if self.asked and self._between:
            met = self._between.pop(0)
            if isinstance(met, Exception):
                raise met
            return met
        self.asked.append(last)
        read = int(last.rpartition(".")[2]) if last else 0
        stream = (OPENED if not read else f"id: e.{read}\n\n".encode()) + b"".join(
            frame(n) for n in range(read + 1, 4)
        )
        cut = self._cut_after if len(self.asked) == 1 else None
        return httpx.Response(200, content=self._bytes(stream, cut), headers=STREAM)

    @staticmethod
    async def _bytes(stream: bytes, cut: int | None) -> AsyncIterator[bytes]:
        if cut is None:
            yield stream
            await anyio.sleep_forever()
        yield stream[:cut]
        msg = "cut"
        raise httpx.ReadError(msg)


async def follow(server: CuttingServer, said: list[str]) -> list[str]:
    """Follow until the last event came."""
    ids: list[str] = []
    async with server.client() as client:
        stream = follow_through_cuts(client, {}, after="0", tell=said.append)
        with anyio.fail_after(10):
            async with aclosing(stream) as events:
                async for event in events:
                    ids.append(event.envelope["id"])
                    if ids[-1] == "e.3":
                        break
    return ids


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "_FIRST_PAUSE_S", 0.0)


@pytest.mark.anyio
async def test_every_event_comes_once_wherever_the_stream_is_cut() -> None:
    """At every byte: what came whole is not asked for again, what did not is."""
    opened = len(OPENED)
    for place in range(opened, opened + len(frame(1) + frame(2) + frame(3))):
        server, said = CuttingServer(place), list[str]()
        assert await follow(server, said) == ["e.1", "e.2", "e.3"], place
        assert len(server.asked) == 2
        assert [("cut" in said[0]), ("back" in said[1])] == [True, True]


@pytest.mark.anyio
async def test_stream_that_never_opened_is_an_error() -> None:
    with pytest.raises(relevo.RelevoError, match="broke off before it answered"):
        await follow(CuttingServer(len(OPENED) - 1), [])


@pytest.mark.anyio
async def test_long_cut_is_told_once_and_its_end_once() -> None:
    said: list[str] = []
    away: list[httpx.Response | Exception] = [
        httpx.ConnectError("refused"),
        httpx.Response(503),
        httpx.ConnectTimeout("slow"),
    ]
    assert await follow(CuttingServer(40, *away), said) == ["e.1", "e.2", "e.3"]
    assert len(said) == 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(400, json={"detail": "No such parameter."}), "No such parameter."),
        (httpx.Response(503, json={"detail": "The store is away."}), "The store is away."),
        (httpx.Response(404, text="<html>"), "not as Relevo does"),
        (httpx.Response(200, text="<html>"), "not as Relevo does"),
    ],
)
async def test_first_refusal_ends_it(answer: httpx.Response, words: str) -> None:
    transport = httpx.MockTransport(lambda _: answer)
    said: list[str] = []
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        stream = follow_through_cuts(client, {}, tell=said.append)
        with pytest.raises(relevo.RelevoError, match=words):
            await anext(stream)
    assert said == []


@pytest.mark.anyio
async def test_refusal_after_a_cut_ends_it_too() -> None:
    """A server that no longer takes the question will not take it the next time either."""
    problem: dict[str, Any] = {"detail": "Who are you?"}
    with pytest.raises(relevo.RelevoError, match="Who are you"):
        await follow(CuttingServer(40, httpx.Response(401, json=problem)), [])
