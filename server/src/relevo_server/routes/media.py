"""Files: keep one to send it, and read one that is kept."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader, UploadFile
from litestar.openapi.spec import OpenAPIMediaType, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

import relevo
from relevo_server.access.authentication import admit_still
from relevo_server.access.guards import is_of_host
from relevo_server.access.principals import Caller, Principal
from relevo_server.access.sight import accounts_seen, file_seen
from relevo_server.answers.media_rows import MediaRow, media_row
from relevo_server.answers.wire import json_response
from relevo_server.context import Server, ServerContext
from relevo_server.description.documents import answer, operation, problems
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.byte_ranges import ByteRange, RangeBeyondEnd, cut, read_range
from relevo_server.requests.conditional import ETAG, UNCHANGED, has_same
from relevo_server.requests.forms import read_file

TAGS = ["Media"]
_PART: Final = 256 * 1024
_MIME: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}", re.IGNORECASE)
_SHOWN: Final = re.compile(
    r"image/(?:jpeg|png|gif|webp|avif)|audio/[a-z0-9.+-]+|video/[a-z0-9.+-]+", re.IGNORECASE
)
"""What a browser may show as it is: nothing of it can run a script. Everything else is a file
to keep."""
_ANY_TYPE: Final = "application/octet-stream"
_FORM: Final = "multipart/form-data"
_FIELDS: Final = "application/x-www-form-urlencoded"
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-site",
    # Whoever may read it keeps it: the bytes of an id never change.
    "Cache-Control": "private, max-age=3600, immutable",
    "Accept-Ranges": "bytes",
}
_BINARY = Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream")
_BYTES = {"*/*": OpenAPIMediaType(schema=_BINARY)}
_BODY = RequestBody(
    required=True,
    content={
        "*/*": OpenAPIMediaType(schema=_BINARY),
        _FORM: OpenAPIMediaType(
            schema=Schema(
                type=OpenAPIType.OBJECT,
                properties={"file": _BINARY},
                required=["file"],
                description="One part that has a file name, whatever the field is called.",
            )
        ),
    },
)


@post(
    "/media",
    opt={"scope": relevo.Scope.SEND},
    status_code=201,
    tags=TAGS,
    summary="Keep a file",
    description=(
        "Keeps a file, so that a content of any account can name it by `media`; the provider is "
        "given it before the message leaves, once for each account. Send its bytes as the body, "
        "with their `Content-Type`, or a form with one file and no other field."
    ),
    response_description="It is on disk.",
    response_headers=[
        ResponseHeader(name="Location", value="", description="The file.", documentation_only=True)
    ],
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.INVALID_BODY,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.MEDIA_TOO_LARGE,
        ProblemCode.MEDIA_UNAVAILABLE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
    operation_class=operation(body=_BODY),
)
async def keep_media(
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    filename: Annotated[
        str | None,
        QueryParameter(
            name="filename", max_length=1_024, description="What people call it; a form names it."
        ),
    ] = None,
    account: Annotated[
        str | None,
        QueryParameter(
            name="account",
            description="Whose it is; keys that are limited to other accounts see nothing of it. "
            "Left out with such a key, its only account or the default; with another, nobody's.",
        ),
    ] = None,
) -> Response[MediaRow]:
    """Keep a file of ours."""
    _refuse_foreign_page(request, server)
    if account is not None or principal.accounts is not None:
        account = accounts_seen(server, principal).resolve(account).name
    content_type = request.headers.get("content-type", "").strip()
    essence = content_type.partition(";")[0].strip().lower()
    if essence == _FIELDS:
        msg = (
            f"{_FIELDS} is a form without a file, as `curl --data` sends it. Send the bytes with "
            "their own Content-Type (curl --data-binary @FILE -H 'content-type: image/jpeg'), or a "
            "form with one file (curl -F file=@FILE)."
        )
        raise Problem(ProblemCode.UNSUPPORTED_MEDIA_TYPE, msg)
    async with AsyncExitStack() as stack:
        if essence == _FORM:
            file = await read_file(request)
            stack.push_async_callback(file.close)
            chunks, content_type = _read(file), file.content_type
            filename = filename or file.filename or None
        else:
            chunks = request.stream()
        kept = await server.dispatcher.keep_media(
            _then_admitted(await _not_empty(chunks), server, principal),
            mime_type=_checked(content_type),
            filename=filename,
            account=account,
        )
    row = media_row(kept, server.api_path)
    return json_response(row, headers={"Location": f"{server.api_path}/media/{row.id}"})


@get(
    "/media/{media_id:str}",
    opt={"scope": relevo.Scope.READ},
    tags=TAGS,
    summary="Read a file",
    description=(
        "Gives the bytes of a file that a person sent or that was kept to be sent. A file that "
        "is not here yet, or never came, is a problem that says why; `GET /messages/{id}` tells "
        "more. `Range` of one part is understood."
    ),
    response_description="The file, of whatever type it is.",
    response_headers=[ETAG],
    responses={
        **UNCHANGED,
        206: answer(bytes, "The part that `Range` asks for."),
        **problems(
            ProblemCode.INVALID_PARAMETER,
            ProblemCode.UNKNOWN_MEDIA,
            ProblemCode.MEDIA_PENDING,
            ProblemCode.MEDIA_FAILED,
            ProblemCode.MEDIA_GONE,
            ProblemCode.RANGE_BEYOND_END,
            ProblemCode.MEDIA_UNAVAILABLE,
            ProblemCode.ENGINE_UNAVAILABLE,
        ),
    },
    media_type=_ANY_TYPE,
    operation_class=operation(only_media={200: _BYTES, 206: _BYTES}),
)
async def show_media(
    media_id: FromPath[str],
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
) -> Response[bytes]:
    """Give a file's bytes."""
    keeper = server.dispatcher.media
    known = _read_id(media_id)
    await file_seen(server, principal, known)
    media = await keeper.find(known)
    size = media.size or 0
    headers = {**_SAFE, "ETag": f'"{media.sha256}"', "Content-Disposition": _disposition(media)}
    if has_same(request, headers["ETag"]):
        return Response(b"", status_code=304, headers=headers)
    meant = request.headers.get("if-range", headers["ETag"]) == headers["ETag"]
    try:
        part = read_range(request.headers.get("range"), size) if meant else None
    except RangeBeyondEnd as error:
        beyond = {"Content-Range": f"bytes */{size}"}
        raise Problem(ProblemCode.RANGE_BEYOND_END, str(error), headers=beyond) from None
    if part is not None:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    headers["Content-Type"] = _checked(media.mime_type) or _ANY_TYPE
    headers["Content-Length"] = str(part.size if part else size)
    chunks = _chunks(keeper.open(media), part)
    # The first piece before the answer begins: what cannot be read is a problem, not half a file.
    first = await anext(chunks, b"")
    if request.method == "HEAD":
        await chunks.aclose()
        return Response(b"", status_code=206 if part else 200, headers=headers)
    return Stream(  # type: ignore[return-value] # a stream of the bytes that stand for it
        _joined(first, chunks),
        status_code=206 if part else 200,
        headers=headers,
    )


