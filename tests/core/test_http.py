"""The shared transport over real sockets: where a request broke off, and what that means."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import anyio
import httpx
import pytest
from anyio import TypedAttributeProvider
from anyio.abc import SocketAttribute, SocketStream
from pydantic import SecretStr
from tests.ports import free_port

from relevo.errors import (
    OutcomeUnknown,
    Phase,
    Rejected,
    SendError,
    Unavailable,
)
from relevo.http import ClientSettings, account_client, open_transport, record_exchange

pytestmark = pytest.mark.anyio

SECRET = "canary-4711"
LARGE = b"x" * (8 * 1024 * 1024)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Behaviour = Callable[["Peer", SocketStream], Awaitable[None]]


@dataclass
class Peer:
    """A raw TCP server; `requests` holds each request it read to the end, as it came."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    streams: list[SocketStream] = field(default_factory=list)
    closed: anyio.Event = field(default_factory=anyio.Event)
    quiet: anyio.Event = field(default_factory=anyio.Event)

    async def fall_silent(self) -> None:
        self.quiet.set()
        await anyio.sleep_forever()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def read_request(self, stream: SocketStream) -> None:
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += await stream.receive()
        length = re.search(rb"(?i)content-length: (\d+)", seen)
        whole = seen.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
        while len(seen) < whole:
            seen += await stream.receive()
        self.requests.append(seen)


def raw_socket(stream: TypedAttributeProvider) -> socket.socket:
    return stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - no Django here


@contextlib.asynccontextmanager
async def serve(behave: Behaviour) -> AsyncIterator[Peer]:
    peer = Peer()

    async def handle(stream: SocketStream) -> None:
        peer.streams.append(stream)
        async with stream:
            with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                await behave(peer, stream)
        peer.closed.set()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        raw = raw_socket(listener)
        peer.port = raw.getsockname()[1]
        # Else the kernel takes megabytes for a peer that reads nothing.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, handle)
            yield peer
            group.cancel_scope.cancel()


@contextlib.asynccontextmanager
async def client_of(
    base_url: str, transport: httpx.AsyncBaseTransport | None = None, timeout_s: float = 5
) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": SecretStr(f"Bearer {SECRET}")}
    settings = ClientSettings(base_url, headers, timeout_s)
    opened = contextlib.nullcontext(transport) if transport is not None else open_transport()
    async with opened as shared, account_client("vertice", settings, shared) as client:
        yield client


async def answer(peer: Peer, stream: SocketStream) -> None:
    while True:
        await peer.read_request(stream)
        await stream.send(OK)


async def reset(peer: Peer, stream: SocketStream) -> None:
    del peer
    raw_socket(stream).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def reset_in_the_request(peer: Peer, stream: SocketStream) -> None:
    await stream.receive()
    await reset(peer, stream)


async def close_after_the_request(peer: Peer, stream: SocketStream) -> None:
    await peer.read_request(stream)


