"""The live stream: what an EventSource sees, over real HTTP."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import relevo
from relevo.engines.records import Retention
from relevo_server.requests.negotiation import prefers

pytestmark = pytest.mark.anyio

EVENTS = "/api/v1/messaging/events"
MESSAGES = "/api/v1/messaging/messages"
HOOK = "/api/v1/messaging/webhooks/shop"


@dataclass
class Frame:
    """One dispatch of the stream, as the standard reads it."""

    id: str
    data: Any = None


@dataclass
class Stream:
    """An open stream; frames are cut out of its bytes."""

    answer: httpx.Response
    rest: bytes = b""
    parts: AsyncIterator[bytes] = field(init=False)
    retries: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts = self.answer.aiter_raw()

    async def frame(self) -> Frame:
        """Give the next frame; StopAsyncIteration where the stream ends."""
        while b"\n\n" not in self.rest:
            self.rest += await anext(self.parts)
        block, _, self.rest = self.rest.partition(b"\n\n")
        fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
        assert set(fields) <= {"id", "data", "retry"}, "no `event`: every onmessage sees it"
        self.retries += [int(fields["retry"])] if "retry" in fields else []
        data = fields.get("data")
        return Frame(fields.get("id", ""), json.loads(data) if data else None)

    async def event(self) -> dict[str, Any]:
        """Give the next event, past signs of life."""
        with anyio.fail_after(30):
            while (frame := await self.frame()).data is None:
                pass
        assert frame.data["id"] == frame.id
        return dict(frame.data)


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, query: str = "", last: str | None = None
) -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": last} if last else {}
    async with client.stream("GET", f"{EVENTS}?{query}", headers=headers, timeout=20) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield Stream(answer)


async def say(client: httpx.AsyncClient, number: int = 0, text: str = "hola") -> str:
    body = {"to": f"1555010{number:04}", "text": text}
    answer = await client.post(MESSAGES, json=body, headers={"Prefer": "wait=5"})
    assert answer.status_code == 200
    return str(answer.json()["id"])


async def head(client: httpx.AsyncClient) -> tuple[str, int]:
    engine = (await client.get("/health/ready")).json()["engine"]
    return engine["epoch"], engine["head"]


async def test_a_new_reader_starts_now_and_sees_what_comes(make_app: Any, over_http: Any) -> None:
    async with over_http(make_app()) as client:
        await say(client)
        epoch, now = await head(client)
        async with listening(client) as stream:
            assert stream.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert stream.answer.headers["cache-control"] == "no-cache, no-transform"
            assert stream.answer.headers["x-accel-buffering"] == "no"
            first = await stream.frame()
            assert (first.id, first.data) == (f"{epoch}.{now}", None)
            message_id = await say(client)
            told = [await stream.event() for _ in range(3)]
    assert [event["data"]["status"] for event in told] == ["queued", "sending", "accepted"]
    assert {event["subject"] for event in told} == {message_id}
    assert [event["position"] for event in told] == [now + 1, now + 2, now + 3]
    assert all(event["specversion"] == "1.0" for event in told)


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
async def test_a_reader_cut_at_random_misses_and_repeats_nothing(
    make_app: Any, over_http: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """An SSE reader that reconnects sees every event once."""
    # Small pages, so that their ends matter.
    monkeypatch.setattr("relevo_server.following.reader.PAGE", 5)
    monkeypatch.setattr("relevo_server.following.recent.MOST_EVENTS", 7)
    address = {"memory": "memory", "sqlite": f"sqlite:///{tmp_path}/relevo.db"}[engine]
    dice = random.Random(7)  # noqa: S311 - a test's dice
    messages = 60
    seen: list[int] = []
    cuts = 0
    async with over_http(make_app(engine=address, server={"heartbeat_s": 0.05})) as client:

        async def produce() -> None:
            for number in range(messages):
                await say(client, number)

        async def read_until_cut(last: str) -> str:
            async with listening(client, last=last) as stream:
                lifetime = dice.randrange(1, 2000)
                taken = b""
                with anyio.move_on_after(1):
                    async for part in stream.parts:
                        taken += part
                        if len(taken) >= lifetime:
                            break
                # What came after the cut never arrived, in the middle of a frame or not.
                for block in taken[:lifetime].split(b"\n\n")[:-1]:
                    fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
                    if "data" in fields:
                        seen.append(json.loads(fields["data"])["position"])
                    last = fields["id"]
            return last

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(produce)
            last = "0"
            with anyio.fail_after(40):
                while len(seen) < messages * 3:
                    last = await read_until_cut(last)
                    cuts += 1
        _, end = await head(client)
    assert cuts > 30
    assert end == messages * 3
    assert seen == list(range(1, end + 1))


async def test_a_heartbeat_moves_a_filtered_readers_place_on(
    make_app: Any, over_http: Any, signed: Any
) -> None:
    async with over_http(make_app(server={"heartbeat_s": 0.05})) as client:
        async with listening(client, "type=messaging.inbound") as stream:
            for number in range(3):
                await say(client, number)
            epoch, now = await head(client)
            with anyio.fail_after(30):
                while (frame := await stream.frame()).id != f"{epoch}.{now}":
                    assert frame.data is None
            assert frame.data is None
        await client.post(HOOK, **signed({"from": "15550100001", "text": "buenas"}))
        async with listening(client, "type=messaging.inbound", frame.id) as stream:
            event = await stream.event()
    assert event["position"] == now + 1
    assert event["data"]["content"]["body"] == "buenas"


async def test_a_quiet_stream_keeps_saying_that_it_lives(make_app: Any, over_http: Any) -> None:
    async with (
        over_http(make_app(server={"heartbeat_s": 0.05})) as client,
        listening(client) as stream,
    ):
        frames = [await stream.frame() for _ in range(5)]
    assert all(frame.data is None for frame in frames)
    assert len({frame.id for frame in frames}) == 1


@pytest.mark.parametrize("many", [False, True])
async def test_filters_give_what_was_asked_for(
    make_app: Any, over_http: Any, *, many: bool
) -> None:
    two = {
        name: {"provider": "acme_sms", "secret": "acme-webhook-secret"}
        for name in ("shop", "bakery")
    }
    async with over_http(make_app(accounts=two)) as client:
        ids: dict[str, str] = {}
        for account in ("shop", "bakery", "shop"):
            body = {"to": "15550100001", "text": account, "account": account}
            sent = await client.post(MESSAGES, json=body, headers={"Prefer": "wait=5"})
            ids.setdefault(account, sent.json()["id"])
        rows = (await client.get(MESSAGES)).json()["items"]
        thread = {row["account"]: row["conversation_id"] for row in rows}
        queries = {
            f"message_id={ids['shop']}": {ids["shop"]},
            "account=bakery": {ids["bakery"]},
            f"conversation_id={thread['bakery']}": {ids["bakery"]},
        }
        if many:
            queries = {
                f"message_id={ids['shop']}&message_id={ids['bakery']}": set(ids.values()),
                "account=bakery&account=shop": {row["id"] for row in rows},
                f"conversation_id={thread['bakery']}&conversation_id={thread['shop']}": {
                    row["id"] for row in rows
                },
                f"type=messaging.inbound&type=messaging.outbound&message_id={ids['shop']}": {
                    ids["shop"]
                },
            }
        for query, expected in queries.items():
            async with listening(client, f"after=0&{query}") as stream:
                told = [await stream.event() for _ in range(3 * len(expected))]
            assert {event["subject"] for event in told} == expected, query
            page = await client.get(f"{EVENTS}?{query}", headers={"accept": "application/json"})
            assert page.json()["items"] == told


async def test_a_reader_of_another_log_is_told_of_the_gap_and_given_all(
    make_app: Any, over_http: Any
) -> None:
    async with over_http(make_app()) as client:
        await say(client)
        epoch, _ = await head(client)
        old = f"{epoch}.2"
    async with over_http(make_app()) as client:
        await say(client)
        epoch, now = await head(client)
        # The filter does not hide the gap.
        async with listening(client, "type=messaging.outbound", old) as stream:
            gap = await stream.event()
            told = [await stream.event() for _ in range(now)]
        page = await client.get(
            EVENTS, params={"after": old}, headers={"accept": "application/json"}
        )
    assert gap["type"] == "messaging.gap"
    assert (gap["id"], gap["position"]) == (f"{epoch}.0", 0)
    assert gap["data"]["asked"] == old
    assert [event["position"] for event in told] == list(range(1, now + 1))
    items = page.json()["items"]
    assert items[0]["type"] == "messaging.gap"
    assert items[1:] == told


async def test_a_place_above_the_head_is_a_gap(make_app: Any, over_http: Any) -> None:
    async with over_http(make_app()) as client:
        await say(client)
        epoch, now = await head(client)
        async with listening(client, last=f"{epoch}.{now + 5}") as stream:
            gap = await stream.event()
            assert gap["type"] == "messaging.gap"
            assert (await stream.event())["position"] == 1
        # The store was put back: what it tells from now on is another log.
        renewed = gap["id"].partition(".")[0]
        assert renewed != epoch
        async with listening(client, last=f"{epoch}.{now}") as stream:
            assert (await stream.event())["type"] == "messaging.gap"
        async with listening(client, last=f"{renewed}.{now}") as stream:
            await say(client)
            assert (await stream.event())["position"] == now + 1


async def test_reader_below_what_is_kept_is_told_what_is_gone(
    make_app: Any, over_http: Any
) -> None:
    """The gap stands at the last position that is gone, so reading goes on without a hole."""
    app = make_app()
    async with over_http(app) as client:
        await say(client)
        epoch, gone = await head(client)
        await app.state["relevo_server"].engine.tidy(Retention(events_s=1e-6))
        await say(client, 1)
        async with listening(client, "type=messaging.outbound", f"{epoch}.1") as stream:
            gap = await stream.event()
            after = await stream.event()
    assert (gap["type"], gap["id"]) == ("messaging.gap", f"{epoch}.{gone}")
    assert gap["data"] == {"from": 2, "to": gone, "reason": "purged"}
    assert after["position"] == gone + 1


async def test_the_header_of_a_reconnect_goes_before_the_url(make_app: Any, over_http: Any) -> None:
    async with over_http(make_app()) as client:
        await say(client)
        epoch, _ = await head(client)
        async with listening(client, "after=0", last=f"{epoch}.2") as stream:
            assert (await stream.event())["position"] == 3


async def test_pages_walk_the_whole_log_and_then_wait_at_its_end(
    make_app: Any, over_http: Any
) -> None:
    async with over_http(make_app()) as client:
        for number in range(3):
            await say(client, number)
        after: str | None = None
        positions: list[int] = []
        for _ in range(4):
            query = {"limit": "3", **({"after": after} if after else {})}
            answer = await client.get(EVENTS, params=query, headers={"accept": "application/json"})
            page = answer.json()
            positions += [event["position"] for event in page["items"]]
            after = page["next"]
        assert positions == list(range(1, 10))
        assert after == ".".join(map(str, await head(client)))
        # A filter that finds nothing still moves the place on.
        nothing = await client.get(
            f"{EVENTS}?type=messaging.account", headers={"accept": "application/json"}
        )
        assert nothing.json() == {"items": [], "next": after}


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (None, False),
        ("*/*", False),
        ("text/event-stream", False),
        ("application/json", True),
        ("application/*", True),
        ("application/json, text/event-stream", False),
        ("application/json;q=0.5, text/event-stream;q=0.4", True),
        ("text/html, */*;q=0.8", False),
        ("application/json, */*;q=0.1", True),
        ("text/html", False),
        ("application/json;q=bad", False),
        ("", False),
    ],
)
def test_accept_chooses_between_stream_and_page(accept: str | None, *, page: bool) -> None:
    assert prefers(accept, "application/json", over="text/event-stream") is page


async def test_the_stream_outlives_a_store_that_is_away_for_a_while(
    make_app: Any, over_http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        """The engine as the streams see it while its log cannot be read."""

        def __getattr__(self, name: str) -> Any:
            return getattr(app.state["relevo_server"].engine, name)

        async def events(self, *_: object, **__: object) -> None:
            msg = "The store is away."
            raise relevo.EngineUnavailable(msg)

    monkeypatch.setattr("relevo_server.following.streams._AGAIN_S", 0.02)
    monkeypatch.setattr("relevo_server.following.shared_tail.POLL_S", 0.02)
    app = make_app(server={"heartbeat_s": 0.05})
    async with over_http(app) as client, listening(client) as stream:
        start = await stream.frame()
        with monkeypatch.context() as patch:
            patch.setattr(app.state["relevo_server"].tail, "engine", Away())
            # Until the look that was under way is over.
            for _ in range(3):
                assert await stream.frame() == start
            await say(client)
            # It still says that it lives, from where it was.
            for _ in range(3):
                assert await stream.frame() == start
        assert (await stream.event())["position"] == 1


async def test_a_reader_that_stands_still_harms_nobody(make_app: Any, over_http: Any) -> None:
    app = make_app()
    async with (
        over_http(app) as client,
        # Never read: far more comes than its buffers hold.
        listening(client),
        listening(client) as brisk,
    ):
        for number in range(60):
            await say(client, number, "x" * 50_000)
        told = [await brisk.event() for _ in range(180)]
    assert [event["position"] for event in told] == list(range(1, 181))


async def test_a_reader_that_takes_nothing_for_too_long_is_let_go(
    make_app: Any, over_http: Any
) -> None:
    app = make_app(server={"slow_reader_s": 0.2})
    lasting = app.state["relevo_server"].lasting
    async with over_http(app) as client, listening(client) as stream:
        for number in range(120):
            await say(client, number, "x" * 90_000)
        with anyio.fail_after(30):
            while lasting._scopes:
                await anyio.sleep(0.01)
        # It was not cut inside a frame, and can be resumed where it ended. The stream ends as it
        # should where we read again before the server's patience is over, else it is cut off.
        last = await stream.frame()
        with pytest.raises((httpx.RemoteProtocolError, StopAsyncIteration)):  # noqa: PT012 - the last part raises
            while True:
                last = await stream.frame()
        assert stream.rest == b""
        async with listening(client, last=last.id) as resumed:
            assert (await resumed.event())["position"] == last.data["position"] + 1


async def test_readers_that_left_leave_nothing_behind(make_app: Any, over_http: Any) -> None:
    app = make_app()
    async with over_http(app) as client:
        lasting = app.state["relevo_server"].lasting
        for _ in range(5):
            async with listening(client, "after=0") as stream:
                await stream.frame()
                assert len(lasting._scopes) == 1
            with anyio.fail_after(30):
                while lasting._scopes:
                    await anyio.sleep(0.01)
