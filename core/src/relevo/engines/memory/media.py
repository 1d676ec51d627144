"""The memory engine's files: what is known about them; their bytes lie in the media store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from anyio.lowlevel import checkpoint

from relevo.engines.memory.core import MemoryCore
from relevo.engines.outcomes import unknown_media
from relevo.engines.records import MediaOutcome, MediaRecord, MediaState, UploadRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.media import ask_again, finish, taken


class MemoryMedia(MemoryCore):
    """Files by their ids."""

    async def add_media(self, media: MediaRecord) -> None:
        """Note a file of ours that is being kept."""
        await checkpoint()
        with self._unit():
            self._rows.save_media(media)

    async def media(self, media_id: UUID) -> MediaRecord:
        """Give one file."""
        await checkpoint()
        media = self._rows.media(media_id)
        if media is None:
            raise unknown_media(media_id)
        return media

    async def media_of(self, message_ids: Collection[UUID]) -> dict[UUID, MediaRecord]:
        """Give the files that came with messages."""
        await checkpoint()
        rows = self._rows
        return {one: rows.files[rows.file_of[one]] for one in message_ids if one in rows.file_of}

    async def claim_media(self, room: Mapping[str, int], *, lease_s: float) -> list[MediaRecord]:
        """Take files that are due."""
        await checkpoint()
        found: list[MediaRecord] = []
        with self._unit() as now:
            for account, limit in room.items():
                due = [
                    (media.next_at, media.media_id)
                    for media in self._rows.files.values()
                    if media.account == account and media.next_at is not None
                    if media.next_at <= now
                ]
                for _, media_id in sorted(due)[:limit]:
                    media = taken(self._rows.files[media_id], lease_s, now)
                    self._rows.save_media(media)
                    found.append(media)
        return found

    async def finish_media(self, outcome: MediaOutcome) -> bool:
        """Keep what came of a file."""
        await checkpoint()
        with self._unit() as now:
            return finish(self._rows, outcome, now)

    async def ask_media_again(self, media_id: UUID, *, within_s: float) -> MediaRecord:
        """Ask once more for a file that never came."""
        await checkpoint()
        with self._unit() as now:
            return ask_again(self._rows, media_id, within_s, now)

    async def uploaded(self, media_id: UUID, account: str) -> UploadRecord | None:
        """Tell under which id an account's provider keeps a file."""
        await checkpoint()
        return self._rows.uploads.get((media_id, account))

    async def keep_upload(self, upload: UploadRecord) -> None:
        """Remember under which id an account's provider keeps a file."""
        await checkpoint()
        self._rows.uploads[upload.media_id, upload.account] = upload

    async def leaving_files(self, limit: int) -> dict[str, bool]:
        """Give stored files that are gone, and whether another row still names each."""
        await checkpoint()
        files = self._rows.files.values()
        used = {one.store_key for one in files if one.state is not MediaState.GONE}
        keys = dict.fromkeys(
            one.store_key for one in files if one.state is MediaState.GONE and one.store_key
        )
        return {key: key in used for key in list(keys)[:limit]}

    async def forget_files(self, store_keys: Collection[str]) -> None:
        """Forget where files lay that are gone."""
        await checkpoint()
        with self._unit():
            for media in list(self._rows.files.values()):
                if media.state is MediaState.GONE and media.store_key in store_keys:
                    self._rows.save_media(replace(media, store_key=None))
