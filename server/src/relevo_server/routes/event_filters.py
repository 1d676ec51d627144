"""Query parameters of every route that follows the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import HeaderParameter, QueryParameter

import relevo
from relevo_server.following import StreamFormat
from relevo_server.requests.event_words import ALL_WORDS, read_types

_MOST: Final = 100
"""As a ticket takes them: each conversation is a question to the store."""
Types: TypeAlias = Annotated[
    list[str] | None,
    QueryParameter(
        name="type",
        max_items=_MOST,
        schema_extra={"items": Schema(type=OpenAPIType.STRING, enum=ALL_WORDS)},
        description="Only these, such as `status` or `messaging.status`; repeatable.",
    ),
]
AccountNames: TypeAlias = Annotated[
    list[str] | None,
    QueryParameter(name="account", max_items=_MOST, description="Only these; repeatable."),
]
MessageIds: TypeAlias = Annotated[
    list[UUID] | None,
    QueryParameter(name="message_id", max_items=_MOST, description="Only these; repeatable."),
]
ConversationIds: TypeAlias = Annotated[
    list[UUID] | None,
    QueryParameter(
        name="conversation_id",
        max_items=_MOST,
        description="Only these, and all that are one with them; repeatable.",
    ),
]
After: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="after", description="An event's id, or 0 for the log's start."),
]
LastEventId: TypeAlias = Annotated[
    str | None, HeaderParameter(name="Last-Event-ID", description="Goes before `after`.")
]
Format: TypeAlias = Annotated[
    StreamFormat,
    QueryParameter(
        name="format",
        description="`ag-ui`: each event is a `CUSTOM` event of an AG-UI run, whose `name` is the "
        "event's type and whose `value` is its envelope.",
    ),
]


def make_query(
    types: Iterable[str] | None,
    accounts: list[str] | None,
    message_ids: list[UUID] | None,
    conversation_ids: list[UUID] | None,
    *,
    visible: frozenset[str] | None = None,
) -> relevo.EventQuery:
    """Put together what a reader asks for; `visible` is what it may see."""
    return relevo.EventQuery(
        types=read_types(types or ()),
        accounts=frozenset(accounts or ()),
        message_ids=frozenset(message_ids or ()),
        conversation_ids=frozenset(map(str, conversation_ids or ())),
        visible=visible,
    )
