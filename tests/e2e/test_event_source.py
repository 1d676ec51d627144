"""A browser's own EventSource: cut, restarted, from a page that is listed and one that is not."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx
import pytest
from tests.e2e.conftest import API, Wire

import relevo
from relevo.keys import make_key

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.e2e.conftest import OpenPage


DOCS = Path(__file__).parents[2] / "docs" / "events.md"
EVENTS = 10_000
AT_ONCE = 25
UP_WITHIN_S = 30
FOLLOW = """url => {
    window.seen = []; window.opened = 0; window.failed = 0; window.others = 0;
    const source = new EventSource(url);
    source.onopen = () => window.opened++;
    source.onerror = () => window.failed++;
    source.onmessage = message => {
        const event = JSON.parse(message.data);
        if (event.id !== message.lastEventId || event.type !== "messaging.outbound") others++;
        window.seen.push(event.position);
    };
    window.source = source;
}"""


@dataclass
class Server:
    """A server in a thread of its own, whose HTTP side can be restarted; the log goes on."""

    origins: list[str]
    key: str = ""
    port: int = 0
    tell: threading.Event = field(default_factory=threading.Event)
    up: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    over: bool = False

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(target=partial(anyio.run, self._run), daemon=True)
        thread.start()
        assert self.up.wait(UP_WITHIN_S), "the server did not come up"
        try:
            yield self
        finally:
            self.over = True
            self.tell.set()
            self.stop.set()
            thread.join(UP_WITHIN_S)
            assert not thread.is_alive(), "the server did not stop"

    def restart(self) -> None:
        """Stop serving as `relevo serve` does, and serve again on the same port."""
        self.up.clear()
        self.stop.set()
        assert self.up.wait(UP_WITHIN_S), "the server did not come up again"

    def ticket(self) -> str:
        """Ask for an address that an EventSource can open."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}{API}/events/tickets",
            json={"type": ["messaging.outbound"]},
            headers={"Authorization": f"Bearer {self.key}"},
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    async def _run(self) -> None:
        settings = relevo.Settings.model_validate(
            {
                "engine": "memory",
                "plugins": {"enabled": []},
                "server": {"cors_origins": self.origins},
            }
        )
        async with relevo.open_runtime(settings) as runtime, anyio.create_task_group() as tasks:
            secret, record = make_key(
                name="browser",
                scopes=frozenset({relevo.Scope.EVENTS}),
                accounts=None,
                rate=None,
                expires_at=None,
                now=relevo.events.utc_now(),
            )
            self.key = secret.get_secret_value()
            await runtime.engine.add_key(record)
            tasks.start_soon(self._tell, runtime.engine)
            while not self.over:
                self.stop.clear()
                await self._serve(runtime)
            tasks.cancel_scope.cancel()

    async def _serve(self, runtime: relevo.Runtime) -> None:
        from relevo_server import create_app, stop_streams  # noqa: PLC0415 - as the commands do
        from relevo_server.commands.listening import (  # noqa: PLC0415 - as the commands do
            open_socket,
            serving,
        )

        app = create_app(runtime=runtime)
        with open_socket("127.0.0.1", self.port) as listener:
            self.port = listener.getsockname()[1]
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
            ):
                self.up.set()
                await anyio.to_thread.run_sync(self.stop.wait, abandon_on_cancel=True)

    async def _tell(self, engine: relevo.Engine) -> None:
        """Let events happen, a few at a time, whatever becomes of the HTTP side."""
        await anyio.to_thread.run_sync(self.tell.wait, abandon_on_cancel=True)
        for number in range(EVENTS):
            message = relevo.Message(account="nobody", to=f"1555{number:07}", text="hello")
            await engine.accept(message, provider="none", lane_key=f"tel:{number}")
            if number % AT_ONCE == 0:
                await anyio.sleep(0.02)


