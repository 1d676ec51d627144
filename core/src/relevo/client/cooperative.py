"""The client for asyncio and trio: every method gives something to await."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

import anyio
import httpx
from pydantic import SecretStr

from relevo.client.answers.media import DownloadedFile, MediaRow
from relevo.client.asking import Asking
from relevo.client.blocking import TIMEOUT_S, TRIES
from relevo.client.call import Call, ListCall
from relevo.client.calls import events as of_events
from relevo.client.calls import media as of_media
from relevo.client.calls.events import EventTypes, MessageIds, Several
from relevo.client.connecting import Connecting
from relevo.client.following import SILENCE_S, Following, Tell
from relevo.client.operations import AsyncAsker, Operations
from relevo.client.transfer import PIECE, Download
from relevo.events import Event

AnswerT = TypeVar("AnswerT")


class AsyncClient(Operations, AsyncAsker):
    """Talk to a running server. Use it in an `async with` block, on asyncio or trio.

    Args:
        url: Where the server answers; left out, `RELEVO_URL`, else where `relevo serve` would
            listen with the settings here.
        key: The API key; left out, `RELEVO_API_KEY`, else the file `RELEVO_API_KEY_FILE` names.
        timeout_s: The longest wait for an answer.
        tries: How often a request is made at most, where repeating it does no harm.
        transport: Another way to reach the server, as for tests.

    Raises:
        ConfigurationError: The address or the key cannot be one.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        key: SecretStr | str | None = None,
        timeout_s: float = TIMEOUT_S,
        tries: int = TRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._connecting = Connecting.find(url, key, timeout_s, tries)
        self._http = httpx.AsyncClient(transport=transport, **self._connecting.client_arguments())
        self._followers: set[AsyncEventFollower] = set()

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self._connecting.url

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncClient({self.url!r})"

    async def aclose(self) -> None:
        """End the streams, and let the connections go."""
        with anyio.CancelScope(shield=True):
            while self._followers:
                await self._followers.pop().aclose()
            await self._http.aclose()

    async def ask(self, call: Call[AnswerT]) -> AnswerT:
        """Make one call, again where that does no harm."""
        asking = Asking(call, self.url, self._connecting.tries)
        while True:
            try:
                answer = await self._http.request(call.method, call.path, **self._arguments(call))
            except httpx.TransportError as error:
                pause_s = asking.pause_after_error(error)
            else:
                if answer.is_success:
                    return asking.read(answer)
                pause_s = asking.pause_after_refusal(answer)
            await anyio.sleep(pause_s)

    def rows(self, call: ListCall[AnswerT]) -> AsyncIterator[AnswerT]:
        """Give the rows of a list, asking for its pages as they are needed."""
        return _Rows(self, call)

    def events(
        self,
        *,
        after: str | None = None,
        type: EventTypes | None = None,  # noqa: A002 - the parameter's name on the wire
        account: Several | None = None,
        message_id: MessageIds | None = None,
        conversation_id: Several | None = None,
        tell: Tell | None = None,
        silence_s: float = SILENCE_S,
    ) -> AsyncEventFollower:
        """Follow what happens, without end: a cut stream goes on where it was, by itself.

        Leave the loop to stop. In an `async with` block the stream is open from the block's first
        line on, so that it misses nothing of what the block does, and closed where it ends;
        without one, where the client's does.

        Args:
            after: Begin after the event with this id; `0` is the log's start. Left out: now.
            type: Only of this type; or of several.
            account: Only of this account; or of several.
            message_id: Only about this message; or about several.
            conversation_id: Only of this thread; or of several.
            tell: Hears in a sentence of each cut, and that it is over; left out, the log does.
            silence_s: After so long a silence the connection counts as dead; the server gives
                signs of life, every 15 s unless it is configured otherwise.

        Raises:
            RelevoError: While it is read: no server answers, or it refuses.
        """
        ask = partial(
            of_events.events,
            type=type,
            account=account,
            message_id=message_id,
            conversation_id=conversation_id,
        )
        following = Following(lambda place: ask(last_event_id=place), self.url, after, tell)
        follower = AsyncEventFollower(
            self._http, self._connecting, following, silence_s, self._followers
        )
        # Kept until it is closed: nobody could await the end of one that is just let go.
        self._followers.add(follower)
        return follower

    async def upload_media(
        self,
        file: Path | str | bytes,
        /,
        *,
        mime_type: str | None = None,
        filename: str | None = None,
        account: str | None = None,
    ) -> MediaRow:
        """Keep a file, so that a content can name it by its `id`. It is streamed.

        Args:
            file: Its path, or its bytes.
            mime_type: Left out, as the name tells.
            filename: What people call it; left out, the path's last part.
            account: Whose it is: a key that is limited to others sees nothing of it.

        Raises:
            MediaTooLarge: It has more bytes than the server keeps.
            MediaUnavailable: The server cannot write it.
            ConfigurationError: There is no such file here.
        """
        call = of_media.upload_media(file, mime_type=mime_type, filename=filename, account=account)
        return await self.ask(call)

    async def download_media(self, media_id: UUID | str, path: Path | str, /) -> DownloadedFile:
        """Write a file that people sent, or that was kept, to a path. It is streamed.

        Raises:
            UnknownMedia: No file has this id.
            MediaPending: It is not here yet.
            MediaFailed: It never came.
            MediaGone: It is no longer kept.
            MediaMismatch: What came is not what the server keeps.
        """
        call = of_media.download_media(media_id)
        asking = Asking(call, self.url, self._connecting.tries)
        while True:
            try:
                stream = self._http.stream(call.method, call.path, **self._arguments(call))
                async with stream as answer:
                    if answer.is_success:
                        return await _write(answer, path)
                    await answer.aread()
                pause_s = asking.pause_after_refusal(answer)
            except httpx.TransportError as error:
                pause_s = asking.pause_after_error(error)
            await anyio.sleep(pause_s)

    def _arguments(self, call: Call[Any]) -> dict[str, Any]:
        arguments = self._connecting.request_arguments(call)
        if call.file is not None:
            arguments["content"] = _pieces(call.file)
        return arguments


