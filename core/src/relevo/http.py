"""The shared transport, one client per account, and what its failures mean.

A transport error before the first byte was written is `Unavailable`, after it
`OutcomeUnknown`. Providers map answers only. A URL that is a secret itself, such as a signed
one, goes as `extensions={"secret_url": httpx.URL(...)}`: the URL beside it is what logs show.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast

import aiohttp
import anyio
import httpx
from httpx_aiohttp import AiohttpTransport

from relevo.errors import (
    OutcomeUnknown,
    Phase,
    Rejected,
    SendError,
    Unavailable,
)
from relevo.http_phases import (
    AnswerBody,
    Exchange,
    Flight,
    RequestBody,
    aiohttp_trace,
    record_exchange,
    send_once,
)
from relevo.http_settings import ClientSettings

__all__ = ["ClientSettings", "Exchange", "account_client", "open_transport", "record_exchange"]

_CONNECTIONS = 1000
_IDLE_S = 15
"""Idle connections close early: a stale one would turn a send into an unknown outcome."""
_TRANSPORT_ERRORS: tuple[type[Exception], ...] = (
    httpx.TransportError,
    aiohttp.ClientError,
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)
_UNSENDABLE = (httpx.UnsupportedProtocol, aiohttp.InvalidURL)
_BROKE_OFF = {
    Phase.WRITING: "while the request was being written",
    Phase.WRITTEN: "after the request was written, before an answer came",
    Phase.ANSWERED: "while the answer was being read",
}


@asynccontextmanager
async def open_transport() -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Open the process's one transport: aiohttp's on asyncio, httpx's own elsewhere.

    No proxies from the environment, no cookies, no redirects, no second try.
    `SSL_CERT_FILE` and `SSL_CERT_DIR` name other certificate authorities, as everywhere.
    """
    transport = _aiohttp_transport() if _on_asyncio() else _httpcore_transport()
    try:
        yield transport
    finally:
        with anyio.CancelScope(shield=True):
            await transport.aclose()


def account_client(
    account: str, settings: ClientSettings, transport: httpx.AsyncBaseTransport
) -> httpx.AsyncClient:
    """Make an account's client over the shared transport, which closing it leaves open."""
    return _AccountClient(
        account,
        transport=_AccountTransport(account, settings, transport),
        base_url=settings.base_url,
        timeout=settings.timeout_s,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
    )


def _on_asyncio() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


def _aiohttp_transport() -> httpx.AsyncBaseTransport:
    tls = httpx.create_ssl_context()
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls, limit=_CONNECTIONS, keepalive_timeout=_IDLE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=[send_once],
        # httpx has set what it wants; both transports send the same headers.
        skip_auto_headers=["accept", "accept-encoding", "content-type", "user-agent"],
        trace_configs=[aiohttp_trace()],
        trust_env=False,
    )
    return AiohttpTransport(client=session, verify=tls, trust_env=False)


def _httpcore_transport() -> httpx.AsyncBaseTransport:
    return httpx.AsyncHTTPTransport(
        verify=httpx.create_ssl_context(),
        limits=httpx.Limits(
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_S,
        ),
        retries=0,
        trust_env=False,
    )


class _AccountClient(httpx.AsyncClient):
    def __init__(self, account: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._account = account

    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        try:
            return super().build_request(*args, **kwargs)
        except httpx.InvalidURL as error:
            msg = (
                f"Account {self._account!r}: the provider asked for an address that is no URL. "
                "Nothing was sent, and the same request would fail again."
            )
            raise Rejected(msg) from error


class _AccountTransport(httpx.AsyncBaseTransport):
    """Authenticate, follow the phase and explain failures, on the way to the shared transport."""

    def __init__(
        self, account: str, settings: ClientSettings, shared: httpx.AsyncBaseTransport
    ) -> None:
        self._account = account
        self._settings = settings
        self._shared = shared

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        flight = Flight()
        explain = partial(self._explain, flight, _address(request).host)
        with anyio.CancelScope() as stall:
            outgoing = self._outgoing(request, flight, stall)
            try:
                with flight.under_way():
                    response = await self._shared.handle_async_request(outgoing)
            except _TRANSPORT_ERRORS as error:
                flight.assume_worst(error)
                raise explain(error) from error
            except BaseException as error:
                # A bug or a cancellation passes, but the record must stay true.
                flight.assume_worst(error)
                raise
            flight.answered(response.status_code)
            body = cast("httpx.AsyncByteStream", response.stream)
            response.stream = AnswerBody(body, _TRANSPORT_ERRORS, explain)
            return response
        stalled = TimeoutError("the peer stopped reading")
        raise explain(stalled) from stalled

    def _outgoing(
        self, request: httpx.Request, flight: Flight, stall: anyio.CancelScope
    ) -> httpx.Request:
        """Copy the request for the wire: only the copy carries the secrets.

        So they are neither in what a provider sees of it, nor in an exception's
        `request`, nor in httpx's log, nor in what httpx would carry on to another origin.
        """
        url = _address(request)
        headers = request.headers.copy()
        if url is not request.url:
            headers["host"] = url.netloc.decode("ascii")
        if self._settings.trusts(url):
            for name, value in self._settings.headers.items():
                headers.setdefault(name, value.get_secret_value())
        if self._settings.params and self._settings.is_home(url):
            told = {key: value.get_secret_value() for key, value in self._settings.params.items()}
            url = url.copy_merge_params(told)
        extensions = {**request.extensions, "trace": flight.trace}
        if _is_empty(request):
            # aiohttp would send an empty stream as a chunked body.
            return httpx.Request(request.method, url, headers=headers, extensions=extensions)
        limit_s = request.extensions.get("timeout", {}).get("write")
        return httpx.Request(
            request.method,
            url,
            headers=headers,
            stream=RequestBody(request.stream, flight, stall, limit_s),
            extensions=extensions,
        )

    def _explain(self, flight: Flight, host: str, error: Exception) -> SendError:
        where = f"Account {self._account!r}: "
        kind = _kind(error)
        if flight.phase is not Phase.CONNECTING:
            msg = (
                f"{where}the connection to {host} broke off {_BROKE_OFF[flight.phase]} ({kind}). "
                "The provider may have acted on the request; find out before sending it again."
            )
            return OutcomeUnknown(msg, phase=flight.phase, http_status=flight.http_status)
        if isinstance(error, _UNSENDABLE):
            msg = (
                f"{where}the provider asked for an address that HTTP cannot reach ({kind}). "
                "Nothing was sent, and the same request would fail again."
            )
            return Rejected(msg, phase=flight.phase)
        msg = f"{where}no connection to {host} ({kind}). Nothing was sent."
        return Unavailable(msg, phase=flight.phase)


def _is_empty(request: httpx.Request) -> bool:
    try:
        return request.content == b""
    except httpx.RequestNotRead:
        return False


def _address(request: httpx.Request) -> httpx.URL:
    """Tell where a request really goes: httpx logs the URL it sees, and some URLs are secret."""
    secret = request.extensions.get("secret_url")
    return secret if isinstance(secret, httpx.URL) else request.url


def _kind(error: BaseException) -> str:
    """Name the innermost cause: httpx's own name for it can be wrong or say nothing."""
    while isinstance(error.__cause__, Exception) and not isinstance(
        error.__cause__, ExceptionGroup
    ):
        error = error.__cause__
    return type(error).__name__
