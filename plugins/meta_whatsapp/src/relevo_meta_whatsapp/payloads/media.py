"""Files: named by Meta's id or by a link that Meta fetches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from relevo import AudioContent, DocumentContent, MediaContent, Rejected
from relevo_meta_whatsapp.payloads.part import Part, Payload, given


def file_of(content: MediaContent) -> Payload:
    """Write where a file is, and a document's name.

    Raises:
        Rejected: It is one of ours that was not given to Meta yet.
    """
    if content.media is not None:
        raise _not_uploaded()
    return _source_of(content)


def named_file(content: MediaContent) -> Payload:
    """Write where a file is, in words that are kept before they are sent.

    A file of ours stays named by `media`: it is uploaded when the message leaves.
    """
    return given([("media", content.media)]) | _source_of(content)


def check_uploaded(value: JsonValue) -> None:
    """Check that no file in Meta's own words is still one of ours.

    Raises:
        Rejected: One is.
    """
    if isinstance(value, list):
        for one in value:
            check_uploaded(one)
    if isinstance(value, dict):
        for key, one in value.items():
            if key in MEDIA and isinstance(one, dict) and "media" in one:
                raise _not_uploaded()
            check_uploaded(one)


def _not_uploaded() -> Rejected:
    msg = (
        "the content names a file of ours by media; it has to be uploaded first "
        "(upload_media) and named by id."
    )
    return Rejected(msg)


def _source_of(content: MediaContent) -> Payload:
    filename = content.filename if isinstance(content, DocumentContent) else None
    return given([("id", content.id), ("link", content.link), ("filename", filename)])


def _build_file(content: MediaContent) -> Part:
    caption = getattr(content, "caption", None)
    return Part(content.type, file_of(content) | given([("caption", caption)]))


def _build_audio(content: AudioContent) -> Part:
    voice = given([("voice", content.voice or None)])
    return Part("audio", file_of(content) | voice)


MEDIA: Mapping[str, Callable[[Any], Part]] = MappingProxyType(
    {
        "image": _build_file,
        "video": _build_file,
        "audio": _build_audio,
        "document": _build_file,
        "sticker": _build_file,
    }
)