@post(
    "/media/{media_id:str}/fetch",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=202,
    tags=TAGS,
    summary="Fetch a file again",
    description=(
        "Asks the provider once more for a file that a person sent and that never came "
        "(`failed`): at once, and for an hour. A file that is on its way stays so; one that is "
        "here is answered with 200, and nobody is asked. What came of it is a `messaging.status` "
        "event of its message."
    ),
    response_description="It is fetched soon.",
    responses={
        200: answer(MediaRow, "It is here already."),
        **problems(
            ProblemCode.INVALID_PARAMETER,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.UNKNOWN_MEDIA,
            ProblemCode.MEDIA_FAILED,
            ProblemCode.MEDIA_GONE,
            ProblemCode.ENGINE_BUSY,
            ProblemCode.ENGINE_UNAVAILABLE,
        ),
    },
)
async def fetch_media_again(
    media_id: FromPath[str], server: Server, principal: Caller
) -> Response[MediaRow]:
    """Ask the provider once more for a file that never came."""
    known = _read_id(media_id)
    await file_seen(server, principal, known)
    media = await server.dispatcher.media.ask_again(known)
    status = 200 if media.state is relevo.MediaState.STORED else 202
    return json_response(media_row(media, server.api_path), status=status)


async def _chunks(opened: Any, part: ByteRange | None) -> AsyncGenerator[bytes, None]:
    async with opened as chunks:
        async for chunk in cut(chunks, part) if part else chunks:
            yield chunk


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for chunk in rest:
            yield chunk


async def _not_empty(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Wait for the first bytes of a file.

    Raises:
        Problem: There are none.
    """
    async for first in chunks:
        if first:
            return _with(first, chunks)
    msg = "The file is empty: there is nothing to keep. Send its bytes as the body."
    raise Problem(ProblemCode.INVALID_BODY, msg)


async def _with(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _then_admitted(
    chunks: AsyncIterator[bytes], server: ServerContext, principal: Principal
) -> AsyncIterator[bytes]:
    """Give a file's bytes; once all are here, whoever sends them must still be let in.

    Raises:
        Problem: Their key was taken back or is over since; nothing of the file is kept.
    """
    async for chunk in chunks:
        yield chunk
    await admit_still(server, principal)


async def _read(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_PART):
        yield chunk


def _refuse_foreign_page(request: Request[Any, Any, Any], server: ServerContext) -> None:
    """Refuse a page of another origin: it may post a form with our user's cookies unasked.

    Raises:
        Problem: The page's origin is neither ours nor listed.
    """
    origin = request.headers.get("origin", "").lower()
    own = is_of_host(origin, request.headers)
    if origin and not own and origin not in server.settings.cors_origins:
        msg = (
            "A web page of an origin that is not listed sends a file. If it is yours, add its "
            "origin to cors_origins under [server]."
        )
        raise Problem(ProblemCode.FOREIGN_ORIGIN, msg)


def _checked(mime_type: str | None) -> str | None:
    """Give a media type that may stand in a header, without its parameters."""
    essence = (mime_type or "").partition(";")[0].strip().lower()
    return essence if _MIME.fullmatch(essence) else None


def _disposition(media: relevo.MediaRecord) -> str:
    shown = _SHOWN.fullmatch(_checked(media.mime_type) or "")
    how = "inline" if shown else "attachment"
    name = media.filename
    return f"{how}; filename*=UTF-8''{quote(name, safe='')}" if name else how


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        msg = "No file has this id: ours are UUIDs, as POST /media gives them."
        raise Problem(ProblemCode.UNKNOWN_MEDIA, msg) from None


HANDLERS = (keep_media, show_media, fetch_media_again)
