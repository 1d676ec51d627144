"""Files: those an application sends, and those people send."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from relevo.engines.records.messages import Direction
from relevo.events import ErrorDetail


class MediaState(StrEnum):
    """Where a file is."""

    PENDING = "pending"
    """Not here yet: it is being kept, or fetched from the provider."""
    STORED = "stored"
    FAILED = "failed"
    """It never came, and is asked for no more."""
    GONE = "gone"
    """It was here, and is no longer kept."""


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """A file as it is now.

    Args:
        account: Whose person sent it, or for whom a file of ours was kept; None: nobody's own.
            Any account may send a file of ours.
        message_id: The message it came with; None for a file of ours.
        size: In bytes: of what is stored, before that as the provider told.
        sha256: In lower-case hex, likewise.
        store_key: Where it lies in the media store.
        provider_media_id: The provider's id of a file that a person sent.
        attempts: How often it was asked for.
        next_at: When it is asked for next, or given to another worker.
        deadline: After this moment it is asked for no more.
        error: Why it is not here.
    """

    media_id: UUID
    direction: Direction
    state: MediaState
    created_at: datetime
    updated_at: datetime
    account: str | None = None
    message_id: UUID | None = None
    mime_type: str | None = None
    filename: str | None = field(default=None, repr=False)
    size: int | None = None
    sha256: str | None = None
    store_key: str | None = None
    provider_media_id: str | None = field(default=None, repr=False)
    attempts: int = 0
    next_at: datetime | None = None
    deadline: datetime | None = None
    error: ErrorDetail | None = None


@dataclass(frozen=True, slots=True)
class MediaOutcome:
    """What came of keeping or fetching a file.

    Args:
        attempt: `MediaRecord.attempts` as it was taken: a stale one changes nothing.
        state: `stored` (with where and what), `pending` (again in `retry_in_s` seconds), or
            `failed`.
        mime_type: As the provider said now; None: as it was told before.
    """

    media_id: UUID
    attempt: int
    state: MediaState
    mime_type: str | None = None
    size: int | None = None
    sha256: str | None = None
    store_key: str | None = None
    retry_in_s: float = 0
    error: ErrorDetail | None = None


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """A file of ours that an account's provider keeps: its id there, and until when it is good."""

    media_id: UUID
    account: str
    provider_media_id: str = field(repr=False)
    expires_at: datetime | None = None
