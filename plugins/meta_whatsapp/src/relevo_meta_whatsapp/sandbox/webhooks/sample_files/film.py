"""A film of one picture as MP4: H.264 whose blocks are written as they are."""

from __future__ import annotations

import struct

from relevo_meta_whatsapp.sandbox.webhooks.sample_files.bits import Bits
from relevo_meta_whatsapp.sandbox.webhooks.sample_files.scene import colour_at, to_ycbcr

_WIDTH, _HEIGHT = 160, 96
_BLOCK = 16
_SCALE = 1000
_LASTS = 2 * _SCALE
_AS_IT_IS = 25
"""The kind of a block whose pixels follow unchanged."""
_SET = bytes((0x67, 0x42, 0xC0, 0x0A))
"""Parameters for baseline of level 1.0."""
_PICTURE_SET, _PICTURE = 0x68, 0x65
_DPI = 72 << 16
_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def draw_mp4() -> bytes:
    """Draw the film: what it is first, then its picture."""
    kind = _box("ftyp", b"isom" + struct.pack(">I", 512) + b"isomavc1mp41")
    unit = _picture()
    sample = struct.pack(">I", len(unit)) + unit
    # Where the picture lies is known once the size of what stands before it is.
    before = len(kind) + len(_movie(0, len(sample))) + 8
    return kind + _movie(before, len(sample)) + _box("mdat", sample)


def _picture() -> bytes:
    bits = Bits()
    for value in (0, 7, 0):  # from the first block, only whole blocks, the first parameters
        bits.golomb(value)
    bits.put(0, 4)  # number
    bits.golomb(0)
    bits.put(0, 2)  # nothing to keep for later pictures
    bits.golomb(0)
    bits.golomb(1)  # no smoothing at edges
    drawn = bytearray()
    for top in range(0, _HEIGHT, _BLOCK):
        for left in range(0, _WIDTH, _BLOCK):
            bits.golomb(_AS_IT_IS)
            bits.fill(0)
            drawn += bits.take() + _block(left, top)
    return _protected(_PICTURE, bytes(drawn) + b"\x80")


def _block(left: int, top: int) -> bytes:
    """Give the lightness of all pixels, then the colours of every second one."""
    pixels = [[_pixel(left + x, top + y) for x in range(_BLOCK)] for y in range(_BLOCK)]
    light = bytes(_limited(one[0]) for line in pixels for one in line)
    coarse = [line[::2] for line in pixels[::2]]
    return light + b"".join(
        bytes(_limited(one[part]) for line in coarse for one in line) for part in (1, 2)
    )


def _pixel(x: int, y: int) -> tuple[int, int, int]:
    return to_ycbcr(colour_at(x / _WIDTH, y / _HEIGHT, _WIDTH / _HEIGHT))


def _limited(level: int) -> int:
    """Films use these levels only."""
    return min(240, round(16 + level * 219 / 255))


def _sets() -> tuple[bytes, bytes]:
    bits = Bits()
    for value in (0, 0, 2, 1):
        bits.golomb(value)
    bits.put(0, 1)
    bits.golomb(_WIDTH // _BLOCK - 1)
    bits.golomb(_HEIGHT // _BLOCK - 1)
    bits.put(0b10001, 5)  # whole frames, nothing cut off, nothing more; then the end
    bits.fill(0)
    film = _SET + bits.take()
    for value in (0, 0):
        bits.golomb(value)
    bits.put(0, 2)
    for value in (0, 0, 0):
        bits.golomb(value)
    bits.put(0, 3)
    for value in (0, 0, 0):
        bits.golomb(value)
    bits.put(0b1001, 4)  # smoothing is told by each picture; then the end
    bits.fill(0)
    return film, bytes((_PICTURE_SET,)) + bits.take()


def _protected(kind: int, content: bytes) -> bytes:
    """Put a 3 between two zeros and what would look like the start of something else."""
    written = bytearray((kind,))
    zeros = 0
    for one in content:
        if zeros >= 2 and one <= 3:  # noqa: PLR2004 - the rule of H.264
            written.append(3)
            zeros = 0
        written.append(one)
        zeros = zeros + 1 if one == 0 else 0
    return bytes(written)


def _movie(offset: int, size: int) -> bytes:
    film, picture = _sets()
    config = bytes((1, *film[1:4], 0xFF, 0xE1)) + struct.pack(">H", len(film)) + film
    config += b"\x01" + struct.pack(">H", len(picture)) + picture
    # Its name is empty, its colours have 24 bits.
    entry = struct.pack(">6xH16xHHIIIH32xHh", 1, _WIDTH, _HEIGHT, _DPI, _DPI, 0, 1, 24, -1)
    one = struct.pack(">II", 0, 1)
    table = _box(
        "stbl",
        _box("stsd", one + _box("avc1", entry + _box("avcC", config)))
        + _box("stts", one + struct.pack(">II", 1, _LASTS))
        + _box("stsc", one + struct.pack(">III", 1, 1, 1))
        + _box("stsz", struct.pack(">IIII", 0, 0, 1, size))
        + _box("stco", one + struct.pack(">I", offset)),
    )
    source = _box("dinf", _box("dref", one + _box("url ", struct.pack(">I", 1))))
    info = _box("minf", _box("vmhd", struct.pack(">I8x", 1)) + source + table)
    times = struct.pack(">IIIII", 0, 0, 0, _SCALE, _LASTS)
    media = _box(
        "mdia",
        _box("mdhd", times + struct.pack(">HH", 0x55C4, 0))
        + _box("hdlr", struct.pack(">II", 0, 0) + b"vide" + b"\0" * 12 + b"sandbox\0")
        + info,
    )
    track = struct.pack(">IIIIII8xHHHH", 3, 0, 0, 1, 0, _LASTS, 0, 0, 0, 0) + _UNITY
    track += struct.pack(">II", _WIDTH << 16, _HEIGHT << 16)
    head = times + struct.pack(">IH10x", 0x10000, 0x100) + _UNITY + b"\0" * 24
    head += struct.pack(">I", 2)
    return _box("moov", _box("mvhd", head) + _box("trak", _box("tkhd", track) + media))


def _box(name: str, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name.encode("ascii") + content
