"""What stands before the API while it has no keys: this machine only, and known web pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.settings import ServerSettings, is_loopback

OPEN_DOOR: Final = "relevo_open_door"
"""Handlers with this `opt` come through tunnels and prove themselves: webhooks."""

_PAGE_SCHEMES: Mapping[str, str] = {"ws": "http", "wss": "https"}
_EXPOSED = "Location, Preference-Applied, Retry-After"
_PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer"
    ),
    "Access-Control-Max-Age": "600",
}


class Guard(ASGIMiddleware):
    """Check where a request comes from and goes to.

    Args:
        settings: Which origins are welcome.
        loopback_only: Take requests from this machine only. A web page cannot
            get around it by giving this machine a name of its own.
    """

    exclude_opt_key = OPEN_DOOR

    def __init__(self, settings: ServerSettings, *, loopback_only: bool) -> None:
        self._welcome = frozenset(settings.cors_origins)
        self._loopback_only = loopback_only

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Refuse, answer a preflight, or let the request in."""
        headers = Headers.from_scope(scope)
        origin = headers.get("origin", "").lower()
        welcome = origin in self._welcome
        if self._loopback_only:
            _check_loopback(scope, headers)
            if origin and not welcome and origin != _own_origin(scope, headers):
                msg = (
                    "A web page of an origin that is not listed asks. If it is yours, add its "
                    "origin to cors_origins under [server]."
                )
                raise Problem(ProblemCode.FOREIGN_ORIGIN, msg)
        if not welcome or scope["type"] != ScopeType.HTTP:
            await next_app(scope, receive, send)
        elif scope.get("method") == "OPTIONS" and "access-control-request-method" in headers:
            await _answer_preflight(origin, send)
        else:
            await next_app(scope, receive, _allowing(origin, send))


def _check_loopback(scope: Scope, headers: Headers) -> None:
    if not _names_loopback(headers.get("host", "")):
        msg = (
            "Without keys the API answers requests to 127.0.0.1 or localhost only; this one was "
            "sent to another host name."
        )
        raise Problem(ProblemCode.FOREIGN_HOST, msg)
    client = scope.get("client")
    if client is not None and _is_remote(client[0]):
        msg = "Without keys the API answers this machine only; this request came from another."
        raise Problem(ProblemCode.FOREIGN_HOST, msg)


def _names_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)


def _is_remote(address: str) -> bool:
    """Tell whether a peer is another machine; a name that is no address is a local socket's."""
    return any(mark in address for mark in ".:") and not is_loopback(address)


def _own_origin(scope: Scope, headers: Headers) -> str:
    scheme = _PAGE_SCHEMES.get(scope["scheme"], scope["scheme"])
    return f"{scheme}://{headers.get('host', '')}".lower()


async def _answer_preflight(origin: str, send: Send) -> None:
    headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **_PREFLIGHT}
    await send(
        {
            "type": "http.response.start",
            "status": 204,
            "headers": [
                (name.lower().encode("ascii"), value.encode("latin-1"))
                for name, value in headers.items()
            ],
        }
    )
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _allowing(origin: str, send: Send) -> Send:
    """Let a page of this origin read the answer."""

    async def send_allowing(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED
            headers.extend_header_value("Vary", "Origin")
        await send(message)

    return send_allowing
