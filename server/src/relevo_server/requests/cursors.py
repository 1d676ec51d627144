"""Where a reader is: ids of events, and the opaque cursors of pages."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

FROM_THE_START = "0"
_MAX_SEQUENCE = 2**63 - 1
_MAX_CURSOR = 8_192
"""The inbox's cursors hold a webhook item's key, which is the provider's to choose."""


@dataclass(frozen=True, slots=True)
class EventId:
    """An event's id on the stream: the log's epoch and the position in it."""

    epoch: str
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.position}"


def parse_event_id(text: str) -> EventId | None:
    """Read an event's id; `0` means the log's start, whatever its epoch.

    Raises:
        Problem: It is neither.
    """
    if text == FROM_THE_START:
        return None
    epoch, _, digits = text.rpartition(".")
    if not epoch or not _is_number(digits) or int(digits) > _MAX_SEQUENCE:
        msg = (
            "The position to read on from is no event id. Pass on the `id` of the last event "
            "exactly as it came, `0` for the start of the log, or nothing."
        )
        raise Problem(ProblemCode.INVALID_CURSOR, msg)
    return EventId(epoch, int(digits))


def write_cursor(place: str | None) -> str | None:
    """Make a page's place opaque."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """Give the place that a cursor stands for.

    Raises:
        Problem: The cursor was not made by `write_cursor`.
    """
    if cursor is None:
        return None
    place = _decode(cursor)
    if place is None or write_cursor(place) != cursor:
        raise _unusable()
    return place


def read_sequence(cursor: str | None) -> int | None:
    """Give the sequence that a cursor stands for.

    Raises:
        Problem: The cursor stands for no sequence.
    """
    place = read_cursor(cursor)
    if place is None:
        return None
    if not _is_number(place) or int(place) > _MAX_SEQUENCE:
        raise _unusable()
    return int(place)


def _decode(cursor: str) -> str | None:
    if len(cursor) > _MAX_CURSOR or not cursor.isascii():
        return None
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_SEQUENCE))


def _unusable() -> Problem:
    msg = "The cursor was not given by this list. Pass on `next` as it came, or leave it out."
    return Problem(ProblemCode.INVALID_CURSOR, msg)
