"""Files, as the API tells them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import AwareDatetime, Field

from relevo.client.answers.errors import ErrorRow
from relevo.client.answers.model import Answer, OrWord
from relevo.engines.records import Direction, MediaState


class MediaRow(Answer):
    """A file that people sent or that is kept to be sent. Contents name its `id` as `media`."""

    id: str
    direction: Direction
    state: OrWord[MediaState]
    url: str | None = None
    account: str | None = None
    message_id: str | None = None
    mime_type: str | None = None
    filename: str | None = Field(default=None, repr=False)
    size: int | None = None
    sha256: str | None = None
    attempt_count: int
    next_at: AwareDatetime | None = None
    deadline: AwareDatetime | None = None
    error: ErrorRow | None = None
    created_at: AwareDatetime


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file that was written here.

    Args:
        path: Where it is.
        size: In bytes.
        mime_type: As the server knows it.
        filename: What people call it, if that is known. Do not trust it as a path.
    """

    path: Path
    size: int
    mime_type: str
    filename: str | None = None
