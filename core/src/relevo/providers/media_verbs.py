"""What a provider can do with files: take one from us, give one to us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from relevo.providers.refusing import Refusing


@dataclass(frozen=True, slots=True)
class MediaUpload:
    """A file for the vendor.

    Args:
        mime_type: Such as `image/jpeg`.
        size: In bytes.
        chunks: Its bytes, once.
        kind: The kind of content it is for, such as `sticker`; None: not known yet.
        filename: What people call it.
        sha256: In lower-case hex, where it is known.
    """

    mime_type: str
    size: int
    chunks: AsyncIterator[bytes] = field(repr=False)
    kind: str | None = None
    filename: str | None = field(default=None, repr=False)
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderMedia:
    """A file that the vendor keeps: its id there, and until when it is good (None: for ever)."""

    id: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FetchedMedia:
    """A file on its way from the vendor.

    Args:
        mime_type: As the vendor says; None where it does not.
        size: In bytes, as the vendor says; None where it does not.
        sha256: In lower-case hex, as the vendor says; None where it does not.
        chunks: Its bytes, once.
    """

    mime_type: str | None
    size: int | None
    sha256: str | None
    chunks: AsyncIterator[bytes] = field(repr=False)


class MediaVerbs(Refusing):
    """Upload and fetch files; refused until written."""

    fetch_life_s: ClassVar[float] = 604_800
    """Seconds for which the vendor gives the file a person sent; after that it is not asked."""

    def check_media(self, kind: str, *, mime_type: str, size: int) -> None:
        """Refuse a file that the vendor would surely refuse as this kind of content. Pure.

        Asked before a message that names a file of ours is kept, and again before its attempt:
        one file may be sent as several kinds. Default: refuses nothing.

        Args:
            kind: The kind of content it is sent as, such as `sticker`.
            mime_type: Such as `image/jpeg`.
            size: In bytes.

        Raises:
            Rejected: Names the limit, and what the vendor takes.
        """
        del kind, mime_type, size

    async def upload_media(self, upload: MediaUpload) -> ProviderMedia:
        """Give the vendor a file to keep, so that contents can name it by `id`.

        Raises:
            SendError: The vendor did not take it; the subclass says whether to try again.
        """
        del upload
        self._refuse("upload of media")

    @property
    def has_upload_media(self) -> bool:
        """Whether the class wrote `upload_media`."""
        return type(self).upload_media is not MediaVerbs.upload_media

    def fetch_media(self, media_id: str) -> AbstractAsyncContextManager[FetchedMedia]:
        """Open a file of the vendor's by the id an inbound content names.

        Raises:
            Rejected: The vendor does not have it, or no longer.
            SendError: It could not be had; the subclass says whether to try again.
        """
        del media_id
        self._refuse("fetch of media")

    @property
    def has_fetch_media(self) -> bool:
        """Whether the class wrote `fetch_media`."""
        return type(self).fetch_media is not MediaVerbs.fetch_media
