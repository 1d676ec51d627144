"""Where a reader is: ids of events, and the opaque cursors of pages."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

FROM_THE_START = "0"
_EPOCH = re.compile(r"[A-Za-z0-9_-]+")
_TAG = 12
"""Bytes that tell a cursor of this list from any other text."""
_STEP = 24
"""Places are filled up to a multiple of it, so that a cursor's length counts no digits."""
_FILLING = b"\0"
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
    if not _EPOCH.fullmatch(epoch) or not _is_number(digits) or int(digits) > _MAX_SEQUENCE:
        msg = (
            "The position to read on from is no event id. Pass on the `id` of the last event "
            "exactly as it came, `0` for the start of the log, or nothing."
        )
        raise Problem(ProblemCode.INVALID_CURSOR, msg)
    return EventId(epoch, int(digits))


class ListCursors:
    """Write and read the cursors of one list: of this store, with these filters.

    A place is sealed: it is not legible, and a cursor of another list or with other filters is
    refused, as is one that we did not write. The seal is the store's own secret, so that cursors
    outlive a restart and every process of one store reads them. It guards no right: every list
    shows only what its reader may see.

    Args:
        seal: The store's.
        path: Which list it is.
        filters: What it is asked for, as names and values.
    """

    def __init__(self, seal: SecretStr, path: str, filters: Sequence[tuple[str, str]]) -> None:
        said = repr((path, sorted(filters))).encode()
        secret = seal.get_secret_value().encode()
        self._key = hmac.digest(secret, b"relevo cursor " + said, "sha256")

    def write(self, place: str | int | None) -> str | None:
        """Make a page's place opaque; None: there is no next page."""
        if place is None:
            return None
        text = str(place).encode()
        text += _FILLING * (-len(text) % _STEP)
        tag = self._tag(text)
        return base64.urlsafe_b64encode(tag + self._veiled(text, tag)).decode().rstrip("=")

    def read(self, cursor: str | None) -> str | None:
        """Give the place that a cursor stands for.

        Raises:
            Problem: The cursor was not made by `write`.
        """
        if cursor is None:
            return None
        sealed = _decode(cursor)
        tag, veiled = sealed[:_TAG], sealed[_TAG:]
        text = self._veiled(veiled, tag)
        if not veiled or not hmac.compare_digest(self._tag(text), tag):
            raise _unusable()
        return text.rstrip(_FILLING).decode()

    def read_sequence(self, cursor: str | None) -> int | None:
        """Give the sequence that a cursor stands for.

        Raises:
            Problem: The cursor stands for no sequence.
        """
        place = self.read(cursor)
        if place is None:
            return None
        if not _is_number(place) or int(place) > _MAX_SEQUENCE:
            raise _unusable()
        return int(place)

    def _tag(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, "sha256")[:_TAG]

    def _veiled(self, text: bytes, tag: bytes) -> bytes:
        """Veil a text, or lift its veil: the tag, which no two places share, makes it."""
        veil = hashlib.shake_256(self._key + tag).digest(len(text))
        return bytes(one ^ other for one, other in zip(text, veil, strict=True))


def _decode(cursor: str) -> bytes:
    """Give the bytes of a cursor; none where it is no cursor."""
    if len(cursor) > _MAX_CURSOR or not cursor.isascii():
        return b""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_SEQUENCE))


def _unusable() -> Problem:
    msg = (
        "The cursor was not given by this list with these filters. Pass on `next` as it came and "
        "with the same filters, or leave it out."
    )
    return Problem(ProblemCode.INVALID_CURSOR, msg)
