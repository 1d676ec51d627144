"""Headers that every answer carries, unless its handler knows better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import HTTPResponseStartEvent, Scope

_PAGE: Final = "text/html"
_OF_PAGES: Final = "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
_OF_DATA: Final = "default-src 'none'; frame-ancestors 'none'"


def secure(scope: Scope, start: HTTPResponseStartEvent, *, hsts_s: int) -> None:
    """Add what is missing: no sniffing, frames, referrer, or embedding elsewhere; TLS stays on."""
    headers = MutableScopeHeaders.from_message(start)
    page = headers.get("content-type", "").startswith(_PAGE)
    for name, value in _chosen(scope, page=page, hsts_s=hsts_s):
        headers.setdefault(name, value)


def _chosen(scope: Scope, *, page: bool, hsts_s: int) -> Iterator[tuple[str, str]]:
    yield "X-Content-Type-Options", "nosniff"
    yield "Referrer-Policy", "no-referrer"
    yield "X-Frame-Options", "DENY"
    yield "Cross-Origin-Resource-Policy", "same-site"
    yield "Content-Security-Policy", _OF_PAGES if page else _OF_DATA
    if _has_two_ends(scope):
        # What follows may be the body's rest to a proxy and a request to us (RFC 9112, 6.1).
        yield "Connection", "close"
    if hsts_s and scope.get("scheme") == "https":
        yield "Strict-Transport-Security", f"max-age={hsts_s}"


def _has_two_ends(scope: Scope) -> bool:
    """Tell whether a request says in two ways where its body ends."""
    headers = Headers.from_scope(scope)
    return "content-length" in headers and "transfer-encoding" in headers
