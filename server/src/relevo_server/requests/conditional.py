"""Answers that a client may keep: `ETag`, and 304 where it has the same already (RFC 9110)."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar, cast

from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec

from relevo_server.answers.wire import json_response

RowT = TypeVar("RowT")

KEPT = {"Cache-Control": "private, no-cache"}
"""Only whoever asked may keep it, and asks each time whether it is the same."""
ETAG = ResponseHeader(
    name="ETag",
    value="",
    description="Send it as `If-None-Match` to hear 304 while nothing has changed.",
    documentation_only=True,
)
UNCHANGED = {
    304: ResponseSpec(
        None, generate_examples=False, description="`If-None-Match` names what there is."
    )
}


def answer_if_changed(request: Request[Any, Any, Any], row: RowT) -> Response[RowT]:
    """Answer with a row, or with 304 where the client has the same already.

    The tag is weak: it stands for what the answer says, not for its bytes.
    """
    answer = json_response(row, headers=KEPT)
    # It is written already.
    written = cast("bytes", answer.content)
    tag = f'W/"{hashlib.sha256(written).hexdigest()[:32]}"'
    answer.headers["ETag"] = tag
    if not has_same(request, tag):
        return answer
    return Response(cast("RowT", b""), status_code=304, headers={**KEPT, "ETag": tag})


def has_same(request: Request[Any, Any, Any], tag: str) -> bool:
    """Tell whether a client has what a tag stands for; weak tags compare like strong ones here."""
    held = ",".join(request.headers.getall("if-none-match", []))
    known = {one.strip().removeprefix("W/") for one in held.split(",")}
    return bool(known & {tag.removeprefix("W/"), "*"})
