"""`relevo demo`: sandbox and server together, a first message, and its life as it happens."""

from __future__ import annotations

import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number

import relevo
from relevo.cli.failures import note
from relevo_server.commands.listening import open_next_free_socket, open_socket, serving, url_of
from relevo_server.commands.serve import API, log_to_stderr
from relevo_server.operating import LogLevel, OperatingSettings
from relevo_server.settings import DEFAULT_PORT

HOST = "127.0.0.1"
ACCOUNT = "sandbox"
FRONT_END = "http://localhost:3062"
"""Where the first front end ran; its pages may use the demo from a browser."""
_PORTS = 100
_REAL = ("META_VERTICE360_WABA_TOKEN", "PHONE_NUMBER_ID", "META_APP_SECRET", "META_VERIFY_TOKEN")
_FAILED = 1


def demo(
    *,
    once: Annotated[bool, Parameter(negative="")] = False,
    port: Annotated[int | None, Parameter(validator=Number(gte=0, lte=65_535))] = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    db: Path | None = None,
) -> int:
    """Send a first message through a sandbox and watch it travel. Reaches nobody.

    Args:
        once: End as soon as the message is read; fail if it is not within 30 s.
        port: Where the server listens; left out, 7062, or the next free one after it.
        as_json: Write the events as JSON lines, as a pipe gets them.
        db: Keep everything in this SQLite file instead of a temporary one.
    """
    log_to_stderr(OperatingSettings(log_level=LogLevel.WARNING))
    # The sandbox's secrets are made up and stand in the settings; nothing to warn of.
    logging.getLogger("relevo.accounts").setLevel(logging.ERROR)
    sandbox = _choose_sandbox()
    with _listen(port) as listener, _database(db) as file:
        reason = anyio.run(partial(_demo, sandbox, listener, file, once=once, as_json=as_json))
    if reason:
        raise relevo.RelevoError(reason)
    return 0


def _choose_sandbox() -> relevo.Sandbox:
    plugins = relevo.load_plugins()
    sandboxes = plugins.sandboxes()
    if not sandboxes:
        msg = (
            "The demo needs a sandbox, a stand-in for a provider, and no plugin offers one. "
            "Install one: pip install 'relevo-meta-whatsapp[sandbox]'"
        )
        raise relevo.ConfigurationError(msg)
    return sandboxes[0]


def _listen(port: int | None) -> socket.socket:
    """Listen where it was asked for and nowhere else; without a wish, on a free port."""
    if port is not None:
        return open_socket(HOST, port)
    listener = open_next_free_socket(HOST, DEFAULT_PORT, _PORTS)
    chosen = listener.getsockname()[1]
    if chosen != DEFAULT_PORT:
        note(f"{DEFAULT_PORT} is taken, using {chosen}")
    return listener


@contextmanager
def _database(file: Path | None) -> Iterator[Path]:
    if file is not None:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="relevo-demo-") as folder:
        yield Path(folder) / "demo.db"


async def _demo(
    sandbox: relevo.Sandbox, listener: socket.socket, file: Path, *, once: bool, as_json: bool
) -> str | None:
    """Run the demo; give the reason if it did not come to a good end."""
    from relevo_server import create_app, stop_streams  # noqa: PLC0415 - heavy
    from relevo_server.commands.demo_run import DemoRun  # noqa: PLC0415 - heavy

    url = url_of(listener)
    async with sandbox.start(f"{url}{API}/webhooks/{ACCOUNT}") as running:
        settings = relevo.Settings.model_validate(
            {
                "engine": f"sqlite:///{file}",
                # A newcomer writes to one person faster than a vendor would let through.
                "accounts": {ACCOUNT: {**running.account, "pair_pace": False}},
                "server": {"demo_account": ACCOUNT, "cors_origins": [FRONT_END]},
            }
        )
        app = create_app(settings, sandbox=running)
        async with (
            app.lifespan(),
            serving(app, listener, before_stop=lambda: stop_streams(app)),
        ):
            run = DemoRun(url, sandbox.name, running, as_json=as_json or not sys.stdout.isatty())
            run.introduce(real_settings())
            return await (run.until_read() if once else run.until_stopped())


def real_settings() -> list[str]:
    """List the real credentials and settings that are here and stay unused."""
    accounts = sorted(name for name in os.environ if name.startswith("RELEVO_ACCOUNTS"))
    file = ["relevo.toml"] if Path("relevo.toml").is_file() else []
    return [*(name for name in _REAL if os.environ.get(name)), *accounts, *file]
