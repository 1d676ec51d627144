"""Files that people send: named by Meta's id, which lives for seven days.

The address beside the id lives for five minutes and needs the token, so it is no link
that anybody could be given: it stays in the vendor's own object.
"""

from __future__ import annotations

import base64
import binascii
import re
from types import MappingProxyType
from typing import TypedDict

from relevo import (
    AudioContent,
    DocumentContent,
    ImageContent,
    StickerContent,
    VideoContent,
)
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent, Read
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_text,
    need_object,
    need_text,
    optional_text,
)

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_SHA256_BYTES = 32
_MAX_SIZE_DIGITS = 18


class _File(TypedDict):
    id: str
    mime_type: str | None
    sha256: str | None
    size: int | None


def _file_of(part: JsonObject, kind: str) -> _File:
    return _File(
        id=need_text(part, "id", kind),
        mime_type=optional_text(part, "mime_type", kind),
        sha256=read_sha256(find_text(part, "sha256")),
        size=read_size(part),
    )


def read_sha256(told: str | None) -> str | None:
    """Read a digest in hex, or in base64 as in webhooks since 2024; None for anything else."""
    if told is None or _HEX.fullmatch(told):
        return told and told.lower()
    try:
        digest = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == _SHA256_BYTES else None


def read_size(part: JsonObject) -> int | None:
    """Read a size, a number or a numeric text as Meta writes it elsewhere."""
    told = part.get("file_size")
    if isinstance(told, str) and told.isascii() and told.isdigit():
        return int(told) if len(told) <= _MAX_SIZE_DIGITS else None
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _read_image(message: JsonObject) -> InboundContent:
    image = need_object(message, "image", "message")
    return ImageContent(
        **_file_of(image, "image"), caption=optional_text(image, "caption", "image")
    )


def _read_video(message: JsonObject) -> InboundContent:
    video = need_object(message, "video", "message")
    return VideoContent(
        **_file_of(video, "video"), caption=optional_text(video, "caption", "video")
    )


def _read_audio(message: JsonObject) -> InboundContent:
    audio = need_object(message, "audio", "message")
    return AudioContent(**_file_of(audio, "audio"), voice=audio.get("voice") is True)


def _read_voice(message: JsonObject) -> InboundContent:
    """Read a voice message as it was before `audio.voice`."""
    return AudioContent(**_file_of(need_object(message, "voice", "message"), "voice"), voice=True)


def _read_document(message: JsonObject) -> InboundContent:
    document = need_object(message, "document", "message")
    return DocumentContent(
        **_file_of(document, "document"),
        caption=optional_text(document, "caption", "document"),
        filename=optional_text(document, "filename", "document"),
    )


def _read_sticker(message: JsonObject) -> InboundContent:
    sticker = need_object(message, "sticker", "message")
    return StickerContent(**_file_of(sticker, "sticker"), animated=sticker.get("animated") is True)


MEDIA: MappingProxyType[str, Read] = MappingProxyType(
    {
        "image": _read_image,
        "video": _read_video,
        "audio": _read_audio,
        "voice": _read_voice,
        "document": _read_document,
        "sticker": _read_sticker,
    }
)
