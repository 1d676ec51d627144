"""HEAD: every route that answers GET answers it too, with the same headers and no body."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import anyio
import httpx
import pytest
from litestar import Litestar, get

import relevo
from relevo_server import RelevoPlugin

pytestmark = pytest.mark.anyio
API = "/api/v1/messaging"
UNLIKE = {"x-request-id", "date", "ratelimit-remaining", "ratelimit-reset"}


def headers_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in UNLIKE}


async def test_head_answers_as_get_without_a_body(
    make_app: Any, in_process: Any, settled: Any, tmp_path: Any
) -> None:
    """Lists, one message, a file and a part of it, health, pages, what is not there."""
    async with in_process(make_app(media={"path": str(tmp_path)})) as client:
        body = {"to": "15550100001", "text": "hola"}
        sent = (await client.post(f"{API}/messages", json=body)).json()
        await settled(client, sent["id"], "accepted")
        picture = {"content-type": "image/png"}
        kept = (await client.post(f"{API}/media", content=b"bytes", headers=picture)).json()
        file = f"{API}/media/{kept['id']}"
        asked: list[tuple[str, dict[str, str]]] = [
            (f"{API}/messages", {}),
            (f"{API}/messages?limit=0", {}),
            (f"{API}/messages/{sent['id']}", {}),
            (f"{API}/messages/none", {}),
            (f"{API}/accounts", {}),
            (f"{API}/events", {"accept": "application/json"}),
            (f"{API}/events?after=nonsense", {}),
            (f"{API}/webhooks/shop?token=acme-webhook-secret&challenge=x", {}),
            (file, {}),
            (file, {"range": "bytes=1-2"}),
            (file, {"if-none-match": "*"}),
            ("/health/live", {}),
            ("/problems", {}),
            ("/schema/openapi.json", {}),
            ("/demo/messaging/lab/index.html", {}),
        ]
        for path, headers in asked:
            whole = await client.get(path, headers=headers)
            head = await client.head(path, headers=headers)
            assert head.status_code == whole.status_code, path
            assert headers_of(head) == headers_of(whole), path
            assert head.content == b"", path


async def test_no_byte_of_a_body_leaves_us(make_app: Any) -> None:
    """Servers mostly drop it; not all do."""
    app = make_app()
    told: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "HEAD",
        "path": f"{API}/messages",
        "raw_path": f"{API}/messages".encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "state": {},
        "root_path": "",
    }
    async with app.lifespan():
        await app(scope, receive, send)
    assert told[0]["status"] == 200
    assert b"".join(one.get("body", b"") for one in told) == b""


async def test_the_stream_answers_head_with_its_headers_and_ends(
    make_app: Any, in_process: Any
) -> None:
    async with in_process(make_app()) as client:
        with anyio.fail_after(30):
            head = await client.head(f"{API}/events")
    assert head.status_code == 200
    assert head.headers["content-type"].startswith("text/event-stream")
    assert head.headers["cache-control"] == "no-cache, no-transform"
    assert "content-length" not in head.headers


async def test_head_is_among_the_methods_that_are_told(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        for answer in (
            await client.options(f"{API}/messages"),
            await client.delete(f"{API}/messages"),
        ):
            assert {"GET", "HEAD", "POST"} <= set(answer.headers["allow"].split(", "))
        nothing_to_get = await client.head(f"{API}/messages/batch/nothing")
        assert (await client.head(f"{API}/sandbox/replies")).status_code == 405
        assert nothing_to_get.status_code == 404
        described = (await client.get("/schema/openapi.json")).json()["paths"]
    assert not any("head" in operations for operations in described.values())


async def test_head_demands_the_key_that_get_demands(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        sends = await give_key(app, relevo.Scope.SEND)
        reads = await give_key(app, relevo.Scope.READ)
        for headers, status in (({}, 401), (sends, 403), (reads, 200)):
            assert (await client.head(f"{API}/messages", headers=headers)).status_code == status
        assert (await client.head(f"{API}/inbox", headers=reads)).status_code == 403


async def test_head_within_somebodys_application_is_for_our_routes_only(
    make_settings: Any, acme: Any, in_process: Any
) -> None:
    @get("/theirs")
    async def theirs() -> str:
        return "theirs"

    plugin = RelevoPlugin(make_settings(), providers=[acme])
    async with in_process(Litestar([theirs], plugins=[plugin])) as client:
        assert (await client.head(f"{API}/messages")).status_code == 200
        assert (await client.head("/theirs")).status_code == 405
