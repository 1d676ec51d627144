"""Fetch a file of Meta's: ask for its address by id, then read from there.

The address lives for five minutes, opens the file to nobody without the token, and stays
out of logs all the same. The token goes to Meta's own hosts only.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

import httpx

from relevo import AuthFailed, FetchedMedia, Rejected, Throttled, Unavailable
from relevo_meta_whatsapp.api import told_wait_s
from relevo_meta_whatsapp.graph import Graph
from relevo_meta_whatsapp.receiving.contents.media import read_sha256, read_size
from relevo_meta_whatsapp.receiving.reading import find_text

_AS_IT_IS = {"Accept-Encoding": "identity"}
_MOST_REDIRECTS = 3
_PASSING = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT})
"""What passes by itself: an address may expire while it is asked."""


@asynccontextmanager
async def fetch(
    graph: Graph, media_id: str, *, trusts: Callable[[httpx.URL], bool]
) -> AsyncIterator[FetchedMedia]:
    """Open a file by its id; `trusts` tells whether an address is Meta's.

    Raises:
        Rejected: Meta does not have it, or no longer, or names an address that is not Meta's.
        SendError: It could not be had; the subclass says whether to try again.
    """
    node = graph.node(quote(media_id, safe=""))
    for is_last in (False, True):
        told = await graph.get(node)
        described = told if isinstance(told, dict) else {}
        address = _read_url(graph.account, find_text(described, "url"))
        async with aclosing(await _open(graph, node, address, trusts)) as response:
            if response.status_code == HTTPStatus.NOT_FOUND and not is_last:
                continue  # it may have just expired: the id gives another address
            _check(graph.account, response)
            async with aclosing(_chunks(graph, response)) as chunks:
                yield FetchedMedia(
                    mime_type=find_text(described, "mime_type"),
                    size=read_size(described),
                    sha256=read_sha256(find_text(described, "sha256")),
                    chunks=chunks,
                )
            return


async def _open(
    graph: Graph, shown: str, url: httpx.URL, trusts: Callable[[httpx.URL], bool]
) -> httpx.Response:
    """Open an address, behind its redirects; logs see `shown` instead of it."""
    for _ in range(_MOST_REDIRECTS):
        if not trusts(url):
            msg = (
                f"Account {graph.account!r}: the file lies at {url.host[:128]!r}, which is none of "
                "Meta's hosts; the token does not go there."
            )
            raise Rejected(msg)
        request = graph.http.build_request(
            "GET", shown, headers=_AS_IT_IS, extensions={"secret_url": url}
        )
        try:
            async with graph.repeatable():
                response = await graph.http.send(request, stream=True)
        except httpx.RemoteProtocolError:
            # httpx reads where a redirect leads although nobody asked it to follow.
            break
        if not response.has_redirect_location:
            return response
        await response.aclose()
        url = url.join(response.headers["location"])
    msg = f"Account {graph.account!r}: the file's address only leads astray. Try again later."
    raise Unavailable(msg)


async def _chunks(graph: Graph, response: httpx.Response) -> AsyncGenerator[bytes, None]:
    parts = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
    async with graph.repeatable(), aclosing(parts):
        async for part in parts:
            yield part


def _read_url(account: str, told: str | None) -> httpx.URL:
    url = httpx.URL()
    with suppress(httpx.InvalidURL):
        url = httpx.URL(told or "")
    if not url.host:
        msg = f"Account {account!r}: the answer about a file names no address. Try again later."
        raise Unavailable(msg)
    return url


def _check(account: str, response: httpx.Response) -> None:
    """Raise what the status of a file's address means; its body is no Graph API's."""
    status = response.status_code
    if response.is_success:
        return
    seen = f"Account {account!r}: the file's address answered HTTP {status}."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_s = told_wait_s(response.headers)
        raise Throttled(seen, retry_after_s=wait_s, http_status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        msg = f"{seen} It refused the token."
        raise AuthFailed(msg, http_status=status)
    if status in _PASSING or response.is_server_error:
        msg = f"{seen} Try again."
        raise Unavailable(msg, http_status=status)
    msg = f"{seen} It would answer the same again."
    raise Rejected(msg, http_status=status)
