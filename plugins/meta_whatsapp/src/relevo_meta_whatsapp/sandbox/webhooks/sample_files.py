"""Small files for people's media: a real picture, and beginnings of the other kinds."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType

_PIXEL = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////"
    "////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/a"
    "AAgBAQABPxA="
)
FILES: Mapping[str, bytes] = MappingProxyType(
    {
        "image/jpeg": _PIXEL,
        "image/webp": b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00",  # noqa: E501 - one pixel
        "video/mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        "audio/ogg": b"OggS\x00\x02sandbox OpusHead",
        "application/pdf": b"%PDF-1.4\n% sandbox\n%%EOF\n",
    }
)
"""What a person's file holds where the caller gives no bytes."""
