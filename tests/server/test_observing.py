"""What is done around every request: its id, its log line, its headers, its limits."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from litestar import Litestar, get

import relevo
from relevo_server import RelevoPlugin, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of
from relevo_server.settings import read_server_settings

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
PERSON = "15550100001"
SECURE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-site",
}


async def test_sane_request_id_is_given_back_and_named_by_problems(
    make_app: Any, in_process: Any
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get(f"{API}/messages/x", headers={"x-request-id": "order-4711-b"})
    assert answer.headers["x-request-id"] == "order-4711-b"
    assert answer.json()["request_id"] == "order-4711-b"


@pytest.mark.parametrize("asked", ["", "short", "a b c d e f g", "x" * 65, PERSON, "line\tbreak-x"])
async def test_other_request_id_is_replaced(make_app: Any, in_process: Any, asked: str) -> None:
    """It could forge a line, or be somebody's number."""
    async with in_process(make_app()) as client:
        answer = await client.get("/health/live", headers={"x-request-id": asked})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_line_of_a_send_names_its_message(
    make_app: Any, in_process: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a request and what became of its message could not be joined; never to whom."""
    caplog.set_level(logging.INFO, "relevo.access")
    async with in_process(make_app()) as client:
        sent = await client.post(f"{API}/messages", json={"to": PERSON, "text": "hello"})
    (line,) = [one for one in caplog.records if one.name == "relevo.access"]
    assert vars(line)["message_id"] == sent.json()["id"]
    assert PERSON not in caplog.text


async def test_request_is_one_line_without_path_or_query(
    make_app: Any, in_process: Any, give_key: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The template of its route, its status, its time, whose key, which account if there is one."""
    app = make_app()
    caplog.set_level(logging.INFO, "relevo.access")
    async with in_process(app) as client:
        key = await give_key(app, name="the shop's key")
        await client.get(f"{API}/accounts/shop/health?secret={PERSON}", headers=key)
        await client.get(f"{API}/accounts/{PERSON}/health", headers=key)
        await client.get(f"/{PERSON}?{PERSON}")
        await client.get("/health/live")
    lines = [one for one in caplog.records if one.name == "relevo.access"]
    seen = [(vars(one)["route"], vars(one)["status"], vars(one).get("account")) for one in lines]
    assert seen == [
        (f"{API}/accounts/{{name}}/health", 400, "shop"),
        (f"{API}/accounts/{{name}}/health", 404, None),
        ("(none)", 404, None),
    ]
    assert vars(lines[0])["key_name"] == "the shop's key"
    assert not hasattr(lines[2], "key_id")
    assert all(vars(one)["duration_s"] >= 0 for one in lines)
    assert PERSON not in caplog.text


@pytest.mark.parametrize("path", ["/health/live", "/nope", "/schema", f"{API}/webhooks/nobody"])
async def test_every_answer_carries_security_headers(
    make_app: Any, in_process: Any, path: str
) -> None:
    """Also that of a path which no route knows, and a page's own policy stays."""
    async with in_process(make_app()) as client:
        answer = await client.get(path)
    assert SECURE.items() <= {**answer.headers}.items()
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


async def test_hsts_is_told_behind_tls_only(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app(server={"hsts_s": 600})) as client:
        plain = await client.get("/health/live")
        secured = await client.get("https://127.0.0.1:7062/health/live")
    assert "strict-transport-security" not in plain.headers
    assert secured.headers["strict-transport-security"] == "max-age=600"


async def test_embedded_routes_are_observed_and_the_hosts_own_are_not(
    make_settings: Any, acme: Any, in_process: Any
) -> None:
    """The application's other answers are its own affair."""

    @get("/own")
    async def own() -> str:
        return "mine"

    plugin = RelevoPlugin(make_settings(), providers=[acme])
    app = Litestar([own], plugins=[plugin], logging_config=None)
    async with in_process(app) as client:
        ours, theirs = await client.get(f"{API}/accounts"), await client.get("/own")
        numbers = await client.get(f"{API}/metrics")
    assert SECURE.items() <= {**ours.headers}.items()
    assert ours.headers["x-request-id"]
    assert not {"x-request-id", *SECURE} & {*theirs.headers}
    assert f'route="{API}/accounts"' in numbers.text
    assert "/own" not in numbers.text


async def test_embedding_leaves_the_hosts_logging_alone(
    make_settings: Any, acme: Any, in_process: Any
) -> None:
    """Handlers, levels and formats are whoever runs the program's."""
    root = logging.getLogger()
    before = (root.level, tuple(root.handlers), logging.getLogger("relevo").level)
    app = Litestar(plugins=[RelevoPlugin(make_settings(), providers=[acme])], logging_config=None)
    async with in_process(app) as client:
        await client.get(f"{API}/accounts")
    assert (root.level, tuple(root.handlers), logging.getLogger("relevo").level) == before


async def _talk(app: Litestar, *words: bytes, **server: Any) -> bytes:
    """Say this over a socket, then nothing, and read until the server hangs up."""
    with open_socket("127.0.0.1", 0) as listener:
        address = urlsplit(url_of(listener))
        async with (
            app.lifespan(),
            serving(
                app,
                listener,
                before_stop=lambda: stop_streams(app),
                limits=read_server_settings(server),
            ),
            await anyio.connect_tcp(str(address.hostname), address.port or 0) as line,
        ):
            heard = b""
            with anyio.fail_after(30):
                try:
                    for part in words:
                        await line.send(part)
                    while True:
                        heard += await line.receive()
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return heard


async def test_body_that_comes_too_slowly_is_given_up(make_app: Any) -> None:
    """An answer says so, and the connection ends."""
    app = make_app(server={"body_timeout_s": 0.2})
    said = (
        f"POST {API}/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        'Content-Length: 100\r\n\r\n{"to'
    )
    heard = await _talk(app, said.encode(), body_timeout_s=0.2)
    assert heard.startswith(b"HTTP/1.1 408")
    assert b'"code":"request_timeout"' in heard


@pytest.mark.parametrize("said", [b"", b"GET /health/live HTTP/1.1\r\nHost: 127.0", b"GET /"])
async def test_connection_without_a_whole_request_is_cut(make_app: Any, said: bytes) -> None:
    """Nobody holds a place for nothing."""
    assert await _talk(make_app(), said, head_timeout_s=0.2) == b""


async def test_headers_may_not_be_endless(make_app: Any) -> None:
    said = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * 10_000
    heard = await _talk(make_app(), said, max_header_bytes=4_096)
    assert heard.startswith(b"HTTP/1.1 431")
    assert b'"code":"headers_too_large"' in heard


@pytest.mark.parametrize(("length", "piece"), [(60_000, 100), (4_200, 100_000)])
async def test_large_headers_are_refused_however_they_arrive(
    make_app: Any, length: int, piece: int
) -> None:
    """In one piece, or in many: where it all has come, the server itself counts no more."""
    said = (
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: %b\r\nConnection: close\r\n\r\n"
    )
    words = said % (b"a" * length)
    parts = [words[at : at + piece] for at in range(0, len(words), piece)]
    app = make_app(server={"max_header_bytes": 4_096})
    heard = await _talk(app, *parts, max_header_bytes=4_096)
    assert heard.startswith(b"HTTP/1.1 431")
    assert b'"code":"headers_too_large"' in heard


async def test_what_is_no_request_is_answered_and_not_warned_of(
    make_app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody who reaches the port could fill the log."""
    heard = await _talk(make_app(), b"\x16\x03\x01 hello\r\n\r\n")
    upgrade = b"Host: 127.0.0.1\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    await _talk(make_app(), b"GET /health/live HTTP/1.1\r\n" + upgrade)
    assert heard.startswith(b"HTTP/1.1 400 Bad Request")
    assert b'"code":"bad_request"' in heard
    assert [one for one in caplog.records if one.name.startswith("uvicorn")] == []


@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"]])
async def test_only_a_trusted_proxy_says_how_a_request_came(
    make_app: Any, trusted: list[str]
) -> None:
    """By TLS, which is told to browsers. That it came from elsewhere shuts out in any case."""
    app = make_app(server={"hsts_s": 60})
    with open_socket("127.0.0.1", 0) as listener:
        async with (
            app.lifespan(),
            serving(
                app,
                listener,
                before_stop=lambda: stop_streams(app),
                limits=read_server_settings({"trusted_proxies": trusted}),
            ),
            httpx.AsyncClient(base_url=url_of(listener), trust_env=False) as client,
        ):
            tls = await client.get(f"{API}/accounts", headers={"x-forwarded-proto": "https"})
            far = await client.get(f"{API}/accounts", headers={"x-forwarded-for": "203.0.113.9"})
    assert (tls.status_code, far.status_code) == (200, 403)
    assert ("strict-transport-security" in tls.headers) is bool(trusted)


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.0/99"])
def test_proxy_that_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(relevo.ConfigurationError, match="trusted_proxies"):
        read_server_settings({"trusted_proxies": [wrong]})


def test_proxies_can_be_listed_in_a_variable() -> None:
    settings = read_server_settings({"trusted_proxies": "10.0.0.1, 10.1.0.0/16"})
    assert settings.trusted_proxies == ["10.0.0.1", "10.1.0.0/16"]
