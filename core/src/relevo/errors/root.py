"""What every error is, and how far a request got."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from relevo.problem_detail import ProblemDetail


class Phase(StrEnum):
    """How far one request to a provider got, as seen by the transport."""

    CONNECTING = "connecting"
    """No byte of the request has been written."""
    WRITING = "writing"
    """The first byte may have left."""
    WRITTEN = "written"
    """The whole request was written; no answer yet."""
    ANSWERED = "answered"
    """The status line of an answer was read."""


class RelevoError(Exception):
    """Say what is wrong, where, what was seen and what to do, under a stable code."""

    code: ClassVar[str] = "relevo_error"
    problem: ProblemDetail | None = None
    """What a server said, where a client raised this for it."""
    field: str | None = None
    """Which field of the message is wrong, where it is one: `to`, `content.buttons[1].title`."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
