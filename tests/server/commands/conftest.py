"""A running server for commands to ask: in a thread, over a real socket."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from litestar import Litestar

from relevo_server import stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No relevo.toml and no variable of the machine takes part."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def serve(make_app: Callable[..., Litestar]) -> Serve:
    """Serve Acme's account with these settings until the block ends; give the address."""

    @contextlib.asynccontextmanager
    async def up(app: Litestar, port: int) -> Any:
        with open_socket("127.0.0.1", port) as listener:
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
            ):
                yield url_of(listener)

    @contextmanager
    def run(port: int = 0, **tables: Any) -> Iterator[str]:
        with (
            start_blocking_portal("asyncio") as portal,
            portal.wrap_async_context_manager(up(make_app(**tables), port)) as url,
        ):
            yield url

    return run


@pytest.fixture
def url(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that commands find by `RELEVO_URL`."""
    with serve() as address:
        monkeypatch.setenv("RELEVO_URL", address)
        yield address


@pytest.fixture
def ask(url: str) -> Iterator[httpx.Client]:
    """Ask that server as any client would."""
    with httpx.Client(base_url=f"{url}/api/v1/messaging", trust_env=False, timeout=20) as client:
        yield client
