"""Messages of an event stream, out of the bytes they come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Frame(NamedTuple):
    """One message of the stream; a sign of life has no data."""

    id: str | None
    data: str | None


class FrameReader:
    """Put messages together. One counts once its blank line came: one cut off never does."""

    def __init__(self) -> None:
        self._rest = b""
        self._id: str | None = None
        self._data: list[str] = []

    def feed(self, part: bytes) -> Iterator[Frame]:
        """Give the messages that are whole now.

        Lines end at line feeds only: people's words may hold U+2028 and the like.
        """
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            frame = self._read(line.removesuffix(b"\r"))
            if frame is not None:
                yield frame

    def _read(self, line: bytes) -> Frame | None:
        name, _, value = line.partition(b":")
        if name == b"id":
            self._id = value.removeprefix(b" ").decode()
        elif name == b"data":
            self._data.append(value.removeprefix(b" ").decode())
        elif not line and (self._id is not None or self._data):
            frame = Frame(self._id, "\n".join(self._data) if self._data else None)
            self._id, self._data = None, []
            return frame
        return None
