"""A server for the examples of a page: what `relevo serve` would be beside them."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import anyio

import relevo
from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

ACCOUNTS = {"shop": {"provider": "console", "stream": "stderr", "statuses": ["sent", "read"]}}


def start() -> None:
    """Serve until the process ends, and let `RELEVO_URL` name the address."""
    listener = open_socket("127.0.0.1", 0)
    up = threading.Event()

    async def serve() -> None:
        settings = relevo.parse_settings(
            {
                "engine": "memory",
                "accounts": ACCOUNTS,
                "media": {"path": str(Path(tempfile.mkdtemp()) / "files")},
            }
        )
        app = create_app(settings)
        async with (
            app.lifespan(),
            serving(app, listener, before_stop=lambda: stop_streams(app)),
        ):
            up.set()
            await anyio.sleep_forever()

    os.environ["RELEVO_URL"] = url_of(listener)
    os.environ.pop("RELEVO_API_KEY", None)
    threading.Thread(target=lambda: anyio.run(serve), daemon=True).start()
    assert up.wait(30), "the page's server does not start"