class _EmptyPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A page</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def page_server() -> Iterator[str]:
    """Serve an empty page; give its origin."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def listed() -> Iterator[str]:
    """The origin of a page that is listed."""
    with page_server() as origin:
        yield origin


@pytest.fixture
def server(browser: Browser, listed: str) -> Iterator[Server]:
    del browser
    with Server([listed]).running() as running:
        yield running


def test_event_source_cut_and_restarted_sees_ten_thousand_events_once(
    server: Server, listed: str, open_page: OpenPage
) -> None:
    """In order, none twice, none left out, all with one ticket."""
    wire = Wire(server.port)
    with contextlib.closing(wire):
        page = open_page(listed)
        page.evaluate(FOLLOW, wire.url + server.ticket())
        page.wait_for_function("opened === 1")
        server.tell.set()
        cuts: list[Callable[[], None]] = [lambda: None, lambda: None, server.restart, lambda: None]
        for number, meanwhile in enumerate(cuts, 1):
            before = seen(page)
            page.wait_for_function("n => seen.length > n", arg=before + 200)
            wire.cut()
            meanwhile()
            wire.mend()
            page.wait_for_function("n => opened > n", arg=number)
        # And one that the reader is told of: the stream ends as it should.
        server.restart()
        page.wait_for_function("n => seen.length >= n", arg=EVENTS, timeout=60_000)
        page.wait_for_timeout(200)
        assert page.evaluate("seen") == list(range(1, EVENTS + 1))
        assert page.evaluate("others") == 0
        assert page.evaluate("opened") >= len(cuts) + 1
        assert page.evaluate("source.readyState") == 1


DOCUMENTED = """([relevo, tickets, snippet]) => {
    window.RELEVO = relevo; window.seen = []; window.asked = 0;
    window.show = event => window.seen.push(event.position);
    window.fetch = async () => {
        const url = tickets[window.asked++];
        if (url === "") throw new TypeError("Failed to fetch");
        return url ? Response.json({ url }) : Response.json({}, { status: 502 });
    };
    // The page's waits are for servers that many pages ask.
    window.wait = window.setTimeout; window.setTimeout = (run, _) => window.wait(run, 0);
    window.eval(snippet);
}"""


def test_documented_page_goes_on_with_a_new_ticket_where_the_old_one_has_ended(
    server: Server, listed: str, open_page: OpenPage
) -> None:
    """A refused `EventSource` stays closed; the page loses nothing and sees nothing twice."""
    snippet = re.search(r"```js\n(let after;.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert snippet
    wire = Wire(server.port)
    with contextlib.closing(wire):
        page = open_page(listed)
        # Nobody answers at first, then nobody useful; the next ticket is over when it comes back.
        tickets = ["", None, server.ticket(), server.ticket()]
        page.evaluate(DOCUMENTED, [wire.url, [*tickets], snippet[1]])
        page.wait_for_function("asked === 3")
        server.tell.set()
        page.wait_for_function("seen.length > 20")
        page.route(f"**{tickets[2]}*", lambda route: route.fulfill(status=401))
        before = seen(page)
        wire.cut()
        wire.mend()
        page.wait_for_function("asked === 4")
        page.wait_for_function("n => seen.length > n + 100", arg=before)
        told = page.evaluate("seen")
    assert told == list(range(told[0], told[0] + len(told)))


def seen(page: Page) -> int:
    return int(page.evaluate("seen.length"))


def test_page_that_is_not_listed_is_given_nothing(
    server: Server, listed: str, open_page: OpenPage
) -> None:
    """The browser keeps the answer from it, ticket or not; a listed page reads it."""
    url = f"http://127.0.0.1:{server.port}{server.ticket()}&after=0"
    server.tell.set()
    with page_server() as foreign:
        page = open_page(foreign)
        page.evaluate(FOLLOW, url)
        page.wait_for_function("failed > 0 && source.readyState === 2")
        assert page.evaluate("[opened, seen.length]") == [0, 0]
        refused: Any = page.evaluate("url => fetch(url).then(() => 'read', () => 'kept away')", url)
        assert refused == "kept away"
    page = open_page(listed)
    page.evaluate(FOLLOW, url)
    page.wait_for_function("seen.length > 10")
    assert page.evaluate("seen.slice(0, 10)") == list(range(1, 11))
