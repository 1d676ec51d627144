"""Between rows of `media` and `media_upload` and the steps; every SQL engine writes them alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from relevo.engines.json_text import plain_text
from relevo.engines.records import Direction, MediaRecord, MediaState, UploadRecord
from relevo.engines.values import (
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    read_error,
    write_error,
)

MEDIA_COLUMNS: Final = (
    "media_id", "direction", "state", "account", "message_id", "mime_type", "filename", "size",
    "sha256", "store_key", "provider_media_id", "attempts", "next_at", "deadline", "error",
    "created_at", "updated_at",
)  # fmt: skip
UPLOAD_COLUMNS: Final = ("media_id", "account", "provider_media_id", "expires_at")


def write_media(media: MediaRecord) -> dict[str, Any]:
    """Write a file's columns; its ids as they are."""
    return {
        "media_id": media.media_id,
        "direction": media.direction.value,
        "state": media.state.value,
        "account": media.account,
        "message_id": media.message_id,
        "mime_type": _text(media.mime_type),
        "filename": _text(media.filename),
        "size": media.size,
        "sha256": media.sha256,
        "store_key": media.store_key,
        "provider_media_id": _text(media.provider_media_id),
        "attempts": media.attempts,
        "next_at": micros_or_none(media.next_at),
        "deadline": micros_or_none(media.deadline),
        "error": write_error(media.error),
        "created_at": micros(media.created_at),
        "updated_at": micros(media.updated_at),
    }


def read_media(row: Sequence[Any]) -> MediaRecord:
    """Read a file from `MEDIA_COLUMNS`."""
    columns = dict(zip(MEDIA_COLUMNS, row, strict=True))
    message_id = columns["message_id"]
    return MediaRecord(
        **columns
        | {
            "media_id": _uuid(columns["media_id"]),
            "direction": Direction(columns["direction"]),
            "state": MediaState(columns["state"]),
            "message_id": None if message_id is None else _uuid(message_id),
            "next_at": moment_or_none(columns["next_at"]),
            "deadline": moment_or_none(columns["deadline"]),
            "error": read_error(columns["error"]),
            "created_at": moment(columns["created_at"]),
            "updated_at": moment(columns["updated_at"]),
        }
    )


def read_upload(row: Sequence[Any]) -> UploadRecord:
    """Read an upload from `UPLOAD_COLUMNS`."""
    media_id, account, provider_media_id, expires_at = row
    return UploadRecord(_uuid(media_id), account, provider_media_id, moment_or_none(expires_at))


def _uuid(value: Any) -> UUID:
    # asyncpg's own UUIDs are not the standard library's in every way.
    return UUID(value) if isinstance(value, str) else UUID(int=value.int)


def _text(text: str | None) -> str | None:
    return None if text is None else plain_text(text)
