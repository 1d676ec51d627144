"""Files: keep one to send it, and read one that is kept."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from types import NoneType
from uuid import UUID

from relevo.client.answers.media import MediaRow
from relevo.client.call import Call, asked

_ANY_TYPE = "application/octet-stream"


def upload_media(
    file: Path | str | bytes,
    /,
    *,
    mime_type: str | None = None,
    filename: str | None = None,
    account: str | None = None,
) -> Call[MediaRow]:
    """Ask to keep a file, given by its path or as its bytes."""
    given = file if isinstance(file, bytes) else Path(file)
    if isinstance(given, Path):
        filename = filename or given.name
    kind = mime_type or mimetypes.guess_type(filename or "")[0] or _ANY_TYPE
    return Call(
        "POST /media",
        MediaRow,
        params=asked(filename=filename, account=account),
        headers={"Content-Type": kind},
        file=given,
    )


def download_media(media_id: UUID | str, /) -> Call[None]:
    """Ask for a file's bytes."""
    return Call("GET /media/{media_id}", NoneType, {"media_id": str(media_id)}, repeatable=True)


def fetch_media(media_id: UUID | str, /) -> Call[MediaRow]:
    """Ask the provider once more for a file that a person sent and that never came.

    What comes of it is told as a `messaging.status` event of its message.

    Raises:
        UnknownMedia: No file has this id.
    """
    places = {"media_id": str(media_id)}
    return Call("POST /media/{media_id}/fetch", MediaRow, places, repeatable=True)
