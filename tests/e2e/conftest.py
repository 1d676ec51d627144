"""A real server with its sandbox, and a real browser."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx
import pytest

import relevo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LAB = "/demo/messaging/providers/meta/whatsapp"
API = "/api/v1/messaging"
CHROMIUM = shutil.which("chromium")
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
UP_WITHIN_S = 30
SERIOUS = {"serious", "critical"}


@dataclass
class RunningLab:
    """A server in a thread of its own, the sandbox beside it, and the way to both."""

    url: str
    sandbox_url: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=20))

    @property
    def page_url(self) -> str:
        return self.url + LAB

    def send(self, to: str, text: str) -> dict[str, Any]:
        answer = self.client.post(f"{self.url}{API}/messages", json={"to": to, "text": text})
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def behave(self, **behaviour: Any) -> None:
        """Tell the sandbox how to behave from now on."""
        answer = self.client.put(f"{self.sandbox_url}/sandbox/behaviour", json=behaviour)
        assert answer.status_code == 200, answer.text

    def wait_until(self, message: dict[str, Any], status: str) -> None:
        for _ in range(900):
            shown = self.client.get(f"{self.url}{API}/messages/{message['id']}").json()
            if shown["status"] == status:
                return
            threading.Event().wait(0.05)
        pytest.fail(f"The message never was {status}; it is {shown['status']}.")


@contextlib.contextmanager
def running_lab(
    folder: Path, *, port: int = 0, accounts: dict[str, Any] | None = None
) -> Iterator[RunningLab]:
    """Run a server in a thread until the block ends.

    Args:
        folder: Where its database goes.
        port: Where it listens; 0 takes a free one.
        accounts: Instead of the sandbox's; then no sandbox is given to the server.
    """
    ready: list[RunningLab] = []
    up, end = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=partial(anyio.run, _serve, folder, port, accounts, ready, up, end), daemon=True
    )
    thread.start()
    assert up.wait(UP_WITHIN_S), "the server did not come up"
    lab = ready[0]
    try:
        yield lab
    finally:
        lab.client.close()
        end.set()
        thread.join(UP_WITHIN_S)
        assert not thread.is_alive(), "the server did not stop"


async def _serve(
    folder: Path,
    port: int,
    accounts: dict[str, Any] | None,
    ready: list[RunningLab],
    up: threading.Event,
    end: threading.Event,
) -> None:
    from relevo_server import create_app, stop_streams  # noqa: PLC0415 - as the commands do
    from relevo_server.commands.listening import (  # noqa: PLC0415 - as the commands do
        open_socket,
        serving,
        url_of,
    )

    (sandbox,) = (one for one in relevo.load_plugins().sandboxes() if one.name == "meta_whatsapp")
    with open_socket("127.0.0.1", port) as listener:
        url = url_of(listener)
        async with sandbox.start(f"{url}{API}/webhooks/sandbox") as running:
            settings = relevo.Settings.model_validate(
                {
                    "engine": f"sqlite:///{folder / 'lab.db'}",
                    "accounts": {"sandbox": {**running.account, "pair_pace": False}}
                    if accounts is None
                    else accounts,
                }
            )
            app = create_app(settings, sandbox=running if accounts is None else None)
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
            ):
                ready.append(RunningLab(url, running.url))
                up.set()
                await anyio.to_thread.run_sync(end.wait, abandon_on_cancel=True)


class Wire:
    """A TCP relay in front of a server, that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self._whole = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Break what is open, and refuse what comes."""
        self._whole = False
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@pytest.fixture(scope="module")
def browser(require: Callable[..., None]) -> Iterator[Browser]:
    """The system's Chromium, driven by Playwright.

    For a module only: while Playwright runs, this thread has a running event
    loop, which other modules' tests would stumble over.
    """
    require(
        "browser",
        available=CHROMIUM is not None and find_spec("playwright") is not None,
        reason="no `chromium` on the path (apt-get install chromium), or no playwright package",
    )
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may be missing

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """One server for a module; tests use people of their own."""
    del browser
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def start_lab() -> Callable[..., contextlib.AbstractContextManager[RunningLab]]:
    """Run a server of one's own."""
    return running_lab


@pytest.fixture
def wire(lab: RunningLab) -> Iterator[Wire]:
    """A way to the module's server that can be cut."""
    wire = Wire(urlsplit(lab.url).port or 0)
    yield wire
    wire.close()


OpenPage = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page in a browser profile of its own; it must not throw or break its own policy."""
    contexts = []
    faults: list[str] = []

    def open_one(
        url: str,
        *,
        width: int = 1440,
        height: int = 900,
        locale: str = "en-US",
        theme: str = "light",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme="dark" if theme == "dark" else "light",
        )
        context.set_default_timeout(45_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: _note_policy_breach(line.text, faults))
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults


def _note_policy_breach(line: str, faults: list[str]) -> None:
    if "Content Security Policy" in line or "TrustedHTML" in line:
        faults.append(line)


@pytest.fixture(scope="module")
def axe(require: Callable[..., None]) -> str:
    """The script of axe-core, as a Python package brings it."""
    try:
        return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    except ModuleNotFoundError:
        require("browser", available=False, reason="no axe_playwright_python package")
        raise


def findings(page: Page, axe: str) -> list[tuple[str, str]]:
    """What axe finds that would keep somebody out."""
    page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
    page.evaluate(f"{axe};0")
    told: dict[str, Any] = page.evaluate("axe.run(document)")
    return [
        (fault["id"], node["html"][:200])
        for fault in told["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
