"""What stands before the API: known web pages; without keys, this machine only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

import relevo
from relevo_server.access.ending import until_key_ends
from relevo_server.access.key_rates import STATE_KEY as RATE_KEY
from relevo_server.access.key_rates import Allowance
from relevo_server.access.scopes import LINGERS, SCOPE
from relevo_server.context import ServerContext
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.settings import WithoutKeys, is_loopback

OPEN_DOOR: Final = "relevo_open_door"
"""Handlers with this `opt` come through tunnels and prove themselves: webhooks."""

_PASSED_ON: Final = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded")
_PAGE_SCHEMES: Mapping[str, str] = {"ws": "http", "wss": "https"}
_EXPOSED = (
    "ETag, Location, Preference-Applied, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    "Retry-After, WWW-Authenticate, X-Request-ID"
)
_PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, "
        "Prefer, X-Request-ID"
    ),
    "Access-Control-Max-Age": "600",
}


class Guard(ASGIMiddleware):
    """Check where a request comes from and goes to.

    Args:
        context: Which origins are welcome, and whether keys are demanded.
        loopback_only: Take requests from this machine only while no key is
            demanded. A web page cannot get around it by giving this machine a
            name of its own.
    """

    exclude_opt_key = OPEN_DOOR

    def __init__(self, context: ServerContext, *, loopback_only: bool) -> None:
        self._context = context
        self._welcome = frozenset(context.settings.cors_origins)
        self._loopback_only = loopback_only

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Refuse, answer a preflight, or let the request in."""
        headers = Headers.from_scope(scope)
        origin = headers.get("origin", "").lower()
        welcome = origin in self._welcome
        opt = scope["route_handler"].opt
        await self._look_at_keys(
            demanded=opt.get(SCOPE) is not None, lingers=bool(opt.get(LINGERS))
        )
        if not welcome:
            self._check_place(scope, headers, origin)
        elif self._loopback_only:
            self._check_loopback(scope, headers)
        if scope["type"] != ScopeType.HTTP:
            await next_app(scope, receive, send)
        elif (
            welcome
            and scope.get("method") == "OPTIONS"
            and "access-control-request-method" in headers
        ):
            await _answer_preflight(origin, send)
        else:
            if opt.get(SCOPE) is relevo.Scope.EVENTS and self._context.uses_keys:
                receive = until_key_ends(self._context.keys, scope, receive)
            await next_app(scope, receive, _answering(scope, origin if welcome else None, send))

    async def _look_at_keys(self, *, demanded: bool, lingers: bool) -> None:
        """Learn whether keys are demanded.

        Raises:
            EngineError: The store cannot tell, and the route is not open to all.
        """
        keys = self._context.keys
        if not self._context.uses_keys or (keys.keyed and not demanded):
            # Keys that are demanded once stay so: an open route has nothing to learn.
            return
        try:
            await (keys.look_briefly() if lingers else keys.look())
        except relevo.EngineError:
            # What is known of before still counts: keys that are demanded stay so.
            if demanded and self._context.open_to_all:
                raise

    def _check_place(self, scope: Scope, headers: Headers, origin: str) -> None:
        """Refuse a page that is not ours; without keys, also whoever is elsewhere."""
        if not self._context.open_to_all:
            # The key says who asks. A proxy may have taken the TLS off.
            foreign = bool(origin) and not is_of_host(origin, headers)
        elif self._loopback_only:
            self._check_loopback(scope, headers)
            foreign = origin != _own_origin(scope, headers) if origin else _is_embedded(headers)
        else:
            return
        if foreign:
            msg = (
                "A web page of an origin that is not listed asks. If it is yours, add its "
                "origin to cors_origins under [server]."
            )
            raise Problem(ProblemCode.FOREIGN_ORIGIN, msg)

    def _check_loopback(self, scope: Scope, headers: Headers) -> None:
        anywhere = self._context.settings.without_keys is WithoutKeys.ANYWHERE
        if self._context.open_to_all and not anywhere:
            check_loopback(scope, headers)


def check_loopback(scope: Scope, headers: Headers) -> None:
    """Refuse whoever is on another machine, or calls this one by a name of their own.

    Raises:
        Problem: Says which.
    """
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
    if _is_passed_on(headers):
        msg = (
            "Without keys the API answers this machine only; a proxy says that it passes this "
            "request on from another. Create a key (relevo keys create), or let the proxy pass "
            "on webhooks only."
        )
        raise Problem(ProblemCode.FOREIGN_HOST, msg)


def is_of_host(origin: str, headers: Headers) -> bool:
    """Tell whether an origin, in lower case, is of the host that is asked, by any scheme."""
    _, mark, host = origin.partition("://")
    return bool(mark and host) and host == headers.get("host", "").lower()


def _names_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)


def _is_remote(address: str) -> bool:
    """Tell whether a peer is another machine; a name that is no address is a local socket's."""
    return any(mark in address for mark in ".:") and not is_loopback(address)


def _is_passed_on(headers: Headers) -> bool:
    """Tell whether a proxy on this machine asks for somebody elsewhere, whatever Host it sends.

    A header that nobody vouches for can shut out, as here, and never let in.
    """
    told = ",".join(text for name in _PASSED_ON for text in headers.getall(name, []))
    return any(one.strip() and not _is_own(one.strip()) for one in told.split(","))


def _is_own(address: str) -> bool:
    return is_loopback(address) or _names_loopback(address)


def _is_embedded(headers: Headers) -> bool:
    """Tell whether a page of another site has this loaded as an image, a script or the like.

    Browsers name no origin then, but the site. A page that somebody goes to is no part of another.
    """
    kind = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
    return headers.get("sec-fetch-site") == "cross-site" and kind != ("navigate", "document")


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


def _answering(scope: Scope, origin: str | None, send: Send) -> Send:
    """Let a page of this origin read the answer, and tell a key how often it may still ask."""

    async def send_answering(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in _rate_headers(scope):
                headers[name] = value
            if origin is not None:
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = _EXPOSED
                headers.extend_header_value("Vary", "Origin")
        await send(message)

    return send_answering


def _rate_headers(scope: Scope) -> Iterator[tuple[str, str]]:
    allowance = scope["state"].get(RATE_KEY)
    if isinstance(allowance, Allowance):
        yield from allowance.headers.items()
