"""The newest events, kept in memory once for all who follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import relevo
from relevo.engines.outcomes import account_of
from relevo_server.following.ag_ui import custom_event
from relevo_server.following.frames import StreamFormat, message_frame, one_line

MOST_EVENTS: Final = 2_000
MOST_BYTES: Final = 16 * 1024 * 1024
_JOINED: Final = "conversation_joined"
_WRITERS: Final[Mapping[StreamFormat, Callable[[relevo.Event, str], str]]] = {
    StreamFormat.CLOUDEVENTS: lambda _, envelope: envelope,
    StreamFormat.AG_UI: custom_event,
}


def event_frame(event: relevo.Event, form: StreamFormat) -> bytes:
    """Write one event as a message of the stream."""
    return message_frame(event.id, _WRITERS[form](event, one_line(event)))


class RecentEvent:
    """An event, what filters ask about it, and its bytes, written once for each format."""

    __slots__ = ("_frames", "account", "conversation_id", "event", "joined", "size")

    def __init__(self, event: relevo.Event) -> None:
        data = event.data
        self.event = event
        self.account = account_of(event)
        self.conversation_id: str | None = data.get("conversation_id")
        self.joined: tuple[str, str] | None = None
        if event.type is relevo.EventType.ACCOUNT and data.get("kind") == _JOINED:
            self.joined = (data["conversation_id"], data["joined_id"])
        self._frames: dict[StreamFormat, bytes] = {}
        self.size = len(self.frame(StreamFormat.CLOUDEVENTS))

    def frame(self, form: StreamFormat) -> bytes:
        """Give its bytes."""
        written = self._frames.get(form)
        if written is None:
            written = self._frames[form] = event_frame(self.event, form)
        return written


class RecentEvents:
    """A run of events without a hole: those above `after`, up to and with `last`.

    The oldest are let go where there are too many of them, or they are too large.
    """

    def __init__(self, *, most_events: int | None = None, most_bytes: int | None = None) -> None:
        self._most_events = most_events or MOST_EVENTS
        self._most_bytes = most_bytes or MOST_BYTES
        self.begin(0)

    def begin(self, position: int) -> None:
        """Forget all, and go on after a position."""
        self.after = self.last = position
        self.bytes = 0
        self._events: list[RecentEvent] = []

    def covers(self, position: int) -> bool:
        """Tell whether nothing is missing for a reader that stands there."""
        return self.after <= position <= self.last

    def above(self, position: int) -> Sequence[RecentEvent]:
        """Give what a reader that stands there has not seen."""
        return self._events[position - self.after :]

    def add(self, events: Iterable[relevo.Event]) -> None:
        """Take in what the log told next."""
        for event in events:
            if event.type is relevo.EventType.GAP:
                # What is gone cannot be told; whoever stands below asks the store.
                self.begin(event.position)
                continue
            if event.position != self.last + 1:
                self.begin(event.position - 1)
            told = RecentEvent(event)
            self._events.append(told)
            self.bytes += told.size
            self.last = event.position
        self._let_go()

    def _let_go(self) -> None:
        gone = max(0, len(self._events) - self._most_events)
        self.bytes -= sum(told.size for told in self._events[:gone])
        while self.bytes > self._most_bytes and gone < len(self._events):
            self.bytes -= self._events[gone].size
            gone += 1
        del self._events[:gone]
        self.after += gone
