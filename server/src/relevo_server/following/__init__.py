"""Follow the event log live: any number of readers, one look at the store."""

from relevo_server.following.ag_ui import AgUiRun
from relevo_server.following.frames import EVENT_STREAM, CloudEvents, Form, StreamFormat
from relevo_server.following.open_streams import OpenStreams, StreamHolder
from relevo_server.following.reader import LogReader
from relevo_server.following.shared_tail import SharedTail
from relevo_server.following.starts import Renewals, Start, find_start, read_page
from relevo_server.following.streams import EventStreamResponse

__all__ = [
    "EVENT_STREAM",
    "AgUiRun",
    "CloudEvents",
    "EventStreamResponse",
    "Form",
    "LogReader",
    "OpenStreams",
    "Renewals",
    "SharedTail",
    "Start",
    "StreamFormat",
    "StreamHolder",
    "find_start",
    "read_page",
]
