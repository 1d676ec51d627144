"""Give an account's provider the files of ours that a message names, before it is handed over.

A file is uploaded once for each account and then named by the provider's id, until that
expires. Nothing has left for the person yet, so what goes wrong here may be tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import anyio
from anyio.lowlevel import checkpoint

from relevo.engines.port import Clock, MediaBook
from relevo.engines.records import MediaRecord, MediaState, UploadRecord
from relevo.errors import (
    EngineError,
    MediaUnavailable,
    OutcomeUnknown,
    ProviderFailed,
    ProviderFault,
    Rejected,
    RelevoError,
    SendError,
    Unavailable,
    UnknownMedia,
)
from relevo.media.fitting import said
from relevo.media.mentions import Mention, files_in, with_ids
from relevo.media.store import MediaStore
from relevo.messages import Message
from relevo.providers import AnyProvider, MediaUpload, check_media
from relevo.redaction import frames_of
from relevo.store_watch import StoreWatch

logger = logging.getLogger("relevo.media")

UPLOAD_S: Final = 600.0
_LASTS_STILL: Final = timedelta(hours=1)


class Prepared(NamedTuple):
    """A message as the provider can send it."""

    message: Message
    reused: tuple[UploadRecord, ...] = ()
    """Files that were uploaded for an earlier message."""


class Uploader:
    """Put providers' ids where messages name files of ours."""

    def __init__(
        self,
        engine: MediaBook,
        store: MediaStore,
        *,
        clock: Clock,
        limit_s: float = UPLOAD_S,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._limit_s = limit_s
        self._store_watch = store_watch or StoreWatch()
        self._locks: dict[tuple[str, str], anyio.Lock] = {}
        self._waiting: dict[tuple[str, str], int] = {}

    async def prepare(
        self,
        message: Message,
        provider: AnyProvider,
        *,
        before_upload: Callable[[], Awaitable[None]] = checkpoint,
    ) -> Prepared:
        """Give the message as the provider can send it.

        Args:
            message: As it was accepted.
            provider: The account's.
            before_upload: Called, more than once perhaps, before it may take long.

        Raises:
            Rejected: A file cannot be sent; names the field.
            SendError: An upload did not work; nothing has left for the person.
        """
        ids: dict[str, str] = {}
        reused: list[UploadRecord] = []
        for mention in files_in(message.content):
            if mention.media not in ids:
                upload, is_new = await self._upload_of(mention, provider, before_upload)
                ids[mention.media] = upload.provider_media_id
                reused += [] if is_new else [upload]
        if not ids:
            return Prepared(message)
        content = with_ids(message.content, ids)
        return Prepared(message.model_copy(update={"content": content}), tuple(reused))

    async def forget(self, reused: Sequence[UploadRecord]) -> None:
        """Use these ids no more: the provider said that it does not have one of them."""
        for upload in reused:
            try:
                await self._engine.keep_upload(replace(upload, expires_at=self._clock()))
            except EngineError as error:
                # The next attempt is refused once more, and this is tried again.
                self._store_watch.failed("the uploader", error)

    async def _upload_of(
        self, mention: Mention, provider: AnyProvider, before_upload: Callable[[], Awaitable[None]]
    ) -> tuple[UploadRecord, bool]:
        """Give the upload, and whether it is new; of many messages with one file, one uploads."""
        key = (mention.media, provider.account)
        lock = self._locks.setdefault(key, anyio.Lock())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            if lock.locked():
                with _in_words(f"Account {provider.account!r}: {mention.field}", provider):
                    await before_upload()
            async with lock:
                return await self._found_upload(mention, provider, before_upload)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._locks[key]

    async def _found_upload(
        self, mention: Mention, provider: AnyProvider, before_upload: Callable[[], Awaitable[None]]
    ) -> tuple[UploadRecord, bool]:
        where = f"Account {provider.account!r}: {mention.field}"
        try:
            media = await self._engine.media(UUID(mention.media))
            known = await self._engine.uploaded(media.media_id, provider.account)
        except (UnknownMedia, ValueError) as error:
            msg = f"{where}: no file of ours has this id."
            raise Rejected(msg) from error
        except EngineError as error:
            msg = f"{where}: the store cannot tell about the file. {error.message}"
            raise Unavailable(msg) from error
        with _in_words(where, provider):
            # It may have been uploaded as something else.
            check_media(
                provider, mention.kind, mime_type=media.mime_type or "", size=media.size or 0
            )
        if known is not None and self._lasts(known):
            return known, False
        if media.state is not MediaState.STORED:
            msg = f"{where}: the file is {media.state}."
            raise Rejected(msg)
        with _in_words(where, provider):
            await before_upload()
        return await self._upload(media, mention, provider, where), True

    def _lasts(self, known: UploadRecord) -> bool:
        return known.expires_at is None or known.expires_at > self._clock() + _LASTS_STILL

    async def _upload(
        self, media: MediaRecord, mention: Mention, provider: AnyProvider, where: str
    ) -> UploadRecord:
        try:
            with _in_words(where, provider), anyio.fail_after(self._limit_s):
                upload = await self._hand_up(media, mention, provider)
                await self._engine.keep_upload(upload)
        except TimeoutError as error:
            msg = f"{where}: the upload took longer than {self._limit_s:g} s."
            raise Unavailable(msg) from error
        return upload

    async def _hand_up(
        self, media: MediaRecord, mention: Mention, provider: AnyProvider
    ) -> UploadRecord:
        async with self._store.open(media.store_key or "") as chunks:
            told = await provider.upload_media(
                MediaUpload(
                    mime_type=media.mime_type or "",
                    size=media.size or 0,
                    chunks=chunks,
                    kind=mention.kind,
                    filename=media.filename,
                    sha256=media.sha256,
                )
            )
        return UploadRecord(media.media_id, provider.account, told.id, told.expires_at)


@contextmanager
def _in_words(where: str, provider: AnyProvider) -> Iterator[None]:
    """Say of a file what went wrong with it, and what may follow: nothing has left yet."""
    try:
        yield
    except TimeoutError:
        raise
    except OutcomeUnknown as error:
        # Whatever the provider kept of it, the person has got nothing.
        msg = f"{where}: the upload was cut off. {said(error, provider)}"
        raise Unavailable(msg, http_status=error.http_status, raw=error.raw) from error
    except SendError as error:
        error.message = f"{where}: {said(error, provider)}"
        raise
    except (EngineError, MediaUnavailable) as error:
        msg = f"{where}: {error.message}"
        raise Unavailable(msg) from error
    except ProviderFault as error:
        msg = f"{where}: {said(error, provider)}"
        raise ProviderFailed(msg) from error
    except RelevoError as error:
        msg = f"{where}: {said(error, provider)}"
        raise Rejected(msg) from error
    except Exception as error:
        name = type(error).__name__
        where_in = frames_of(error)
        logger.error("%s: the provider raised %s. %s", where, name, where_in)  # noqa: TRY400 - its words may hold a secret
        msg = (
            f"{where}: provider {provider.name!r} failed with {name} over the file, before "
            f"anything was sent. {ProviderFailed.advice}"
        )
        raise ProviderFailed(msg) from error
