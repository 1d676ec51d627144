"""Following through cuts: every event once, wherever the connection breaks."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest

import relevo
from relevo.client import AsyncClient, Client, following
from relevo.client.frames import FrameReader

pytestmark = pytest.mark.anyio

OPENED = b"id: e.0\n\n"
STREAM = {"content-type": "text/event-stream; charset=utf-8"}
WORDS = "añ\N{LINE SEPARATOR}o\x85"


def envelope(position: int, type_: str = "messaging.inbound") -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e.{position}",
        "source": "/relevo",
        "type": type_,
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "position": position,
        "data": {"body": WORDS},
    }


def frame(position: int, /, **changed: Any) -> bytes:
    said = json.dumps(envelope(position) | changed, ensure_ascii=False)
    return f"id: e.{position}\ndata: {said}\n\n".encode()


class CuttingServer:
    """Serve a log of three events; break the first answer off after so many bytes."""

    def __init__(self, cut_after: int | None, *between: httpx.Response | Exception) -> None:
        self.asked: list[str | None] = []
        self._cut_after = cut_after
        self._between = list(between)

    def answer(self, request: httpx.Request, *, waits: bool) -> httpx.Response:
        last = request.headers.get("last-event-id")
        if self.asked and self._between:
            met = self._between.pop(0)
            if isinstance(met, Exception):
                raise met
            return met
        self.asked.append(last)
        read = int(last.rpartition(".")[2]) if last else 0
        frames = b"".join(frame(n) for n in range(read + 1, 4))
        stream = (f"id: e.{read}\n\n".encode() if read else OPENED) + frames
        cut = self._cut_after if len(self.asked) == 1 else None
        content: Any = _later(stream, cut) if waits else _now(stream, cut)
        return httpx.Response(200, content=content, headers=STREAM)


def _now(stream: bytes, cut: int | None) -> Iterator[bytes]:
    yield stream[:cut]
    if cut is not None:
        msg = "cut"
        raise httpx.ReadError(msg)


async def _later(stream: bytes, cut: int | None) -> AsyncIterator[bytes]:
    for part in _now(stream, cut):
        yield part
    await anyio.sleep_forever()


async def follow(server: CuttingServer, said: list[str]) -> list[str]:
    """Follow until the last event came."""
    transport = httpx.MockTransport(lambda request: server.answer(request, waits=True))
    ids: list[str] = []
    with anyio.fail_after(30):
        async with AsyncClient("http://here", transport=transport) as client:
            async for event in client.events(after="0", tell=said.append):
                ids.append(event.id)
                assert event.data["body"] == WORDS
                if ids[-1] == "e.3":
                    break
    return ids


def follow_blocking(server: CuttingServer, said: list[str]) -> list[str]:
    transport = httpx.MockTransport(lambda request: server.answer(request, waits=False))
    ids: list[str] = []
    with Client("http://here", transport=transport) as client:
        for event in client.events(after="0", tell=said.append):
            ids.append(event.id)
            if ids[-1] == "e.3":
                break
    return ids


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_FIRST_PAUSE_S", 0.0)


PLACES = range(len(OPENED), len(OPENED) + len(frame(1) + frame(2) + frame(3)))


async def test_every_event_comes_once_wherever_the_stream_is_cut() -> None:
    """At every byte: what came whole is not asked for again, what did not is."""
    for place in PLACES:
        server, said = CuttingServer(place), list[str]()
        assert await follow(server, said) == ["e.1", "e.2", "e.3"], place
        assert len(server.asked) == 2
        assert [("cut" in said[0]), ("back" in said[1])] == [True, True]


def test_every_event_comes_once_to_ordinary_code_too() -> None:
    for place in PLACES:
        server, said = CuttingServer(place), list[str]()
        assert follow_blocking(server, said) == ["e.1", "e.2", "e.3"], place
        assert len(server.asked) == 2
        assert len(said) == 2


def test_frames_cut_anywhere_come_out_whole() -> None:
    """Only a line feed ends a line, whatever people write; a carriage return before it may be."""
    stream = OPENED + frame(1) + b"id: e.1\r\n\r\n" + frame(2)
    whole = list(FrameReader().feed(stream))
    assert [(one.id, one.data is not None) for one in whole] == [
        ("e.0", False), ("e.1", True), ("e.1", False), ("e.2", True),
    ]  # fmt: skip
    for size in (1, 2, 3, 7, 50):
        reader = FrameReader()
        parts = [stream[place : place + size] for place in range(0, len(stream), size)]
        assert [one for part in parts for one in reader.feed(part)] == whole


async def test_stream_opens_though_the_server_restarts_just_then() -> None:
    """As between the first line of a program and the server that is not up yet."""
    refused, said = httpx.ConnectError("refused"), list[str]()
    server = CuttingServer(len(OPENED) - 1, refused, httpx.Response(503), refused)
    assert await follow(server, said) == ["e.1", "e.2", "e.3"]
    assert [("does not open" in said[0]), said[1]] == [True, "The stream is open."]
    server = CuttingServer(len(OPENED) - 1, refused, httpx.Response(503), refused)
    assert follow_blocking(server, []) == ["e.1", "e.2", "e.3"]


async def test_stream_that_never_opened_is_an_error() -> None:
    with pytest.raises(relevo.AnswerLost, match="broke off before it answered"):
        await follow(CuttingServer(len(OPENED) - 1, *[httpx.ReadError("cut")] * 5), [])
    with pytest.raises(relevo.ServerUnreachable):
        await follow(CuttingServer(len(OPENED) - 1, *[httpx.ConnectError("refused")] * 5), [])


async def test_long_cut_is_told_once_and_its_end_once() -> None:
    said: list[str] = []
    away: list[httpx.Response | Exception] = [
        httpx.ConnectError("refused"),
        httpx.Response(503),
        httpx.ConnectTimeout("slow"),
    ]
    assert await follow(CuttingServer(40, *away), said) == ["e.1", "e.2", "e.3"]
    assert len(said) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            httpx.Response(400, json={"detail": "No such parameter."}),
            relevo.RequestRefused,
            "No su",
        ),
        (
            httpx.Response(503, json={"detail": "The store is away."}),
            relevo.RequestRefused,
            "store",
        ),
        (httpx.Response(404, text="<html>"), relevo.ForeignAnswer, "not as Relevo does"),
        (httpx.Response(200, text="<html>"), relevo.ForeignAnswer, "not as Relevo does"),
    ],
)
async def test_first_refusal_ends_it(
    answer: httpx.Response, kind: type[relevo.RelevoError], words: str
) -> None:
    said: list[str] = []
    transport = httpx.MockTransport(lambda _: answer)
    async with AsyncClient("http://here", transport=transport) as client:
        with pytest.raises(kind, match=words):
            await anext(client.events(tell=said.append))
    # A server that says 503 may be starting: only it is asked again.
    assert len(said) == (answer.status_code == 503)


async def test_refusal_after_a_cut_ends_it_too() -> None:
    """A server that no longer takes the question will not take it the next time either."""
    problem: dict[str, Any] = {"detail": "Who are you?"}
    with pytest.raises(relevo.Unauthorized, match="Who are you"):
        await follow(CuttingServer(40, httpx.Response(401, json=problem)), [])


def test_event_of_a_newer_server_is_passed_over_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = OPENED + frame(1, type="messaging.omen") + frame(2, type="messaging.omen") + frame(3)
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=iter([stream]), headers=STREAM)
    )
    with (
        caplog.at_level(logging.WARNING, "relevo.client"),
        Client("http://here", transport=transport) as client,
        client.events() as events,
    ):
        assert next(events).id == "e.3"
    assert [record.getMessage() for record in caplog.records] == [
        "Events of the type messaging.omen are passed over: update relevo."
    ]


def test_event_that_cannot_be_read_is_an_error_and_no_gap() -> None:
    stream = OPENED + frame(1, position="one")
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=iter([stream]), headers=STREAM)
    )
    client = Client("http://here", transport=transport)
    with client, pytest.raises(relevo.ForeignAnswer, match=r"e\.1") as caught:
        next(client.events())
    assert WORDS not in str(caught.value)


def test_stream_ends_when_its_block_does() -> None:
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=iter([OPENED + frame(1)]), headers=STREAM)
    )
    with Client("http://here", transport=transport) as client:
        with client.events() as events:
            assert next(events).position == 1
        assert list(events) == []
