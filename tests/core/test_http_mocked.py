"""Transports that tell nothing of a request's progress: mocks, and whatever a host passes in."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import anyio
import httpx
import pytest
import respx
from pydantic import SecretStr

from relevo.errors import OutcomeUnknown, Phase, Rejected, Unavailable
from relevo.http import ClientSettings, account_client, record_exchange

pytestmark = pytest.mark.anyio

SECRET = "canary-4711"


def client_over(
    transport: httpx.AsyncBaseTransport,
    *,
    also: tuple[str, ...] = (),
    params: Mapping[str, SecretStr] | None = None,
) -> httpx.AsyncClient:
    headers = {"Authorization": SecretStr(f"Bearer {SECRET}")}
    settings = ClientSettings("https://api.example.com", headers, also=also, params=params or {})
    return account_client("vertice", settings, transport)


def untold(error: BaseException) -> httpx.MockTransport:
    def fail(request: httpx.Request) -> httpx.Response:
        del request
        raise error

    return httpx.MockTransport(fail)


def miscalled() -> httpx.ConnectTimeout:
    """Make what httpx-aiohttp says when the server hung up after reading."""
    error = httpx.ConnectTimeout("Server disconnected")
    error.__cause__ = aiohttp.ServerDisconnectedError()
    return error


@pytest.mark.parametrize(
    ("error", "expected", "phase"),
    [
        (httpx.ConnectError("no"), Unavailable, Phase.CONNECTING),
        (httpx.ConnectTimeout("no"), Unavailable, Phase.CONNECTING),
        (httpx.PoolTimeout("no"), Unavailable, Phase.CONNECTING),
        (httpx.UnsupportedProtocol("no"), Rejected, Phase.CONNECTING),
        (httpx.ReadTimeout("no"), OutcomeUnknown, Phase.WRITING),
        (miscalled(), OutcomeUnknown, Phase.WRITING),
        (ConnectionResetError(), OutcomeUnknown, Phase.WRITING),
        (ValueError("a bug"), ValueError, Phase.WRITING),
    ],
)
async def test_transport_that_tells_no_phase_is_judged_on_the_safe_side(
    error: Exception, expected: type[Exception], phase: Phase
) -> None:
    async with client_over(untold(error)) as client:
        with record_exchange() as exchange, pytest.raises(expected):
            await client.post("/", content=b"hola")
    assert exchange.phase is phase


async def test_cancelled_request_over_a_transport_that_tells_nothing_may_have_left() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        del request
        await anyio.sleep_forever()
        raise AssertionError

    async with client_over(httpx.MockTransport(hang)) as client:
        with record_exchange() as exchange, anyio.move_on_after(0.1):
            await client.get("/")
    assert exchange.phase is Phase.WRITING


async def test_respx_answers_for_the_provider_with_the_account_authenticated() -> None:
    transport = httpx.AsyncHTTPTransport()
    with respx.mock as router, record_exchange() as exchange:
        route = router.post("https://api.example.com/messages").respond(201, json={"id": "1"})
        async with client_over(transport) as client:
            await client.post("/messages", json={"to": "1"})
    assert route.calls.last.request.headers["authorization"] == f"Bearer {SECRET}"
    assert route.calls.last.request.content == b'{"to":"1"}'
    assert (exchange.phase, exchange.http_status) == (Phase.ANSWERED, 201)


async def test_large_body_is_written_in_pieces_that_each_have_the_write_timeout() -> None:
    """The peer must take a piece in time, not the whole body, so 0.5 s suffice for 0.6 s here."""
    body = bytes(range(256)) * 1000
    pieces: list[bytes] = []

    class SlowTransport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert isinstance(request.stream, httpx.AsyncByteStream)
            async for piece in request.stream:
                pieces.append(piece)
                await anyio.sleep(0.15)
            return httpx.Response(200)

    async with client_over(SlowTransport()) as client:
        timeout = httpx.Timeout(5, write=0.5)
        assert (await client.post("/", content=body, timeout=timeout)).status_code == 200
    assert len(pieces) == 4
    assert b"".join(pieces) == body


async def test_secret_url_is_asked_and_logged_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    caplog.set_level("DEBUG")
    secret = httpx.URL(f"https://files.example.com/f?hash={SECRET}")
    async with client_over(httpx.MockTransport(answer), also=("files.example.com",)) as client:
        response = await client.get("/files/1", extensions={"secret_url": secret})
    assert seen[0].url == secret
    assert seen[0].headers["host"] == "files.example.com"
    assert seen[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in f"{response.request.url} {caplog.text}"


async def test_secret_parameters_go_to_the_own_origin_only() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    params = {"proof": SecretStr(SECRET)}
    transport = httpx.MockTransport(answer)
    async with client_over(transport, also=("files.example.com",), params=params) as client:
        response = await client.get("/numbers?fields=id")
        await client.get("https://files.example.com/f")
    assert seen[0].url.params.multi_items() == [("fields", "id"), ("proof", SECRET)]
    assert not seen[1].url.query
    assert SECRET not in str(response.request.url)