async def cut_the_answer(peer: Peer, stream: SocketStream) -> None:
    await peer.read_request(stream)
    await stream.send(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\nonly")


async def talk_nonsense(peer: Peer, stream: SocketStream) -> None:
    await peer.read_request(stream)
    await stream.send(b"220 mail.example.com ESMTP\r\n\r\n")


async def say_nothing(peer: Peer, stream: SocketStream) -> None:
    await peer.read_request(stream)
    await peer.fall_silent()


async def stop_reading(peer: Peer, stream: SocketStream) -> None:
    await stream.receive(1)
    await peer.fall_silent()


async def stall_in_the_answer(peer: Peer, stream: SocketStream) -> None:
    await cut_the_answer(peer, stream)
    await peer.fall_silent()


async def fail_to_post(
    client: httpx.AsyncClient, content: bytes = b"hola"
) -> tuple[SendError, Phase | None]:
    with record_exchange() as exchange, pytest.raises(SendError) as caught:
        await client.post("/v1/secret-path?token=abc", content=content)
    assert exchange.requests == 1
    assert caught.value.phase is exchange.phase
    assert caught.value.http_status == exchange.http_status
    text = str(caught.value)
    assert "'vertice'" in text
    assert "127.0.0.1" in text
    assert "secret-path" not in text
    assert "token" not in text
    assert caught.value.__cause__ is not None
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return caught.value, exchange.phase


async def test_post_answered_is_recorded_with_its_status() -> None:
    async with serve(answer) as peer, client_of(peer.url) as client:
        with record_exchange() as exchange:
            response = await client.post("/v1/messages", json={"to": "1"})
        assert response.text == "ok"
        assert (exchange.phase, exchange.http_status) == (Phase.ANSWERED, 200)
        assert peer.requests[0].count(b"POST /v1/messages HTTP/1.1\r\n") == 1
        assert peer.requests[0].endswith(b'\r\n\r\n{"to":"1"}')


async def test_post_refused_connection_is_surely_not_sent() -> None:
    async with client_of(f"http://127.0.0.1:{free_port()}") as client:
        error, phase = await fail_to_post(client)
    assert type(error) is Unavailable
    assert phase is Phase.CONNECTING


async def test_post_failed_tls_handshake_is_surely_not_sent() -> None:
    async with (
        serve(reset_in_the_request) as peer,
        client_of(peer.url.replace("http:", "https:")) as client,
    ):
        error, phase = await fail_to_post(client)
    assert type(error) is Unavailable
    assert phase is Phase.CONNECTING


async def test_post_connect_timeout_is_surely_not_sent() -> None:
    async with (
        serve(stop_reading) as peer,
        client_of(peer.url.replace("http:", "https:"), timeout_s=0.2) as client,
    ):
        error, phase = await fail_to_post(client)
    assert type(error) is Unavailable
    assert phase is Phase.CONNECTING


@pytest.mark.parametrize(
    ("behave", "content", "timeout_s", "phases"),
    [
        # Whether the reset overtakes the write is up to the kernel; both may have left.
        (reset, b"hola", 5, {Phase.WRITING, Phase.WRITTEN}),
        (reset_in_the_request, LARGE, 5, {Phase.WRITING}),
        (stop_reading, LARGE, 0.5, {Phase.WRITING}),
        (close_after_the_request, b"hola", 5, {Phase.WRITTEN}),
        (close_after_the_request, LARGE, 5, {Phase.WRITTEN}),
        (talk_nonsense, b"hola", 5, {Phase.WRITTEN}),
        (say_nothing, b"hola", 0.5, {Phase.WRITTEN}),
    ],
)
async def test_post_broken_off_after_the_first_byte_has_an_unknown_outcome(
    behave: Behaviour, content: bytes, timeout_s: float, phases: set[Phase]
) -> None:
    async with serve(behave) as peer, client_of(peer.url, timeout_s=timeout_s) as client:
        error, phase = await fail_to_post(client, content)
        assert len(peer.requests) <= 1
    assert type(error) is OutcomeUnknown
    assert phase in phases


@pytest.mark.parametrize("behave", [cut_the_answer, stall_in_the_answer])
async def test_post_broken_off_in_the_answer_keeps_the_status(behave: Behaviour) -> None:
    async with serve(behave) as peer, client_of(peer.url, timeout_s=0.5) as client:
        error, phase = await fail_to_post(client)
    assert type(error) is OutcomeUnknown
    assert (phase, error.http_status) == (Phase.ANSWERED, 201)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
async def test_request_cut_on_a_reused_connection_is_never_sent_twice(method: str) -> None:
    async def answer_once(peer: Peer, stream: SocketStream) -> None:
        await peer.read_request(stream)
        await stream.send(OK)
        await peer.read_request(stream)

    async with serve(answer_once) as peer, client_of(peer.url) as client:
        await client.post("/first")
        with pytest.raises(OutcomeUnknown):
            await client.request(method, "/second", content=b"" if method == "GET" else b"hola")
        assert len(peer.streams) == 1
        assert [request.split()[1] for request in peer.requests] == [b"/first", b"/second"]


async def test_post_on_a_connection_the_server_just_closed_is_sent_at_most_once(
    anyio_backend_name: str,
) -> None:
    """The close and the POST cross: httpcore looks at the socket first, aiohttp cannot."""
    async with serve(answer) as peer, client_of(peer.url) as client:
        await client.post("/first")
        raw_socket(peer.streams[0]).shutdown(socket.SHUT_WR)
        with record_exchange() as exchange:
            if anyio_backend_name == "trio":
                await client.post("/second")
                assert exchange.phase is Phase.ANSWERED
            else:
                with pytest.raises(OutcomeUnknown):
                    await client.post("/second", content=b"hola")
                assert exchange.phase in {Phase.WRITING, Phase.WRITTEN}
        assert [request.split()[1] for request in peer.requests].count(b"/second") <= 1


async def test_post_after_the_server_closed_an_idle_connection_uses_a_new_one() -> None:
    async def answer_one(peer: Peer, stream: SocketStream) -> None:
        await peer.read_request(stream)
        await stream.send(OK)

    async with serve(answer_one) as peer, client_of(peer.url) as client:
        await client.post("/first")
        await peer.closed.wait()
        await anyio.wait_all_tasks_blocked()
        assert (await client.post("/second")).text == "ok"
        assert len(peer.streams) == len(peer.requests) == 2


async def test_authentication_goes_to_the_origin_of_the_account_only() -> None:
    async with serve(answer) as home, serve(answer) as other, client_of(home.url) as client:
        response = await client.get("/messages")
        await client.get(f"http://localhost:{home.port}/")
        await client.get(f"{other.url}/media")
    assert f"authorization: Bearer {SECRET}".encode() in home.requests[0].replace(b"A", b"a")
    assert SECRET.encode() not in home.requests[1]
    assert SECRET.encode() not in other.requests[0]
    assert "authorization" not in response.request.headers


async def test_authentication_the_provider_sets_itself_is_not_doubled() -> None:
    async with serve(answer) as peer, client_of(peer.url) as client:
        await client.get("/", headers={"authorization": "Basic own"})
    assert peer.requests[0].lower().count(b"authorization:") == 1
    assert SECRET.encode() not in peer.requests[0]


async def test_redirect_is_not_followed_and_takes_no_secret_along_when_asked_to() -> None:
    async with serve(answer) as other:

        async def redirect(peer: Peer, stream: SocketStream) -> None:
            head = f"HTTP/1.1 307 Go\r\nlocation: {other.url}\r\ncontent-length: 0\r\n\r\n"
            while True:
                await peer.read_request(stream)
                await stream.send(head.encode())

        async with serve(redirect) as home, client_of(home.url) as client:
            assert (await client.post("/", content=b"hola")).status_code == 307
            assert other.requests == []
            await client.post("/", content=b"hola", follow_redirects=True)
        assert SECRET.encode() not in other.requests[0]


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with serve(answer) as peer, client_of(peer.url) as client:
        assert (await client.get("/")).text == "ok"


async def test_cookies_are_not_kept() -> None:
    async def set_cookie(peer: Peer, stream: SocketStream) -> None:
        while True:
            await peer.read_request(stream)
            head = b"HTTP/1.1 200 OK\r\nset-cookie: a=b; path=/\r\ncontent-length: 0\r\n\r\n"
            await stream.send(head)

    async with serve(set_cookie) as peer, client_of(peer.url) as client:
        await client.get("/")
        await client.get("/")
    assert b"cookie" not in peer.requests[1].lower()


async def test_url_and_multipart_arrive_as_httpx_wrote_them() -> None:
    async with serve(answer) as peer, client_of(f"{peer.url}/v25.0") as client:
        await client.post("/a%2Fb", params={"to": "+54 11"}, files={"file": ("a.png", b"png")})
    head = peer.requests[0].lower()
    assert head.startswith(b"post /v25.0/a%2fb?to=%2b54+11 http/1.1\r\n")
    assert b"content-length:" in head
    assert b"chunked" not in head
    assert b"\r\n\r\npng\r\n" in peer.requests[0]


async def test_headers_arrive_as_httpx_wrote_them() -> None:
    async with serve(answer) as peer, client_of(peer.url) as client:
        await client.get("/")
        await client.post("/", content=b"hola")
    names = [set(re.findall(rb"(?m)^([\w-]+):", head.lower())) for head in peer.requests]
    always = {b"host", b"accept", b"accept-encoding", b"connection", b"user-agent"}
    assert names[0] == {*always, b"authorization"}
    assert names[1] == {*always, b"authorization", b"content-length"}


async def test_shared_transport_survives_the_close_of_one_client() -> None:
    async with serve(answer) as peer, open_transport() as transport:
        async with client_of(peer.url, transport) as one:
            await one.get("/one")
        async with client_of(peer.url, transport) as two:
            assert (await two.get("/two")).text == "ok"
        assert len(peer.streams) == 1


async def test_transport_closes_its_connections_even_when_cancelled() -> None:
    async with serve(answer) as peer:
        with anyio.CancelScope() as scope:
            async with client_of(peer.url) as client:
                await client.get("/")
                scope.cancel()
        with anyio.fail_after(30):
            await peer.closed.wait()


async def test_exchange_records_requests_of_child_tasks() -> None:
    async with serve(answer) as peer, client_of(peer.url) as client:
        with record_exchange() as exchange:
            async with anyio.create_task_group() as group:
                group.start_soon(client.get, "/one")
                group.start_soon(client.get, "/two")
        await client.get("/outside")
    assert exchange.requests == 2
    assert exchange.phase is Phase.ANSWERED


async def test_exchange_tells_of_the_request_started_last_whenever_others_end() -> None:
    async def answer_when_told(peer: Peer, stream: SocketStream) -> None:
        await peer.read_request(stream)
        peer.quiet.set()
        await told.wait()
        await stream.send(OK)

    told = anyio.Event()
    async with serve(answer_when_told) as peer, client_of(peer.url) as client:

        async def upload() -> None:
            assert (await client.post("/media", content=b"png")).status_code == 200

        with record_exchange() as exchange:
            async with anyio.create_task_group() as group:
                group.start_soon(upload)
                await peer.quiet.wait()
                with pytest.raises(Unavailable):
                    await client.post(f"http://127.0.0.1:{free_port()}/messages")
                told.set()
    assert exchange.requests == 2
    assert (exchange.phase, exchange.http_status) == (Phase.CONNECTING, None)


@pytest.mark.parametrize(
    ("behave", "scheme", "content", "phase"),
    [
        (stop_reading, "https", b"hola", Phase.CONNECTING),
        (stop_reading, "http", LARGE, Phase.WRITING),
        (say_nothing, "http", b"hola", Phase.WRITTEN),
        (stall_in_the_answer, "http", b"hola", Phase.ANSWERED),
    ],
)
async def test_cancelled_request_passes_and_keeps_its_phase(
    behave: Behaviour, scheme: str, content: bytes, phase: Phase
) -> None:
    async with (
        serve(behave) as peer,
        client_of(peer.url.replace("http:", f"{scheme}:")) as client,
    ):

        async def post() -> None:
            await client.post("/", content=content)

        with record_exchange() as exchange:
            async with anyio.create_task_group() as group:
                group.start_soon(post)
                with anyio.fail_after(30):
                    await peer.quiet.wait()
                    while exchange.phase is not phase:
                        await anyio.sleep(0.01)
                group.cancel_scope.cancel()
    assert exchange.phase is phase


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "/a\nb"])
async def test_request_to_no_usable_url_is_rejected_and_not_retried(address: str) -> None:
    async with client_of("http://127.0.0.1:1") as client:
        with record_exchange() as exchange, pytest.raises(Rejected, match="'vertice'"):
            await client.get(address)
    assert exchange.phase in {None, Phase.CONNECTING}
