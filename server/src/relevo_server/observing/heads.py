"""Refuse requests whose first line and headers are too large."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import PROBLEM_JSON, Problem
from relevo_server.request_ids import request_id_of

_LINE = len(b": \r\n")
_FIRST_LINE = len(b"  HTTP/1.1\r\n")


def head_bytes(scope: HTTPScope) -> int:
    """Count what a request's first line and headers were on the wire."""
    target = (
        len(scope["raw_path"] or b"") + len(scope["query_string"]) + bool(scope["query_string"])
    )
    headers = sum(len(name) + len(value) + _LINE for name, value in scope["headers"])
    return len(scope["method"]) + target + _FIRST_LINE + headers


def too_large(most_bytes: int) -> Problem:
    """Say which limit a request's head is beyond."""
    msg = (
        f"The request's first line and headers have more than {most_bytes} bytes. Send less, or "
        "raise max_header_bytes under [server]."
    )
    return Problem(ProblemCode.HEADERS_TOO_LARGE, msg, headers={"Connection": "close"})


def bounded(app: ASGIApp, most_bytes: int) -> ASGIApp:
    """Let an application see no request whose head is larger.

    A server counts only what has come while a head is not whole, so that whether it
    refuses depends on how the bytes arrive. Here the whole is counted.
    """

    async def with_bounds(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and head_bytes(scope) > most_bytes:
            # No path: it can be the very part that is too large.
            body, headers = written(too_large(most_bytes), request_id_of(scope))
            await send({"type": "http.response.start", "status": 431, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": False})
            return
        await app(scope, receive, send)

    return with_bounds


def written(
    problem: Problem, request_id: str | None = None
) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Write a problem for where no framework writes it: its body, and its headers."""
    body = problem.body("", request_id).model_dump_json().encode()
    headers = {
        "content-type": PROBLEM_JSON,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **{name.lower(): value for name, value in problem.headers.items()},
    }
    return body, [(name.encode(), value.encode()) for name, value in headers.items()]
