"""What the API answers with about files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

import relevo
from relevo_server.answers.error_rows import ErrorRow, error_row
from relevo_server.answers.wire import Row
from relevo_server.context import ServerContext


class MediaRow(Row):
    """A file that people sent or that is kept to be sent."""

    id: Annotated[str, Field(description="Ours: a UUID. Contents name it as `media`.")]
    direction: relevo.Direction
    state: Annotated[
        relevo.MediaState,
        Field(
            description="`pending`: not here yet. `failed`: it never came. `gone`: no longer kept."
        ),
    ]
    url: Annotated[
        str | None, Field(description="Where its bytes are; left out until it is `stored`.")
    ] = None
    account: Annotated[
        str | None, Field(description="Whose person sent it, or for whom it was kept.")
    ] = None
    message_id: Annotated[str | None, Field(description="The message it came with.")] = None
    mime_type: str | None = None
    filename: str | None = None
    size: Annotated[int | None, Field(description="In bytes.")] = None
    sha256: Annotated[str | None, Field(description="In lower-case hex.")] = None
    attempt_count: Annotated[int, Field(description="How often the provider was asked for it.")]
    next_at: Annotated[datetime | None, Field(description="When it is asked for next.")] = None
    deadline: Annotated[
        datetime | None, Field(description="After this moment it is asked for no more.")
    ] = None
    error: Annotated[ErrorRow | None, Field(description="Why it is not here.")] = None
    created_at: datetime


def media_row(media: relevo.MediaRecord, api_path: str) -> MediaRow:
    """Make the row of a file."""
    stored = media.state is relevo.MediaState.STORED
    return MediaRow(
        id=str(media.media_id),
        direction=media.direction,
        state=media.state,
        url=f"{api_path}/media/{media.media_id}" if stored else None,
        account=media.account,
        message_id=str(media.message_id) if media.message_id else None,
        mime_type=media.mime_type,
        filename=media.filename,
        size=media.size,
        sha256=media.sha256,
        attempt_count=media.attempts,
        next_at=media.next_at,
        deadline=media.deadline,
        error=error_row(media.error),
        created_at=media.created_at,
    )


async def files_of(
    server: ServerContext, records: Iterable[relevo.MessageRecord]
) -> Mapping[UUID, MediaRow]:
    """Give the files that came with messages, by the messages' ids."""
    ids = [one.message_id for one in records if one.direction is relevo.Direction.IN]
    found = await server.engine.media_of(ids) if ids else {}
    return {message_id: media_row(media, server.api_path) for message_id, media in found.items()}
