"""The served description against the server itself: nothing undocumented, nothing that breaks.

The whole runs over a socket, as a stranger's tool would do it. `RELEVO_SCHEMATHESIS=EXAMPLES` makes
it thorough: so many made-up requests for each operation, and every shape of a message's body, which
alone are thousands.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import schemathesis
from litestar import Litestar
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

API = "/api/v1/messaging"
LONG = os.environ.get("RELEVO_SCHEMATHESIS")
EXAMPLES = int(LONG or 2)
SEED = 7062
BOOTSTRAP = "rlv_schemathesis_0123456789abcdefghijklmnopqrstuvwxyz"
WAITING = "/pause$"
"""What lets the messages of all later requests wait."""
KEYS = "/keys"
"""The first key closes an open server."""
RUN = "/events$"
"""By POST a run without end, whatever is accepted; by GET a page, as all here accept JSON."""
LARGE = "/messages(/batch|/plan)?$|/sandbox/replies$"
"""What takes any content: for each of its shapes a request is more than a suite has time for."""

UNWANTED = (
    # These judge by the schema what our own sentences judge: a phone number is no pattern.
    "positive_data_acceptance",
    "negative_data_rejection",
    "missing_required_header",
    # Requests are not made to follow each other here.
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
)

pytestmark = [pytest.mark.timeout(600 if LONG else 240)]


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """Serve an application from a thread of its own."""
    url: list[str] = []
    up, over = threading.Event(), threading.Event()

    async def serve() -> None:
        with open_socket("127.0.0.1", 0) as listener:
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
            ):
                url.append(url_of(listener))
                up.set()
                while not over.is_set():
                    await anyio.sleep(0.02)

    thread = threading.Thread(target=anyio.run, args=(serve,))
    thread.start()
    try:
        assert up.wait(20)
        yield url[0]
    finally:
        over.set()
        thread.join(20)


def fill(url: str, headers: dict[str, str]) -> dict[str, str]:
    """Make something of everything that an id can name."""
    with httpx.Client(base_url=url, headers=headers, timeout=20) as client:
        body = {"to": "15550100001", "text": "hola"}
        sent = client.post(f"{API}/messages", json=body, headers={"Prefer": "wait=5"}).json()
        picture = {"content-type": "image/png"}
        kept = client.post(f"{API}/media", content=b"bytes", headers=picture).json()
    return {
        "path.message_id": sent["id"],
        "path.conversation_id": sent["conversation_id"],
        "path.media_id": kept["id"],
        "path.account": "shop",
        "path.name": "shop",
        "path.family": "acme",
        "path.product": "sms",
    }


def run(
    url: str,
    ids: dict[str, str],
    headers: dict[str, str],
    *,
    only: str = "",
    without: str = "^$",
    every_shape: bool = True,
    bounded: bool = True,
) -> list[str]:
    """Let schemathesis try the operations whose path is like that; give what it found."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "generation": {"max-examples": EXAMPLES, "database": "none"},
            "headers": {"Accept": "application/json", **headers},
            "parameters": ids,
            "request-timeout": 30,
            "continue-on-failure": True,
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": every_shape}},
            "operations": []
            if LONG
            else [
                {"include-path-regex": LARGE, "phases": {"coverage": {"enabled": False}}},
            ],
            "checks": {name: {"enabled": False} for name in UNWANTED},
        }
    )
    described = f"{url}/schema/openapi.json"
    schema = schemathesis.openapi.from_url(described, config=config, headers=headers)
    chosen = schema.include(path_regex=only) if only else schema.exclude(path_regex=without)
    return list(_found(chosen.exclude(path_regex=RUN, method="POST") if bounded else chosen))


def _found(schema: Any) -> Iterator[str]:
    tried = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield f"{event}"
        if not isinstance(event, events.ScenarioFinished):
            continue
        tried += len(event.recorder.cases)
        for checks in event.recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    yield (
                        f"{event.recorder.label} · {check.name} · {failure.title}\n"
                        f"{failure.message}\n{check.failure_info.code_sample}"
                    )
    assert tried, "It tried nothing."


@pytest.fixture
def make_served(make_settings: Any, acme: Any, tmp_path: Path) -> Any:
    """Serve the shop; its files lie apart."""

    @contextmanager
    def make() -> Iterator[str]:
        settings = make_settings(media={"path": str(tmp_path / "media")})
        with served(create_app(settings, providers=[acme])) as url:
            yield url

    return make


def test_an_open_server_answers_as_it_says(make_served: Any) -> None:
    """No 5xx, no status, content type or body that the description does not know."""
    with make_served() as url:
        ids = fill(url, {})
        assert run(url, ids, {}, without=f"{KEYS}|{WAITING}") == []
        assert run(url, ids, {}, only=WAITING) == []


def test_a_server_with_keys_answers_a_key_as_it_says(
    make_served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key with all scopes; it makes and takes back others."""
    monkeypatch.setenv("RELEVO_BOOTSTRAP_KEY", BOOTSTRAP)
    with make_served() as url:
        key = {"Authorization": f"Bearer {BOOTSTRAP}"}
        ids = fill(url, key)
        assert run(url, ids, key, without=WAITING) == []


def test_a_server_with_keys_answers_nobody_as_it_says(
    make_served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key everything that demands one is a documented 401."""
    monkeypatch.setenv("RELEVO_BOOTSTRAP_KEY", BOOTSTRAP)
    with make_served() as url:
        ids = {"path.account": "shop", "path.name": "shop"}
        assert run(url, ids, {}, every_shape=bool(LONG), bounded=False) == []
