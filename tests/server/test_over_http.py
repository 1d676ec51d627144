"""What only a real socket shows: limits while reading, broken requests, stopping."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
from tests.ports import free_port

from relevo_server import stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
MESSAGES = f"{API}/messages"
HOOK = f"{API}/webhooks/shop"
GOOD = {"to": "15550100001", "text": "hola"}
JSON = {"content-type": "application/json"}


async def works(client: httpx.AsyncClient) -> bool:
    answer = await client.post(MESSAGES, json=GOOD, headers={"Prefer": "wait=5"})
    return answer.status_code == 200


async def pieces(size: int, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("mebibytes", [1.01, 30])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_413(
    make_app: Any, over_http: Any, refused: Any, mebibytes: float, *, chunked: bool
) -> None:
    count = int(mebibytes * 64) + 1
    body: Any = pieces(16_384, count) if chunked else b" " * (16_384 * count)
    async with over_http(make_app()) as client:
        refused(await client.post(MESSAGES, content=body, headers=JSON), 413, "body_too_large")
        assert await works(client)


async def test_a_webhook_may_be_as_large_as_meta_sends_them(
    make_app: Any, over_http: Any, refused: Any, signed: Any
) -> None:
    async with over_http(make_app()) as client:
        large = signed({"from": "15550100001", "text": "x" * 90_000, "rest": "y" * 3_000_000})
        assert (await client.post(HOOK, **large)).status_code == 200
        larger = signed(b" " * 3_500_000)
        refused(await client.post(HOOK, **larger), 413, "body_too_large")
        assert await works(client)


async def test_limits_are_the_settings(make_app: Any, over_http: Any, refused: Any) -> None:
    async with over_http(make_app(server={"max_body_bytes": 200})) as client:
        long = GOOD | {"text": "x" * 200}
        problem = refused(await client.post(MESSAGES, json=long), 413, "body_too_large")
        assert "more than 200 bytes" in problem["detail"]
        assert await works(client)


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        (MESSAGES, "max_body_bytes under [server]"),
        (f"{MESSAGES}/batch", "max_batch_bytes under [server]"),
        (HOOK, "max_webhook_bytes under [server]"),
    ],
)
async def test_what_is_too_large_is_told_the_limit_and_its_setting(
    make_app: Any, in_process: Any, refused: Any, path: str, setting: str
) -> None:
    limits = {"max_body_bytes": 100, "max_batch_bytes": 100, "max_webhook_bytes": 100}
    async with in_process(make_app(server=limits)) as client:
        answer = await client.post(path, content=b"x" * 101, headers=JSON)
    problem = refused(answer, 413, "body_too_large")
    assert problem["detail"] == f"The body has more than 100 bytes. Send less, or raise {setting}."


def _raw(client: httpx.AsyncClient, request: bytes) -> bytes:
    """Send bytes as they are, then hang up; give what came back."""
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


async def test_a_request_cut_in_its_body_is_no_incident(
    make_app: Any, over_http: Any, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        f"POST {MESSAGES} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000\r\n\r\n"
    )
    async with over_http(make_app()) as client:
        await anyio.to_thread.run_sync(_raw, client, head.encode() + b'{"to": "1555')
        assert await works(client)
        assert len((await client.get(MESSAGES)).json()["items"]) == 1
    assert [line for line in caplog.records if line.levelno >= logging.ERROR] == []


async def test_headers_of_any_bytes_are_no_incident(make_app: Any, over_http: Any) -> None:
    head = (
        f"POST {HOOK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n"
        "Connection: close\r\nX-Acme-Signature: "
    )
    async with over_http(make_app()) as client:
        request = head.encode() + b"\xff\xfe\xe9" + b"\r\n\r\n{}"
        answer = await anyio.to_thread.run_sync(_raw, client, request)
        assert answer.startswith(b"HTTP/1.1 401")
        assert b"application/problem+json" in answer
        assert await works(client)


async def test_stopping_ends_streams_and_waits_and_loses_nothing(make_app: Any) -> None:
    """A stream would keep the server from stopping: it ends cleanly, and can be resumed."""
    app = make_app(worker={"attempt_s": 1.5, "lease_s": 6})
    ended: list[str] = []
    waited: list[httpx.Response] = []
    with open_socket("127.0.0.1", 0) as listener:

        async def listen(client: httpx.AsyncClient, opened: anyio.Event) -> None:
            async with client.stream("GET", f"{API}/events") as stream:
                async for _ in stream.aiter_raw():
                    opened.set()
            ended.append("cleanly")

        async def wait(client: httpx.AsyncClient) -> None:
            hang = GOOD | {"text": "hang"}
            waited.append(await client.post(MESSAGES, json=hang, headers={"Prefer": "wait=30"}))

        async with (
            app.lifespan(),
            httpx.AsyncClient(base_url=url_of(listener), timeout=20) as client,
            anyio.create_task_group() as tasks,
        ):
            async with serving(app, listener, before_stop=lambda: stop_streams(app)):
                for _ in range(3):
                    opened = anyio.Event()
                    tasks.start_soon(listen, client, opened)
                    await opened.wait()
                tasks.start_soon(wait, client)
                with anyio.fail_after(30):
                    while not (await client.get(f"{MESSAGES}?status=sending")).json()["items"]:
                        await anyio.sleep(0.01)
                began = anyio.current_time()
            assert anyio.current_time() - began < 3
    assert ended == ["cleanly"] * 3
    assert waited[0].status_code == 202


async def test_a_stream_opened_while_stopping_ends_at_once(make_app: Any, over_http: Any) -> None:
    app = make_app()
    async with over_http(app) as client:
        stop_streams(app)
        with anyio.fail_after(30):
            answer = await client.get(f"{API}/events")
        assert answer.status_code == 200, "an EventSource gives up for good on anything else"
        assert (await client.get("/health/ready")).status_code == 503


def _wait_for(url: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            httpx.get(f"{url}/health/live")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not come up")


def test_plain_uvicorn_stops_with_an_open_stream() -> None:
    """Whoever embeds Relevo runs uvicorn as ever, and SIGTERM still stops it."""
    program = textwrap.dedent("""
        import sys, uvicorn, relevo
        from litestar import Litestar
        from relevo_server import RelevoPlugin
        settings = relevo.Settings.model_validate({"engine": "memory", "plugins": {"enabled": []}})
        app = Litestar(plugins=[RelevoPlugin(settings)], logging_config=None)
        uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
    """)
    port = free_port()
    command = [sys.executable, "-c", program, str(port)]
    with subprocess.Popen(command) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            with (
                httpx.Client(base_url=url, timeout=20) as client,
                client.stream("GET", f"{API}/events") as stream,
            ):
                next(stream.iter_raw())
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=10)
        finally:
            process.kill()
    assert process.returncode == -signal.SIGTERM