class AsyncEventFollower(AsyncIterator[Event]):
    """Events as they happen; see `AsyncClient.events`. `aclose` ends it."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        connecting: Connecting,
        following: Following,
        silence_s: float,
        open_ones: set[AsyncEventFollower],
    ) -> None:
        self._open_ones = open_ones
        self._http = http
        self._connecting = connecting
        self._following = following
        self._silence_s = silence_s
        self._answer: httpx.Response | None = None
        self._parts: AsyncIterator[bytes] | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        while not self._following.open:
            await self._read_on()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def __anext__(self) -> Event:
        while not self._closed:
            if self._following.events:
                return self._following.events.popleft()
            await self._read_on()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the stream; nothing more comes of it."""
        self._closed = True
        self._open_ones.discard(self)
        await self._hang_up()

    async def _read_on(self) -> None:
        """Take one part of the stream, opening it where it is not open."""
        following = self._following
        try:
            answer = self._answer or await self._connect()
            if answer.is_success:
                following.check(answer)
                part = await self._next_part(answer)
                if part is not None:
                    following.feed(part)
                    return
                pause_s = following.pause_after_end()
            else:
                await answer.aread()
                pause_s = following.pause_after_refusal(answer)
        except httpx.TransportError as error:
            await self._hang_up()
            pause_s = following.pause_after_error(error)
        except BaseException:
            await self.aclose()
            raise
        await self._hang_up()
        await anyio.sleep(pause_s)

    async def _connect(self) -> httpx.Response:
        call = self._following.request()
        arguments = self._connecting.request_arguments(call, silence_s=self._silence_s)
        request = self._http.build_request(call.method, call.path, **arguments)
        self._answer = await self._http.send(request, stream=True)
        self._parts = None
        return self._answer

    async def _next_part(self, answer: httpx.Response) -> bytes | None:
        if self._parts is None:
            self._parts = answer.aiter_bytes()
        return await anext(self._parts, None)

    async def _hang_up(self) -> None:
        parts, self._parts = self._parts, None
        answer, self._answer = self._answer, None
        if parts is not None:
            # httpx reads through generators within generators, which a loop that is left leaves
            # behind: what ends them all in order is a read that is given up.
            with anyio.CancelScope(shield=True) as given_up, suppress(httpx.HTTPError):
                given_up.cancel()
                async for _ in parts:
                    pass
        if answer is not None:
            with anyio.CancelScope(shield=True):
                await answer.aclose()


class _Rows(AsyncIterator[AnswerT], Generic[AnswerT]):
    """Rows of a list; no generator, so that leaving the loop leaves nothing open."""

    def __init__(self, asker: AsyncAsker, call: ListCall[AnswerT]) -> None:
        self._asker = asker
        self._call = call
        self._rows: list[AnswerT] = []
        self._cursor: str | None = None
        self._seen = 0
        self._last = False

    async def __anext__(self) -> AnswerT:
        while not self._rows:
            asked = None if self._last else self._call.next_call(self._seen, self._cursor)
            if asked is None:
                raise StopAsyncIteration
            rows, self._cursor = self._call.rows(await self._asker.ask(asked), self._seen)
            self._seen += len(rows)
            self._last = self._cursor is None
            self._rows = rows[::-1]
        return self._rows.pop()


async def _pieces(file: Path | bytes) -> AsyncIterator[bytes]:
    if isinstance(file, bytes):
        yield file
        return
    async with await anyio.open_file(file, "rb") as opened:
        while piece := await opened.read(PIECE):
            yield piece


async def _write(answer: httpx.Response, path: Path | str) -> DownloadedFile:
    with Download(answer, path) as download:
        async with await anyio.open_file(download.part, "wb") as out:
            async for piece in answer.aiter_bytes(PIECE):
                await out.write(download.take(piece))
        return download.finish()
