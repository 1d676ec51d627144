"""The event stream."""

from __future__ import annotations

from collections.abc import Collection
from types import NoneType
from uuid import UUID

from relevo.client.call import Call, asked
from relevo.events import EventType

EventTypes = EventType | str | Collection[EventType | str]
Several = str | Collection[str]
MessageIds = UUID | str | Collection[UUID | str]
EVENT_STREAM = "text/event-stream"


def events(
    *,
    type: EventTypes | None = None,  # noqa: A002 - the parameter's name on the wire
    account: Several | None = None,
    message_id: MessageIds | None = None,
    conversation_id: Several | None = None,
    last_event_id: str | None = None,
) -> Call[None]:
    """Ask for the stream, from an event on; without one, for what comes from now on."""
    params = asked(
        type=listed(type),
        account=listed(account),
        message_id=listed(message_id),
        conversation_id=listed(conversation_id),
    )
    headers = {"Accept": EVENT_STREAM}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    return Call("GET /events", NoneType, params=params, headers=headers, repeatable=True)


def listed(words: MessageIds | EventTypes | None) -> list[UUID | str] | None:
    """Make a list of one or several; None of none."""
    if words is None:
        return None
    return [words] if isinstance(words, str | UUID) else list(words)
