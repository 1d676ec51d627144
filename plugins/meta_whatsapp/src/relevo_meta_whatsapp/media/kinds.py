"""Which files Meta takes, as a table. Source: Meta's media page as of 2025-11. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from relevo import Rejected

_KB = 1024
_MB = 1024 * _KB


class FileKind(NamedTuple):
    """Say what one kind of content takes: MIME types, and bytes at most."""

    mime_types: frozenset[str]
    most: int


_AUDIO = frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"})
_IMAGE = frozenset({"image/jpeg", "image/png"})
_STICKER = frozenset({"image/webp"})
_VIDEO = frozenset({"video/mp4", "video/3gpp"})
_OFFICE = frozenset(
    {
        "application/msword",
        "application/pdf",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "text/plain",
    }
)

FILE_KINDS: Mapping[str, FileKind] = MappingProxyType(
    {
        "audio": FileKind(_AUDIO, 16 * _MB),
        "image": FileKind(_IMAGE, 5 * _MB),
        # 100 KB where it does not move, which only its bytes tell.
        "sticker": FileKind(_STICKER, 500 * _KB),
        "video": FileKind(_VIDEO, 16 * _MB),
        # Whatever can be uploaded can be sent as a document.
        "document": FileKind(_OFFICE | _AUDIO | _IMAGE | _STICKER | _VIDEO, 100 * _MB),
    }
)


def check_file(account: str, kind: str | None, *, mime_type: str, size: int) -> None:
    """Refuse a file that Meta would not take for its kind of content.

    Without a kind, it may be whatever takes its type, at the largest a document.

    Raises:
        Rejected: Its type or its size.
    """
    name = kind or "document"
    taken = FILE_KINDS.get(name)
    where = f"Account {account!r}: the file cannot be sent"
    if taken is None:
        msg = f"{where}: WhatsApp has no files for {kind!r}."
        raise Rejected(msg)
    plain_type = mime_type.partition(";")[0].strip().lower()
    if plain_type not in taken.mime_types:
        msg = (
            f"{where} as {name}: its type is {plain_type[:64]!r}; WhatsApp takes "
            f"{', '.join(sorted(taken.mime_types))}. Any other type can be sent as a "
            "document that WhatsApp fetches itself: name it by link instead of media."
        )
        raise Rejected(msg)
    if size > taken.most:
        msg = f"{where} as {name}: it has {size} bytes; WhatsApp takes {taken.most}."
        raise Rejected(msg)
