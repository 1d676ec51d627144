"""A photo as PNG, and as a JPEG of squares: each block of 8 by 8 has one colour."""

from __future__ import annotations

import struct
import zlib

from relevo_meta_whatsapp.sandbox.webhooks.sample_files.bits import Bits
from relevo_meta_whatsapp.sandbox.webhooks.sample_files.scene import colour_at, to_ycbcr

_WIDTH, _HEIGHT = 320, 240
_BLOCK = 8
_COMPONENTS = (1, 2, 3)
_ONE_COLOUR_BITS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
"""How many codes there are of each length: those of the JPEG standard's example for lightness."""
_NOTHING_MORE = bytes((1, *(0,) * 15))
"""One code of one bit: the rest of the block is empty."""


def draw_png() -> bytes:
    """Draw the picture, line by line."""
    lines = b"".join(
        b"\0" + bytes(part for x in range(_WIDTH) for part in _colour(x, y)) for y in range(_HEIGHT)
    )
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def draw_jpeg() -> bytes:
    """Draw the picture; a block is told by how its colour differs from the one before."""
    bits = Bits()
    before = [0, 0, 0]
    codes = _codes()
    for y in range(0, _HEIGHT, _BLOCK):
        for x in range(0, _WIDTH, _BLOCK):
            parts = to_ycbcr(_colour(x + _BLOCK // 2, y + _BLOCK // 2))
            for place, part in enumerate(parts):
                level = part - 128
                _put_difference(bits, codes, level - before[place])
                before[place] = level
    bits.fill(1)
    drawn = bits.take().replace(b"\xff", b"\xff\x00")
    return b"\xff\xd8" + _jpeg_head() + drawn + b"\xff\xd9"


def _colour(x: int, y: int) -> tuple[int, int, int]:
    return colour_at(x / _WIDTH, y / _HEIGHT, _WIDTH / _HEIGHT)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def _put_difference(bits: Bits, codes: dict[int, tuple[int, int]], difference: int) -> None:
    size = abs(difference).bit_length()
    bits.put(*codes[size])
    bits.put(difference if difference >= 0 else difference - 1, size)
    bits.put(0, 1)


def _codes() -> dict[int, tuple[int, int]]:
    """Number the codes as JPEG does: by length, then in order."""
    codes: dict[int, tuple[int, int]] = {}
    code = symbol = 0
    for length, count in enumerate(_ONE_COLOUR_BITS, 1):
        for _ in range(count):
            codes[symbol] = (code, length)
            code, symbol = code + 1, symbol + 1
        code <<= 1
    return codes


def _jpeg_head() -> bytes:
    # Steps of 8: with blocks of 8 by 8 a block's sum is then its colour.
    steps = bytes((0, *(8,) * 64))
    frame = struct.pack(">BHHB", 8, _HEIGHT, _WIDTH, len(_COMPONENTS))
    frame += b"".join(bytes((one, 0x11, 0)) for one in _COMPONENTS)
    scan = bytes((len(_COMPONENTS),)) + b"".join(bytes((one, 0)) for one in _COMPONENTS)
    colours = bytes(range(sum(_ONE_COLOUR_BITS)))
    segments = (
        (0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        (0xDB, steps),
        (0xC0, frame),
        (0xC4, b"\x00" + _ONE_COLOUR_BITS + colours),
        (0xC4, b"\x10" + _NOTHING_MORE + b"\0"),
        (0xDA, scan + b"\x00\x3f\x00"),
    )
    return b"".join(
        bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content
        for marker, content in segments
    )
