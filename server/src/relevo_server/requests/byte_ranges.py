"""A part of a file, as players ask for it when somebody moves to the middle."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class ByteRange(NamedTuple):
    """From the first byte up to and with the last."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


class RangeBeyondEnd(Exception):
    """No byte of the file is in the range that was asked for."""


def read_range(header: str | None, size: int) -> ByteRange | None:
    """Read a `Range` of one part; None for the whole file, as for what is no such range.

    A range of another unit, of several parts or with its end before its begin means the
    whole file, which every client has to take.

    Raises:
        RangeBeyondEnd: It begins where the file has ended.
    """
    asked = _RANGE.fullmatch(header.strip()) if header else None
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    if first and int(first) >= size and (not last or int(first) <= int(last)):
        msg = f"The file has {size} bytes, and the Range begins after them."
        raise RangeBeyondEnd(msg)
    if not first:
        part = ByteRange(max(size - int(last), 0), size - 1)
    else:
        part = ByteRange(int(first), min(int(last), size - 1) if last else size - 1)
    return part if 0 <= part.first <= part.last < size else None


async def cut(chunks: AsyncIterator[bytes], part: ByteRange) -> AsyncIterator[bytes]:
    """Give only the bytes of a part."""
    begin = 0
    async for chunk in chunks:
        end = begin + len(chunk)
        if end > part.first:
            yield chunk[max(part.first - begin, 0) : part.last + 1 - begin]
        begin = end
        if begin > part.last:
            return
