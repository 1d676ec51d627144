"""Give Meta a file: one multipart request, streamed."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Self

import httpx
from pydantic import JsonValue

from relevo import MediaUpload, ProviderMedia, Rejected, SendError, Unavailable
from relevo_meta_whatsapp.graph import Graph
from relevo_meta_whatsapp.media.kinds import check_file

LIFE = timedelta(days=30)
"""So long Meta keeps what was uploaded."""
_UNSAFE = re.compile(r'[\x00-\x1f"\\]')
_NAMELESS = "file"


async def upload(graph: Graph, file: MediaUpload) -> ProviderMedia:
    """Upload a file for this number.

    Raises:
        Rejected: Meta does not take its type or size, or it has not the size it says.
        SendError: Meta did not take it; the subclass says whether to try again.
    """
    check_file(graph.account, file.kind, mime_type=file.mime_type, size=file.size)
    began = datetime.now(UTC)
    form = _Form(file)
    # httpx takes no stream of ours here, and forgets the host where it gets one below.
    plain = graph.http.build_request("POST", graph.edge("media"), headers=form.headers)
    request = httpx.Request(
        "POST", plain.url, headers=plain.headers, stream=form, extensions=plain.extensions
    )
    try:
        async with graph.repeatable():
            async with aclosing(await graph.http.send(request, stream=True)) as response:
                answer = await graph.read(response)
            told = graph.expect(answer)
    except (SendError, WrongSize) as error:
        # One transport passes the fault of a file on, the other takes it for a lost connection.
        if form.fault is not None:
            msg = f"Account {graph.account!r}: {form.fault}"
            raise Rejected(msg) from error
        raise
    return ProviderMedia(_id_of(graph.account, told), began + LIFE)


def _id_of(account: str, told: JsonValue) -> str:
    media_id = told.get("id") if isinstance(told, dict) else None
    if isinstance(media_id, int) and not isinstance(media_id, bool):
        return str(media_id)
    if isinstance(media_id, str) and media_id:
        return media_id
    msg = f"Account {account!r}: the answer to an upload names no id."
    raise Unavailable(msg)


class WrongSize(Exception):
    """The file has not as many bytes as it says."""


class _Form(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """Write `multipart/form-data` piece by piece; its length is known from the start."""

    def __init__(self, file: MediaUpload) -> None:
        boundary = secrets.token_hex(16)
        mime_type = _UNSAFE.sub("", file.mime_type)
        name = _UNSAFE.sub("_", file.filename or _NAMELESS)
        head = (
            _field(boundary, "messaging_product", "whatsapp")
            + _field(boundary, "type", mime_type)
            + f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {mime_type}\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + file.size + len(tail)),
        }
        self.fault: str | None = None
        self._left = file.size
        self._size = file.size
        self._chunks = file.chunks
        self._pieces = [head]
        self._tail: bytes | None = tail

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._pieces:
            return self._pieces.pop()
        if self._tail is None:
            raise StopAsyncIteration
        chunk = await anext(self._chunks, None)
        self._left -= len(chunk or b"")
        if self._left < 0 or (chunk is None and self._left > 0):
            self.fault = (
                f"the file does not have the {self._size} bytes it says. Nothing was kept at Meta."
            )
            raise WrongSize(self.fault)
        if chunk is not None:
            return chunk
        tail, self._tail = self._tail, None
        return tail


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
