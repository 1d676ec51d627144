"""A vendor that takes files and gives files, as a test says."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from anyio.lowlevel import checkpoint
from pydantic import BaseModel

import relevo

BYTES = b"\xff\xd8 an image, more or less \xff\xd9"
SHA256 = hashlib.sha256(BYTES).hexdigest()
FAR = datetime(2100, 1, 1, tzinfo=UTC)
C = relevo.Capability


class Config(BaseModel):
    """Nothing to configure."""


class Vendor(relevo.Provider[Config]):
    """Take files and messages, give files; what goes wrong is set on the class by each test."""

    name = "vendor"
    config_type = Config
    native_contents: ClassVar[Mapping[str, type[relevo.NativeContent]]] = {
        "vendor.cards": relevo.NativeContent
    }
    capabilities = frozenset(
        {
            C.TEXT,
            C.IMAGE,
            C.TEMPLATE,
            C.NATIVE,
            C.DOCUMENT,
            C.BUTTONS,
            C.INBOUND,
            C.UPLOAD_MEDIA,
            C.FETCH_MEDIA,
        }
    )
    uploads: ClassVar[list[tuple[str | None, str, str | None, bytes]]]
    sent: ClassVar[list[relevo.Message]]
    fetched: ClassVar[list[str]]
    files: ClassVar[dict[str, bytes]]
    faults: ClassVar[list[Exception]]
    """What the next calls raise, one each, before anything else."""
    lost: ClassVar[set[str]]
    """Ids of uploads that it no longer has."""
    expires_at: ClassVar[datetime | None]
    told: ClassVar[dict[str, Any]]
    on_call: ClassVar[tuple[Callable[[], Awaitable[object]], ...]]
    """What each call waits for first."""

    @classmethod
    def forget(cls) -> None:
        """Begin anew."""
        cls.uploads, cls.sent, cls.fetched, cls.faults = [], [], [], []
        cls.files = {"v-1": BYTES}
        cls.lost = set()
        cls.expires_at = FAR
        cls.told = {}
        cls.on_call = ()

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        self.sent.append(message)
        await checkpoint()
        if getattr(message.content, "id", None) in self.lost:
            msg = "no such file"
            raise relevo.Rejected(msg, files_gone=True)
        return relevo.Receipt(f"v-{message.message_id}")

    async def upload_media(self, upload: relevo.MediaUpload) -> relevo.ProviderMedia:
        await self._begin()
        content = b"".join([chunk async for chunk in upload.chunks])
        assert (upload.size, upload.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        self.uploads.append((upload.kind, upload.mime_type, upload.filename, content))
        return relevo.ProviderMedia(f"up-{len(self.uploads)}", self.expires_at)

    @asynccontextmanager
    async def fetch_media(self, media_id: str) -> AsyncIterator[relevo.FetchedMedia]:
        self.fetched.append(media_id)
        await self._begin()
        content = self.files[media_id]
        told: dict[str, Any] = {
            "mime_type": "image/jpeg",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        } | self.told
        yield relevo.FetchedMedia(**told, chunks=_slowly(content))

    async def _begin(self) -> None:
        await checkpoint()
        for wait in self.on_call:
            await wait()
        if self.faults:
            raise self.faults.pop(0)


async def _slowly(content: bytes) -> AsyncIterator[bytes]:
    for place in range(0, len(content), 5):
        await checkpoint()
        yield content[place : place + 5]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """Give bytes in pieces."""
    for part in parts:
        await checkpoint()
        yield part


SOON = timedelta(minutes=59)
