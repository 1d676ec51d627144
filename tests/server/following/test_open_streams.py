"""How many streams may be open: one ticket, or one key, must not take all there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

import relevo
from relevo_server.following import OpenStreams, StreamHolder
from relevo_server.problems import Problem

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
EVENTS = f"{API}/events"
RUN = {"threadId": "t", "runId": "r"}


@asynccontextmanager
async def open_stream(
    client: httpx.AsyncClient, url: str, key: dict[str, str] | None = None
) -> AsyncIterator[None]:
    async with client.stream("GET", url, headers=key) as answer:
        assert answer.status_code == 200
        lines = answer.aiter_lines()
        await anext(lines)
        yield
        del lines  # where it is let go of, the stream is closed


async def ended(app: Any, left: int) -> None:
    with anyio.fail_after(30):
        while app.state["relevo_server"].tail.readers > left:
            await anyio.sleep(0.01)


async def test_one_ticket_has_no_more_streams_than_it_may(
    make_app: Any, over_http: Any, give_key: Any, refused: Any
) -> None:
    """Another ticket and the key's own streams go on; when one ends there is room for another."""
    app = make_app(server={"streams_per_ticket": 2})
    async with over_http(app) as client, AsyncExitStack() as streams:
        key = await give_key(app)
        first, other = [
            (await client.post(f"{EVENTS}/tickets", json={}, headers=key)).json()["url"]
            for _ in range(2)
        ]
        await streams.enter_async_context(open_stream(client, first))
        async with open_stream(client, first):
            late = await client.get(first)
            problem = refused(late, 429, "too_many_streams")
            assert late.headers["retry-after"] == "5"
            assert "streams_per_ticket" in problem["detail"]
            await streams.enter_async_context(open_stream(client, other))
            await streams.enter_async_context(open_stream(client, EVENTS, key))
        await ended(app, 3)
        await streams.enter_async_context(open_stream(client, first))


async def test_tickets_use_up_no_streams_of_their_key(
    make_app: Any, over_http: Any, give_key: Any, refused: Any
) -> None:
    """Nor the other way round; runs of AG-UI are streams, and a page is none."""
    app = make_app(server={"streams_per_key": 1})
    async with over_http(app) as client:
        key = await give_key(app)
        urls = [
            (await client.post(f"{EVENTS}/tickets", json={}, headers=key)).json()["url"]
            for _ in range(2)
        ]
        async with open_stream(client, EVENTS, key), open_stream(client, urls[0]):
            for late in (
                await client.get(EVENTS, headers=key),
                await client.post(EVENTS, json=RUN, headers=key),
                await client.get(urls[1]),
            ):
                assert "streams_per_key" in refused(late, 429, "too_many_streams")["detail"]
            page = await client.get(EVENTS, headers=key | {"accept": "application/json"})
            assert page.status_code == 200
            other = await give_key(app, relevo.Scope.EVENTS)
            async with open_stream(client, EVENTS, other):
                pass


def test_nothing_is_kept_of_those_who_have_no_stream_open() -> None:
    """Also where the stream broke, or was refused for another of its holders."""
    streams = OpenStreams()
    one, none = StreamHolder("one", 1, "Wait."), StreamHolder("many", 0, "")
    with pytest.raises(ZeroDivisionError), streams.counted([none, one]):
        raise ZeroDivisionError
    with streams.counted([none, one]):
        with pytest.raises(Problem), streams.counted([none, one]):
            pass
        with streams.counted([none]):
            pass
    assert not streams._open
