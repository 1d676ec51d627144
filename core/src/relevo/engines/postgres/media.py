"""The PostgreSQL engine's files: what is known about them; their bytes lie in the media store."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from relevo.engines.json_text import plain_text
from relevo.engines.media_columns import (
    MEDIA_COLUMNS,
    UPLOAD_COLUMNS,
    read_media,
    read_upload,
    write_media,
)
from relevo.engines.outcomes import unknown_media
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.core import PostgresCore
from relevo.engines.postgres.needs import Needs
from relevo.engines.records import MediaOutcome, MediaRecord, UploadRecord
from relevo.engines.steps.media import ask_again, finish
from relevo.engines.values import micros, micros_or_none

_LISTED: Final = ", ".join(MEDIA_COLUMNS)
_UPLOAD: Final = ", ".join(UPLOAD_COLUMNS)
_PLACES: Final = ", ".join(f"${number}" for number, _ in enumerate(MEDIA_COLUMNS, 1))
_ADD: Final = f"""
INSERT INTO media ({_LISTED}) VALUES ({_PLACES}) ON CONFLICT (media_id) DO NOTHING
"""
_FIND: Final = f"SELECT {_LISTED} FROM media WHERE media_id = $1"
# `LIMIT` inside LATERAL keeps each look-up a walk down one index, whatever the statistics say.
_OF_MESSAGES: Final = f"""
SELECT {", ".join(f"m.{name}" for name in MEDIA_COLUMNS)}
FROM unnest($1::uuid[]) AS k(id) CROSS JOIN LATERAL (
  SELECT * FROM media WHERE message_id = k.id LIMIT 1
) AS m
"""
_ANY_DUE: Final = """
SELECT 1 FROM unnest($1::text[]) AS k(account) CROSS JOIN LATERAL (
  SELECT next_at FROM media WHERE account = k.account AND next_at IS NOT NULL
  ORDER BY next_at LIMIT 1
) AS m WHERE m.next_at <= $2 LIMIT 1
"""
_TAKE: Final = f"""
WITH mine AS (
  SELECT m.media_id FROM unnest($1::text[]) AS k(account) CROSS JOIN LATERAL (
    SELECT media_id FROM media WHERE account = k.account AND next_at <= $3
    ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ) AS m
)
UPDATE media AS t SET attempts = attempts + 1, next_at = $4, updated_at = $3
FROM mine WHERE t.media_id = mine.media_id
RETURNING {", ".join(f"t.{name}" for name in MEDIA_COLUMNS)}
"""
_UPLOADED: Final = f"SELECT {_UPLOAD} FROM media_upload WHERE media_id = $1 AND account = $2"
_KEEP_UPLOAD: Final = f"""
INSERT INTO media_upload ({_UPLOAD}) VALUES ($1, $2, $3, $4)
ON CONFLICT (media_id, account) DO UPDATE SET
  provider_media_id = excluded.provider_media_id, expires_at = excluded.expires_at
"""
_LEAVING: Final = """
SELECT m.store_key, coalesce(u.used, false) AS used FROM (
  SELECT store_key FROM media WHERE state = 'gone' AND store_key IS NOT NULL
  ORDER BY media_id LIMIT $1
) AS m LEFT JOIN LATERAL (
  SELECT true AS used FROM media WHERE store_key = m.store_key AND state <> 'gone' LIMIT 1
) AS u ON true
"""
_FORGET: Final = """
WITH mine AS (
  SELECT m.media_id FROM unnest($1::text[]) AS k(store_key) CROSS JOIN LATERAL (
    SELECT media_id FROM media WHERE store_key = k.store_key AND state = 'gone'
    LIMIT 1000 FOR UPDATE SKIP LOCKED
  ) AS m
)
UPDATE media AS t SET store_key = NULL FROM mine WHERE t.media_id = mine.media_id
"""


class PostgresMedia(PostgresCore):
    """Files by their ids."""

    async def add_media(self, media: MediaRecord) -> None:
        """Note a file of ours that is being kept."""
        columns = write_media(media)
        values = [columns[name] for name in MEDIA_COLUMNS]
        await self._change(lambda connection, _: connection.execute(_ADD, *values))

    async def media(self, media_id: UUID) -> MediaRecord:
        """Give one file."""
        rows = await self._fetch(_FIND, media_id)
        if not rows:
            raise unknown_media(media_id)
        return read_media(rows[0])

    async def media_of(self, message_ids: Collection[UUID]) -> dict[UUID, MediaRecord]:
        """Give the files that came with messages."""
        if not message_ids:
            return {}
        found = [read_media(row) for row in await self._fetch(_OF_MESSAGES, list(message_ids))]
        return {media.message_id: media for media in found if media.message_id is not None}

    async def claim_media(self, room: Mapping[str, int], *, lease_s: float) -> list[MediaRecord]:
        """Take files that are due; a row that another machine has in hand is left to it."""
        accounts = [plain_text(name) for name in room]

        async def is_due(connection: Connection) -> bool:
            now = micros(await self._now(connection))
            return bool(await connection.fetch(_ANY_DUE, accounts, now))

        async def take(connection: Connection, now: datetime) -> list[MediaRecord]:
            at = micros(now)
            until = at + int(lease_s * 1_000_000)
            taken: list[MediaRecord] = []
            for most in sorted(set(room.values())):
                alike = [plain_text(name) for name, limit in room.items() if limit == most]
                rows = await connection.fetch(_TAKE, alike, most, at, until)
                taken += map(read_media, rows)
            return taken

        if not accounts or not await self._read(is_due):
            return []  # without a transaction: this is asked often
        return cast("list[MediaRecord]", await self._change(take))

    async def finish_media(self, outcome: MediaOutcome) -> bool:
        """Keep what came of a file."""
        needs = Needs(media={outcome.media_id})
        return await self._write(lambda rows, now: finish(rows, outcome, now), needs)

    async def ask_media_again(self, media_id: UUID, *, within_s: float) -> MediaRecord:
        """Ask once more for a file that never came."""
        needs = Needs(media={media_id})
        return await self._write(lambda rows, now: ask_again(rows, media_id, within_s, now), needs)

    async def uploaded(self, media_id: UUID, account: str) -> UploadRecord | None:
        """Tell under which id an account's provider keeps a file."""
        rows = await self._fetch(_UPLOADED, media_id, account)
        return read_upload(rows[0]) if rows else None

    async def keep_upload(self, upload: UploadRecord) -> None:
        """Remember under which id an account's provider keeps a file."""
        await self._change(
            lambda connection, _: connection.execute(
                _KEEP_UPLOAD,
                upload.media_id,
                upload.account,
                plain_text(upload.provider_media_id),
                micros_or_none(upload.expires_at),
            )
        )

    async def leaving_files(self, limit: int) -> dict[str, bool]:
        """Give stored files that are gone, and whether another row still names each."""
        rows = await self._fetch(_LEAVING, limit)
        return {row["store_key"]: row["used"] for row in rows}

    async def forget_files(self, store_keys: Collection[str]) -> None:
        """Forget where files lay that are gone."""
        await self._change(lambda connection, _: connection.execute(_FORGET, list(store_keys)))

    async def _fetch(self, statement: str, *values: object) -> list[Any]:
        return cast(
            "list[Any]",
            await self._read(lambda connection: connection.fetch(statement, *values)),
        )
