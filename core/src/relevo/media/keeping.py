"""Keep a file of ours, and give back any file that is here."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import Final, NoReturn
from uuid import UUID

import anyio
from anyio.lowlevel import checkpoint

from relevo.engines.port import Clock, MediaBook
from relevo.engines.records import Direction, MediaOutcome, MediaRecord, MediaState
from relevo.errors import (
    InvalidMessage,
    MediaFailed,
    MediaGone,
    MediaPending,
    MediaUnavailable,
    UnknownMedia,
)
from relevo.events import ErrorDetail
from relevo.media.files import CHUNK_BYTES
from relevo.media.fitting import check_fits
from relevo.media.mentions import files_in
from relevo.media.store import MediaStore
from relevo.messages import Message, new_message_id
from relevo.providers import AnyProvider

Source = bytes | Path | AsyncIterable[bytes]

ANY_TYPE: Final = "application/octet-stream"
LARGEST_BYTES: Final = 100 * 1024 * 1024
AGAIN_S: Final = 3_600.0
"""So long a file is asked for that a person asks for again."""
_CLOSE_S: Final = 5.0


class MediaKeeper:
    """Keep files durably: what is known in the engine, the bytes in the media store."""

    def __init__(
        self, engine: MediaBook, store: MediaStore, *, clock: Clock, most_bytes: int = LARGEST_BYTES
    ) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self.most_bytes = most_bytes

    async def keep(
        self,
        source: Source,
        *,
        mime_type: str | None = None,
        filename: str | None = None,
        account: str | None = None,
    ) -> MediaRecord:
        """Keep a file of ours.

        Args:
            source: Its bytes, where it lies, or its bytes in pieces.
            mime_type: Left out, it is told from the name.
            filename: What people call it; left out, the path's own.
            account: Whose it is to see; left out, it belongs to no account.

        Raises:
            MediaTooLarge: It has more bytes than are kept.
            MediaUnavailable: It cannot be read or stored.
            EngineError: What is known about it cannot be kept.
        """
        if filename is None and isinstance(source, Path):
            filename = source.name
        guessed = mimetypes.guess_type(filename)[0] if filename else None
        now = self._clock()
        media = MediaRecord(
            media_id=new_message_id(),
            direction=Direction.OUT,
            state=MediaState.PENDING,
            created_at=now,
            updated_at=now,
            account=account,
            mime_type=mime_type or guessed or ANY_TYPE,
            filename=filename,
        )
        await self._engine.add_media(media)
        try:
            async with aclosing(_pieces(source)) as chunks:
                stored = await self._store.put(chunks, most_bytes=self.most_bytes)
        except BaseException as error:
            await self._fail(media, error)
            raise
        outcome = MediaOutcome(
            media.media_id,
            media.attempts,
            MediaState.STORED,
            size=stored.size,
            sha256=stored.sha256,
            store_key=stored.store_key,
        )
        await self._engine.finish_media(outcome)
        return await self._engine.media(media.media_id)

    async def _fail(self, media: MediaRecord, error: BaseException) -> None:
        """Note that it never came, also for somebody who is being cancelled."""
        code = getattr(error, "code", "media_unavailable")
        words = getattr(error, "message", "The file ended before all of it came.")
        detail = ErrorDetail(code=code, message=words)
        outcome = MediaOutcome(media.media_id, media.attempts, MediaState.FAILED, error=detail)
        with anyio.move_on_after(_CLOSE_S, shield=True):
            await self._engine.finish_media(outcome)

    async def find(self, media_id: UUID) -> MediaRecord:
        """Give a file that is here.

        Raises:
            UnknownMedia: No file has this id.
            MediaPending: It is not here yet.
            MediaFailed: It never came.
            MediaGone: It is no longer kept.
        """
        media = await self._engine.media(media_id)
        if media.state is not MediaState.STORED or media.store_key is None:
            _raise_absent(media)
        return media

    async def ask_again(self, media_id: UUID) -> MediaRecord:
        """Ask the provider once more for a file that never came; it is fetched soon.

        A file that is here, or on its way, stays as it is.

        Raises:
            UnknownMedia: No file has this id.
            MediaFailed: It is a file of ours, that nobody can be asked for.
            MediaGone: It is no longer kept.
        """
        media = await self._engine.ask_media_again(media_id, within_s=AGAIN_S)
        if media.state in {MediaState.FAILED, MediaState.GONE}:
            _raise_absent(media)
        return media

    def open(self, media: MediaRecord) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Give the bytes of a file that is here, in pieces.

        Raises:
            MediaUnavailable: The media store cannot be read, or lost it.
        """
        return self._store.open(media.store_key or "")

    async def check(self, message: Message, provider: AnyProvider, *, again: bool) -> None:
        """Refuse a message that names a file of ours which cannot be sent.

        `again`: it may be an earlier request once more, whose file was kept long enough.

        Raises:
            InvalidMessage: Names the field, and why.
            Rejected: The vendor would surely refuse the file as this kind of content.
        """
        for mention in files_in(message.content):
            why = None
            try:
                media = await self._engine.media(UUID(mention.media))
            except (ValueError, UnknownMedia):
                why = "no file of ours has this id"
            else:
                if media.state is MediaState.STORED:
                    check_fits(provider, mention, media)
                elif not (again and media.state is MediaState.GONE):
                    why = f"the file is {media.state}"
            if why is not None:
                msg = f"{mention.field}: {why}. Give the id that `POST /media` answered."
                raise InvalidMessage(msg, field=mention.field)


def _raise_absent(media: MediaRecord) -> NoReturn:
    known = f"The file {media.media_id}"
    last = f" {media.error.message}" if media.error else ""
    if media.state is MediaState.PENDING:
        msg = f"{known} is not here yet; it was asked for {media.attempts} times.{last}"
        raise MediaPending(msg)
    if media.state is MediaState.FAILED:
        msg = f"{known} never came.{last}"
        raise MediaFailed(msg)
    msg = f"{known} was kept as long as [retention] says, and is no longer here."
    raise MediaGone(msg)


async def _pieces(source: Source) -> AsyncGenerator[bytes, None]:
    if isinstance(source, bytes):
        await checkpoint()
        yield source
    elif isinstance(source, Path):
        try:
            async with await anyio.open_file(source, "rb") as file:
                while chunk := await file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            msg = f"The file {source} cannot be read: {error.strerror or type(error).__name__}."
            raise MediaUnavailable(msg) from error
    else:
        async for chunk in source:
            yield chunk
