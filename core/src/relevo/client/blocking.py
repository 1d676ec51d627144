"""The client for ordinary code: every method gives its answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID
from weakref import WeakSet

import httpx
from pydantic import SecretStr

from relevo.client.answers.media import DownloadedFile, MediaRow
from relevo.client.asking import Asking
from relevo.client.call import Call, ListCall
from relevo.client.calls import events as of_events
from relevo.client.calls import media as of_media
from relevo.client.calls.events import EventTypes, MessageIds, Several
from relevo.client.connecting import Connecting
from relevo.client.following import SILENCE_S, Following, Tell
from relevo.client.operations import Asker, Operations
from relevo.client.transfer import PIECE, Download
from relevo.events import Event

AnswerT = TypeVar("AnswerT")

TIMEOUT_S = 30.0
TRIES = 3


class Client(Operations, Asker):
    """Talk to a running server. Use it in a `with` block.

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connecting = Connecting.find(url, key, timeout_s, tries)
        self._http = httpx.Client(transport=transport, **self._connecting.client_arguments())
        self._followers: WeakSet[EventFollower] = WeakSet()

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self._connecting.url

    def __enter__(self) -> Self:
        self._http.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def close(self) -> None:
        """End the streams, and let the connections go."""
        for follower in list(self._followers):
            follower.close()
        self._http.close()

    def ask(self, call: Call[AnswerT]) -> AnswerT:
        """Make one call, again where that does no harm."""
        asking = Asking(call, self.url, self._connecting.tries)
        while True:
            try:
                answer = self._http.request(call.method, call.path, **self._arguments(call))
            except httpx.TransportError as error:
                pause_s = asking.pause_after_error(error)
            else:
                if answer.is_success:
                    return asking.read(answer)
                pause_s = asking.pause_after_refusal(answer)
            time.sleep(pause_s)

    def rows(self, call: ListCall[AnswerT]) -> Iterator[AnswerT]:
        """Give the rows of a list, asking for its pages as they are needed."""
        seen, cursor = 0, None
        while (asked := call.next_call(seen, cursor)) is not None:
            rows, cursor = call.rows(self.ask(asked), seen)
            yield from rows
            seen += len(rows)
            if cursor is None:
                return

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
    ) -> EventFollower:
        """Follow what happens, without end: a cut stream goes on where it was, by itself.

        Leave the loop to stop. In a `with` block the stream is open from the block's first line
        on, so that it misses nothing of what the block does.

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
        follower = EventFollower(self._http, self._connecting, following, silence_s)
        self._followers.add(follower)
        return follower

    def upload_media(
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
        return self.ask(call)

    def download_media(self, media_id: UUID | str, path: Path | str, /) -> DownloadedFile:
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
                with self._http.stream(call.method, call.path, **self._arguments(call)) as answer:
                    if answer.is_success:
                        return _write(answer, path)
                    answer.read()
                pause_s = asking.pause_after_refusal(answer)
            except httpx.TransportError as error:
                pause_s = asking.pause_after_error(error)
            time.sleep(pause_s)

    def _arguments(self, call: Call[Any]) -> dict[str, Any]:
        arguments = self._connecting.request_arguments(call)
        if call.file is not None:
            arguments["content"] = _pieces(call.file)
        return arguments


class EventFollower(Iterator[Event]):
    """Events as they happen; see `Client.events`. `close` ends it."""

    def __init__(
        self, http: httpx.Client, connecting: Connecting, following: Following, silence_s: float
    ) -> None:
        self._answer: httpx.Response | None = None
        self._http = http
        self._connecting = connecting
        self._following = following
        self._silence_s = silence_s
        self._parts: Iterator[bytes] = iter(())
        self._closed = False

    def __enter__(self) -> Self:
        while not self._following.open:
            self._read_on()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __next__(self) -> Event:
        while not self._closed:
            if self._following.events:
                return self._following.events.popleft()
            self._read_on()
        raise StopIteration

    def close(self) -> None:
        """End the stream; nothing more comes of it."""
        self._closed = True
        self._hang_up()

    def __del__(self) -> None:
        self._hang_up()

    def _read_on(self) -> None:
        """Take one part of the stream, opening it where it is not open."""
        following = self._following
        try:
            answer = self._answer or self._connect()
            if answer.is_success:
                following.check(answer)
                part = next(self._parts, None)
                if part is not None:
                    following.feed(part)
                    return
                pause_s = following.pause_after_end()
            else:
                answer.read()
                pause_s = following.pause_after_refusal(answer)
        except httpx.TransportError as error:
            self._hang_up()
            pause_s = following.pause_after_error(error)
        except BaseException:
            self.close()
            raise
        self._hang_up()
        time.sleep(pause_s)

    def _connect(self) -> httpx.Response:
        call = self._following.request()
        arguments = self._connecting.request_arguments(call, silence_s=self._silence_s)
        request = self._http.build_request(call.method, call.path, **arguments)
        self._answer = self._http.send(request, stream=True)
        self._parts = self._answer.iter_bytes()
        return self._answer

    def _hang_up(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()


def _pieces(file: Path | bytes) -> Iterator[bytes]:
    if isinstance(file, bytes):
        yield file
        return
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def _write(answer: httpx.Response, path: Path | str) -> DownloadedFile:
    with Download(answer, path) as download:
        with download.part.open("wb") as out:
            for piece in answer.iter_bytes(PIECE):
                out.write(download.take(piece))
        return download.finish()
