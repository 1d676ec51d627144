"""The media book: what is known about files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from relevo.engines.records import MediaOutcome, MediaRecord, UploadRecord


class MediaBook(Protocol):
    """What is known about files; their bytes lie in a media store."""

    async def add_media(self, media: MediaRecord) -> None:
        """Note a file of ours that is being kept."""
        ...

    async def media(self, media_id: UUID) -> MediaRecord:
        """Give one file.

        Raises:
            UnknownMedia: No file has this id.
        """
        ...

    async def media_of(self, message_ids: Collection[UUID]) -> dict[UUID, MediaRecord]:
        """Give the files that came with messages, by the messages' ids."""
        ...

    async def claim_media(self, room: Mapping[str, int], *, lease_s: float) -> list[MediaRecord]:
        """Take files that are due to be fetched, at most so many of each account in `room`.

        Each counts as an attempt. Nobody else is given it for `lease_s` seconds.
        """
        ...

    async def finish_media(self, outcome: MediaOutcome) -> bool:
        """Keep what came of a file; False: it was taken by another since, and nothing changed.

        Once it is `stored` or `failed`, a `messaging.status` event of its message tells it. A
        try that would come after the deadline comes at the deadline; after that it is `failed`.
        """
        ...

    async def ask_media_again(self, media_id: UUID, *, within_s: float) -> MediaRecord:
        """Ask once more for a file of a person that is `failed`; give the file as it is now.

        It is `pending` then, and due at once until `within_s` from now. Any other stays as it is.

        Raises:
            UnknownMedia: No file has this id.
        """
        ...

    async def uploaded(self, media_id: UUID, account: str) -> UploadRecord | None:
        """Tell under which id an account's provider keeps a file of ours."""
        ...

    async def keep_upload(self, upload: UploadRecord) -> None:
        """Remember under which id an account's provider keeps a file of ours."""
        ...

    async def leaving_files(self, limit: int) -> dict[str, bool]:
        """Give stored files that are `gone`, by `store_key`: whether another row still names it."""
        ...

    async def forget_files(self, store_keys: Collection[str]) -> None:
        """Forget where files lay that are `gone`: they were removed, or are another's."""
        ...
