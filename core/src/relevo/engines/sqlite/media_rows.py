"""Files within the writer's transaction: what is known about them, not their bytes."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from relevo.engines.json_text import json_text
from relevo.engines.media_columns import (
    MEDIA_COLUMNS,
    UPLOAD_COLUMNS,
    read_media,
    read_upload,
    write_media,
)
from relevo.engines.records import MediaRecord, UploadRecord
from relevo.engines.sqlite.columns import Row
from relevo.engines.steps.media import taken
from relevo.engines.values import micros, micros_or_none

Reader = sqlite3.Connection

_LISTED: Final = ", ".join(MEDIA_COLUMNS)
_UPLOAD: Final = ", ".join(UPLOAD_COLUMNS)
_FIND: Final = f"SELECT {_LISTED} FROM media WHERE media_id = ?"
_OF_MESSAGES: Final = f"""
SELECT {_LISTED} FROM media WHERE message_id IN (SELECT value FROM json_each(?))
"""
_SAVE: Final = f"""
INSERT OR REPLACE INTO media ({_LISTED}) VALUES ({", ".join("?" for _ in MEDIA_COLUMNS)})
"""
_DUE: Final = f"""
SELECT {_LISTED} FROM media WHERE account = ? AND next_at <= ? ORDER BY next_at LIMIT ?
"""
_UPLOADED: Final = f"SELECT {_UPLOAD} FROM media_upload WHERE media_id = ? AND account = ?"
_KEEP_UPLOAD: Final = f"INSERT OR REPLACE INTO media_upload ({_UPLOAD}) VALUES (?, ?, ?, ?)"
# Rows that are gone stay: of them only those whose bytes still lie there are looked at.
_LEAVING: Final = """
SELECT store_key, EXISTS (
  SELECT 1 FROM media AS other WHERE other.store_key = media.store_key AND other.state <> 'gone'
) FROM media INDEXED BY media_leaving WHERE state = 'gone' AND store_key IS NOT NULL LIMIT ?
"""
_FORGET: Final = """
UPDATE media SET store_key = NULL
WHERE state = 'gone' AND store_key IN (SELECT value FROM json_each(?))
"""
_OLD: Final = """
SELECT media_id FROM media WHERE state = ? AND created_at <= ? ORDER BY created_at LIMIT ?
"""
_GONE: Final = """
UPDATE media SET state = 'gone', updated_at = ?, filename = NULL, next_at = NULL
WHERE media_id IN (SELECT value FROM json_each(?)) AND +state IN ('stored', 'failed')
"""
_DROP_UPLOADS: Final = """
DELETE FROM media_upload WHERE media_id IN (SELECT value FROM json_each(?))
"""
DUE_AGAIN: Final = """
UPDATE media SET next_at = updated_at WHERE state = 'pending' AND next_at IS NOT NULL
"""
"""Whoever had files in hand is gone, with the process."""
_DONE: Final = ("stored", "failed")


class MediaTables:
    """Find and keep files."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def media(self, media_id: UUID) -> MediaRecord | None:
        """Find a file."""
        return find_media(self._connection, media_id)

    def save_media(self, media: MediaRecord) -> None:
        """Keep a file, new or as it is now."""
        columns = write_media(media)
        columns["media_id"] = str(media.media_id)
        columns["message_id"] = None if media.message_id is None else str(media.message_id)
        self._connection.execute(_SAVE, [columns[name] for name in MEDIA_COLUMNS])

    def take_media(
        self, room: Mapping[str, int], lease_s: float, now: datetime
    ) -> list[MediaRecord]:
        """Give files that are due to a worker."""
        found = [taken(media, lease_s, now) for media in find_due(self._connection, room, now)]
        for media in found:
            self.save_media(media)
        return found

    def keep_upload(self, upload: UploadRecord) -> None:
        """Remember under which id a provider keeps a file."""
        values = (str(upload.media_id), upload.account, upload.provider_media_id)
        self._connection.execute(_KEEP_UPLOAD, (*values, micros_or_none(upload.expires_at)))

    def forget_files(self, store_keys: Collection[str]) -> None:
        """Forget where files lay that are gone."""
        self._connection.execute(_FORGET, (json_text(sorted(store_keys)),))

    def purge_media(self, old: Collection[str], now: datetime) -> int:
        """Make files ones that are no longer kept."""
        asked = json_text(sorted(old))
        gone = self._connection.execute(_GONE, (micros(now), asked)).rowcount
        self._connection.execute(_DROP_UPLOADS, (asked,))
        return gone


def find_media(reader: Reader, media_id: UUID) -> MediaRecord | None:
    """Find a file."""
    row: Row | None = reader.execute(_FIND, (str(media_id),)).fetchone()
    return read_media(row) if row else None


def find_media_of(reader: Reader, message_ids: Collection[UUID]) -> dict[UUID, MediaRecord]:
    """Find the files that came with messages."""
    rows = reader.execute(_OF_MESSAGES, (json_text([str(one) for one in message_ids]),))
    found = [read_media(row) for row in rows]
    return {media.message_id: media for media in found if media.message_id is not None}


def find_due(reader: Reader, room: Mapping[str, int], now: datetime) -> list[MediaRecord]:
    """Find files that are due, so many of each account, longest due first."""
    return [
        read_media(row)
        for account, limit in room.items()
        for row in reader.execute(_DUE, (account, micros(now), limit)).fetchall()
    ]


def find_upload(reader: Reader, media_id: UUID, account: str) -> UploadRecord | None:
    """Find under which id a provider keeps a file."""
    row: Row | None = reader.execute(_UPLOADED, (str(media_id), account)).fetchone()
    return read_upload(row) if row else None


def find_leaving(reader: Reader, limit: int) -> dict[str, bool]:
    """Find stored files that are gone, and whether another row still names each."""
    return {key: bool(used) for key, used in reader.execute(_LEAVING, (limit,))}


def find_old_media(reader: Reader, until: datetime, limit: int) -> list[str]:
    """Find files that need not be kept any longer."""
    found = [
        media_id
        for state in _DONE
        for (media_id,) in reader.execute(_OLD, (state, micros(until), limit)).fetchall()
    ]
    return found[:limit]
