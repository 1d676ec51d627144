"""The stream as AG-UI events, so that the protocol's own clients read it.

One stay on the stream is a run: it starts, tells where, then our events as `CUSTOM` ones,
and finishes when the server ends it. The client then starts the next run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import uuid4

import relevo
from relevo_server.following.frames import StreamFormat, message_frame
from relevo_server.requests.cursors import EventId

PROTOCOL_VERSION = "1.0"
PLACE = "place"
"""The name of the first `CUSTOM` event of a run: no event of ours, but where the run begins."""
_THREAD = "events"


@dataclass(frozen=True, slots=True)
class AgUiRun:
    """Who the run belongs to; of a client that does not say, one of its own."""

    thread_id: str = _THREAD
    run_id: str = field(default_factory=lambda: str(uuid4()))

    format: ClassVar[StreamFormat] = StreamFormat.AG_UI

    def opening(self, place: EventId) -> bytes:
        """Start the run, which clients take nothing before, and tell where it begins.

        Its clients never see the ids of the stream. Without the place, one that is cut off
        before an event came would not know where to go on.
        """
        start = _json(type="RUN_STARTED", **self._names, protocolVersion=PROTOCOL_VERSION)
        begins = _json(type="CUSTOM", name=PLACE, value={"after": str(place)})
        return message_frame(place, start) + message_frame(place, begins)

    def closing(self, place: EventId) -> bytes:
        """Finish the run and tell where the next one goes on."""
        after = {"after": str(place)}
        return b"data: %b\n\n" % _json(type="RUN_FINISHED", **self._names, result=after).encode()

    @property
    def _names(self) -> dict[str, str]:
        return {"threadId": self.thread_id, "runId": self.run_id}


def custom_event(event: relevo.Event, envelope: str) -> str:
    """Write our event, whose envelope is written already, as one of the application's own.

    The time is in milliseconds since 1970, as AG-UI's own clients count.
    """
    name = json.dumps(event.type.value)
    time_ms = round(event.time.timestamp() * 1000)
    return f'{{"type":"CUSTOM","name":{name},"value":{envelope},"timestamp":{time_ms}}}'


def _json(**members: object) -> str:
    return json.dumps(members, separators=(",", ":"))
