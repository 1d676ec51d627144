"""Files: asked for with the message that names them, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from relevo.contents import DocumentContent, EditContent, MediaContent
from relevo.contents.kinds import AnyKind
from relevo.engines.outcomes import media_data, media_told, unknown_media
from relevo.engines.records import (
    Direction,
    MediaOutcome,
    MediaRecord,
    MediaState,
    MessageRecord,
)
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import Rows
from relevo.events import EventType
from relevo.messages import new_message_id
from relevo.middleware import EventDraft


def file_in(content: AnyKind) -> MediaContent | None:
    """Give the file a person sent, if it was one."""
    if isinstance(content, EditContent):
        return file_in(content.content)
    return content if isinstance(content, MediaContent) and content.id is not None else None


def ask_for(
    rows: Rows, record: MessageRecord, fetch_within_s: float, now: datetime
) -> MediaRecord | None:
    """Note that the file of an inbound message is to be fetched."""
    content = file_in(record.content)
    if content is None:
        return None
    media = MediaRecord(
        media_id=new_message_id(),
        direction=Direction.IN,
        state=MediaState.PENDING,
        created_at=now,
        updated_at=now,
        account=record.account,
        message_id=record.message_id,
        mime_type=content.mime_type,
        filename=content.filename if isinstance(content, DocumentContent) else None,
        size=content.size,
        sha256=content.sha256,
        provider_media_id=content.id,
        next_at=now,
        deadline=now + timedelta(seconds=fetch_within_s),
    )
    rows.save_media(media)
    return media


def with_media(draft: EventDraft, media: MediaRecord | None) -> EventDraft:
    """Name the file in what is told about its message."""
    if media is None:
        return draft
    return EventDraft(draft.type, {**draft.data, "media": media_data(media)})


def taken(media: MediaRecord, lease_s: float, now: datetime) -> MediaRecord:
    """Give a file that is due to a worker; unless it says what came of it, another gets it then."""
    return replace(
        media,
        attempts=media.attempts + 1,
        next_at=now + timedelta(seconds=lease_s),
        updated_at=now,
    )


def finish(rows: Rows, outcome: MediaOutcome, now: datetime) -> bool:
    """Keep what came of a file; false where another took it since, or it is done."""
    media = rows.media(outcome.media_id)
    if media is None or media.state is not MediaState.PENDING or media.attempts != outcome.attempt:
        return False
    after = _after(media, outcome, now)
    rows.save_media(after)
    record = rows.message(after.message_id) if after.message_id else None
    if record is not None and after.state is not MediaState.PENDING:
        rows.tell(
            EventDraft(EventType.STATUS, media_told(record, after)), record.account, record, now
        )
    return True


def ask_again(rows: Rows, media_id: UUID, within_s: float, now: datetime) -> MediaRecord:
    """Ask once more for a file of a person that never came; any other stays as it is.

    Raises:
        UnknownMedia: No file has this id.
    """
    media = rows.media(media_id)
    if media is None:
        raise unknown_media(media_id)
    if media.state is not MediaState.FAILED or media.provider_media_id is None:
        return media
    again = replace(
        media,
        state=MediaState.PENDING,
        updated_at=now,
        next_at=now,
        deadline=now + timedelta(seconds=within_s),
    )
    rows.save_media(again)
    return again


def _after(media: MediaRecord, outcome: MediaOutcome, now: datetime) -> MediaRecord:
    if outcome.state is MediaState.STORED:
        return replace(
            media,
            state=outcome.state,
            updated_at=now,
            mime_type=outcome.mime_type or media.mime_type,
            size=outcome.size,
            sha256=outcome.sha256,
            store_key=outcome.store_key,
            next_at=None,
            error=None,
        )
    next_at: datetime | None = now + timedelta(seconds=outcome.retry_in_s)
    state = outcome.state
    if media.deadline is not None and next_at is not None and next_at > media.deadline:
        # The last try is at the deadline itself.
        next_at = media.deadline if now < media.deadline else None
        state = state if next_at else MediaState.FAILED
    if state is not MediaState.PENDING:
        next_at = None
    return replace(media, state=state, updated_at=now, next_at=next_at, error=outcome.error)


def forgotten(media: MediaRecord, now: datetime) -> MediaRecord:
    """Make a file one that is no longer kept; where it lies is known until it is removed."""
    return replace(media, state=MediaState.GONE, updated_at=now, filename=None, next_at=None)
