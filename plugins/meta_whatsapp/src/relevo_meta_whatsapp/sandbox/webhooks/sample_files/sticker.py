"""A sticker as WebP without loss: a smiling face whose eyes and mouth are holes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import sqrt

_SIZE = 512
_YELLOW = (255, 200, 60)
_FACE = (256, 256, 230)
_EYES = ((180, 200, 32), (332, 200, 32))
_MOUTH = (256, 270, 140)
_MOUTH_FROM = 300
_SIGNATURE = b"\x2f"


def draw_webp() -> bytes:
    """Draw the face: one bit for each pixel says whether there is anything."""
    value = count = 0
    for part, length in (*_head(), *((_line(y), _SIZE) for y in range(_SIZE))):
        value |= part << count
        count += length
    content = _SIGNATURE + value.to_bytes(-(-count // 8), "little")
    content += b"\0" * (len(content) % 2)
    chunk = b"VP8L" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def _head() -> Iterator[tuple[int, int]]:
    """Give size and codes, each number with its bits, the lowest first."""
    yield _SIZE - 1, 14
    yield _SIZE - 1, 14
    yield 1, 1  # some pixels are clear
    yield 0, 3  # the only version
    yield 0, 3  # nothing transformed, no cache of colours, one set of codes
    red, green, blue = _YELLOW
    for colour in (green, red, blue):
        yield from ((1, 1), (0, 1), (1, 1), (colour, 8))  # one symbol, which costs no bit
    yield from ((1, 1), (1, 1), (1, 1), (0, 8), (255, 8))  # clear is 0, and 255 is 1
    yield from ((1, 1), (0, 1), (0, 1), (0, 1))  # distances, which nobody uses


def _line(y: int) -> int:
    line = _span(*_FACE, y)
    for eye in _EYES:
        line &= ~_span(*eye, y)
    return line & ~_span(*_MOUTH, y) if y >= _MOUTH_FROM else line


def _span(x: int, y: int, radius: int, line: int) -> int:
    """Set the bits of a line that lie in a circle."""
    height = abs(line - y)
    if height >= radius:
        return 0
    half = int(sqrt(radius**2 - height**2))
    return (1 << (x + half)) - (1 << (x - half))
