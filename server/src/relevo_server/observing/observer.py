"""Stand around every request: name it, trace it, log one line for it, count it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Protocol

import structlog
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from relevo.tracing import TRACEPARENT, Span, SpanKind, span, valid_traceparent
from relevo_server.access.principals import STATE_KEY as PRINCIPAL_KEY
from relevo_server.access.principals import Principal
from relevo_server.context import ServerContext
from relevo_server.observing.heads import bounded
from relevo_server.observing.security import secure
from relevo_server.observing.slow_bodies import impatient
from relevo_server.request_ids import HEADER, SENT_KEY, STATE_KEY, choose_request_id

logger = logging.getLogger("relevo.access")

NO_ROUTE: Final = "(none)"
"""The template of a path that no route knows: the path itself could hold anything."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER: Final = "(other)"
_STREAM: Final = "text/event-stream"
_QUIET: Final = ("/health/", "/metrics")
"""Asked every few seconds by machines: their lines are for debugging."""
_ACCOUNTS: Final = "/accounts/{name}"
_ERRORS: Final = 500
_LEFT: Final = 499
"""What nginx writes where the client was gone before the answer."""


class RequestMeter(Protocol):
    """Hear of requests."""

    def asked(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        ...

    def following(self, change: int) -> None:
        """One live stream began (1) or ended (-1)."""
        ...


@dataclass(slots=True)
class _Answer:
    """What is seen of an answer as it goes out."""

    status: int | None = None
    streams: bool = False


class Observer:
    """Observe requests for one application.

    Args:
        context: Has the settings, the meter and the names of accounts.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    @property
    def _meter(self) -> RequestMeter:
        # Through the context, which stays one where Litestar copies what it is given.
        return self._context.meter

    def around(self, app: ASGIApp) -> ASGIApp:
        """Make an application that is observed."""

        async def observed(scope: Scope, receive: Receive, send: Send) -> None:
            await self.observe(scope, receive, send, app)

        return observed

    async def observe(self, scope: Scope, receive: Receive, send: Send, app: ASGIApp) -> None:
        """Let one request through."""
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        request_id = choose_request_id(headers.get(HEADER))
        scope["state"][STATE_KEY] = request_id
        answer = _Answer()
        app = bounded(app, self._context.settings.max_header_bytes)
        began = perf_counter()
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            span(
                method_of(scope),
                kind=SpanKind.SERVER,
                parent=valid_traceparent(headers.get(TRACEPARENT)),
                attributes={"http_method": method_of(scope), "request_id": request_id},
            ) as told,
        ):
            try:
                await app(
                    scope,
                    impatient(receive, self._context.settings.body_timeout_s),
                    self._noting(scope, request_id, answer, send),
                )
            except Exception as error:
                answer.status = answer.status or getattr(error, "status", _ERRORS)
                raise
            finally:
                if answer.streams:
                    self._meter.following(-1)
                self._tell(scope, answer.status or _LEFT, perf_counter() - began, told)

    def _noting(self, scope: Scope, request_id: str, answer: _Answer, send: Send) -> Send:
        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                headers = MutableScopeHeaders.from_message(message)
                headers[HEADER] = request_id
                if headers.get("content-type", "").startswith(_STREAM):
                    answer.streams = True
                    self._meter.following(1)
                secure(scope, message, hsts_s=self._context.settings.hsts_s)
            elif message["type"] == "http.response.body" and method_of(scope) == "HEAD":
                message["body"] = b""
            await send(message)

        return send_noting

    def _tell(self, scope: Scope, status: int, took_s: float, told: Span) -> None:
        method, route = method_of(scope), route_of(scope)
        self._meter.asked(method, route, status, took_s)
        account = self._account_of(scope)
        told.rename(f"{method} {route}")
        told.tell(http_route=route, http_status=status, account=account)
        if status >= _ERRORS:
            told.fail(str(status))
        quiet = any(mark in route for mark in _QUIET) and status < _ERRORS
        principal = scope["state"].get(PRINCIPAL_KEY)
        facts: dict[str, str | float | None] = {
            "method": method,
            "route": route,
            "status": status,
            "duration_s": round(took_s, 6),
            "account": account,
        }
        if (sent := scope["state"].get(SENT_KEY)) is not None:
            facts["message_id"] = str(sent)
        if isinstance(principal, Principal) and principal.key_id is not None:
            facts |= {"key_id": principal.key_id, "key_name": principal.name}
        logger.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %d in %.1f ms",
            method,
            route,
            status,
            took_s * 1000,
            extra={name: value for name, value in facts.items() if value is not None},
        )

    def _account_of(self, scope: Scope) -> str | None:
        """Give the account that the path names; a stranger can write any word there."""
        key = "name" if _ACCOUNTS in route_of(scope) else "account"
        named = scope.get("path_params", {}).get(key)
        return named if isinstance(named, str) and named in self._context.account_names else None


class ObservedRoutes(ASGIMiddleware):
    """Observe the routes it is given to: within an application of somebody else."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let one request through."""
        await self._observer.observe(scope, receive, send, next_app)


def method_of(scope: Scope) -> str:
    """Give the method, if it is one: anybody can send any word."""
    method = str(scope.get("method", ""))
    return method if method in _METHODS else _OTHER


def route_of(scope: Scope) -> str:
    """Give the template of the route, never the path: that can hold whatever people send."""
    return str(scope.get("path_template") or NO_ROUTE)
