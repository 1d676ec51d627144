"""The SQLite engine's files: what is known about them; their bytes lie in the media store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from relevo.engines.outcomes import unknown_media
from relevo.engines.records import MediaOutcome, MediaRecord, UploadRecord
from relevo.engines.sqlite import media_rows
from relevo.engines.sqlite.core import SqliteCore
from relevo.engines.steps.media import ask_again, finish


class SqliteMedia(SqliteCore):
    """Files by their ids."""

    async def add_media(self, media: MediaRecord) -> None:
        """Note a file of ours that is being kept."""
        await self._write(lambda rows, _: rows.save_media(media), may_refuse=True)

    async def media(self, media_id: UUID) -> MediaRecord:
        """Give one file."""
        media = await self._read(lambda reader: media_rows.find_media(reader, media_id))
        if media is None:
            raise unknown_media(media_id)
        return media

    async def media_of(self, message_ids: Collection[UUID]) -> dict[UUID, MediaRecord]:
        """Give the files that came with messages."""
        if not message_ids:
            return {}
        return await self._read(lambda reader: media_rows.find_media_of(reader, message_ids))

    async def claim_media(self, room: Mapping[str, int], *, lease_s: float) -> list[MediaRecord]:
        """Take files that are due."""
        now = self._clock()
        if not await self._read(lambda reader: media_rows.find_due(reader, room, now)):
            return []  # without a turn of the writer: this is asked often
        return await self._write(lambda rows, at: rows.take_media(room, lease_s, at))

    async def finish_media(self, outcome: MediaOutcome) -> bool:
        """Keep what came of a file."""
        return await self._write(lambda rows, now: finish(rows, outcome, now))

    async def ask_media_again(self, media_id: UUID, *, within_s: float) -> MediaRecord:
        """Ask once more for a file that never came."""
        return await self._write(lambda rows, now: ask_again(rows, media_id, within_s, now))

    async def uploaded(self, media_id: UUID, account: str) -> UploadRecord | None:
        """Tell under which id an account's provider keeps a file."""
        return await self._read(lambda reader: media_rows.find_upload(reader, media_id, account))

    async def keep_upload(self, upload: UploadRecord) -> None:
        """Remember under which id an account's provider keeps a file."""
        await self._write(lambda rows, _: rows.keep_upload(upload))

    async def leaving_files(self, limit: int) -> dict[str, bool]:
        """Give stored files that are gone, and whether another row still names each."""
        return await self._read(lambda reader: media_rows.find_leaving(reader, limit))

    async def forget_files(self, store_keys: Collection[str]) -> None:
        """Forget where files lay that are gone."""
        await self._write(lambda rows, _: rows.forget_files(store_keys))
