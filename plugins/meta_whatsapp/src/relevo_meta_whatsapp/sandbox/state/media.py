"""The sandbox's media: bytes in memory, with ids that expire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import JsonValue

URL_S = 300.0
"""How long an address of bytes opens."""
UPLOADED_S = 30 * 24 * 3600.0
RECEIVED_S = 7 * 24 * 3600.0
_KEPT_BYTES = 256 * 1024 * 1024
_FIRST_ID = 900_100
_MB = 1024 * 1024
_KB = 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True)
class MediaRule:
    """What one kind of media may be."""

    types: frozenset[str]
    most: int


RULES: Mapping[str, MediaRule] = MappingProxyType(
    {
        "audio": MediaRule(
            frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16 * _MB
        ),
        "document": MediaRule(
            frozenset(
                {
                    "text/plain",
                    "application/pdf",
                    "application/msword",
                    "application/vnd.ms-excel",
                    "application/vnd.ms-powerpoint",
                    f"{_OFFICE}.wordprocessingml.document",
                    f"{_OFFICE}.spreadsheetml.sheet",
                    f"{_OFFICE}.presentationml.presentation",
                }
            ),
            100 * _MB,
        ),
        "image": MediaRule(frozenset({"image/jpeg", "image/png"}), 5 * _MB),
        "sticker": MediaRule(frozenset({"image/webp"}), 500 * _KB),
        "video": MediaRule(frozenset({"video/mp4", "video/3gpp"}), 16 * _MB),
    }
)
"""Meta's table of types and sizes, as of 2025-11. A static sticker has 100 KB only."""
_STATIC_STICKER = 100 * _KB
_ANIMATED = b"ANIM"


@dataclass
class StoredMedia:
    """Bytes and what is known about them."""

    media_id: str
    content: bytes
    mime_type: str
    number_id: str
    expires_at: float

    @property
    def sha256(self) -> str:
        """The digest in hex, as `GET /{media}` tells it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def sha256_base64(self) -> str:
        """The digest in base64, as webhooks tell it."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()


def kind_of(mime_type: str) -> str | None:
    """Tell which kind of media a type belongs to."""
    bare = bare_type(mime_type)
    return next((kind for kind, rule in RULES.items() if bare in rule.types), None)


def bare_type(mime_type: str) -> str:
    """Leave out parameters such as `codecs=opus`."""
    return mime_type.partition(";")[0].strip().lower()


def fault_of(kind: str, mime_type: str, content: bytes) -> str | None:
    """Tell what is wrong with media sent as this kind.

    As a document anything goes: so Meta does, in spite of its table.
    """
    rule = RULES[kind]
    if kind != "document" and bare_type(mime_type) not in rule.types:
        return f"{kind} may be {', '.join(sorted(rule.types))}, not {bare_type(mime_type)}"
    most = rule.most
    if kind == "sticker" and _ANIMATED not in content[:64]:
        most = _STATIC_STICKER
    if len(content) > most:
        return f"{kind} may have {most} bytes, it has {len(content)}"
    return None if content else "the file is empty"


class MediaStore:
    """Keep media until they expire; the oldest go when there are too many."""

    def __init__(self) -> None:
        self._media: dict[str, StoredMedia] = {}
        self._ids = itertools.count(_FIRST_ID)
        self._key = secrets.token_bytes(16)

    def keep(
        self, content: bytes, mime_type: str, number_id: str, expires_at: float
    ) -> StoredMedia:
        """Keep bytes under a new id."""
        stored = StoredMedia(str(next(self._ids)), content, mime_type, number_id, expires_at)
        self._media[stored.media_id] = stored
        while sum(len(one.content) for one in self._media.values()) > _KEPT_BYTES:
            del self._media[next(iter(self._media))]
        return stored

    def find(self, media_id: str, now: float) -> StoredMedia | None:
        """Give media that have not expired."""
        stored = self._media.get(media_id)
        return stored if stored is not None and now < stored.expires_at else None

    def remove(self, media_id: str) -> None:
        """Delete media."""
        self._media.pop(media_id, None)

    def address(self, base_url: str, media_id: str, now: float) -> str:
        """Sign an address that opens for five minutes, to bearers of the token only."""
        ends = int(now + URL_S)
        return (
            f"{base_url}/whatsapp_business/attachments/"
            f"?mid={media_id}&ext={ends}&hash={self._sign(media_id, ends)}"
        )

    def open(self, query: Mapping[str, str], now: float) -> StoredMedia | None:
        """Give what an address opens, while it does."""
        media_id, ends, given = (query.get(key, "") for key in ("mid", "ext", "hash"))
        if not (ends.isascii() and ends.isdigit()) or now >= int(ends):
            return None
        if not hmac.compare_digest(given.encode(), self._sign(media_id, int(ends)).encode()):
            return None
        return self.find(media_id, now)

    def view(self, stored: StoredMedia, base_url: str, now: float) -> dict[str, JsonValue]:
        """Write what `GET /{media}` answers; the size is text, as Meta sends it at times."""
        return {
            "messaging_product": "whatsapp",
            "url": self.address(base_url, stored.media_id, now),
            "mime_type": bare_type(stored.mime_type),
            "sha256": stored.sha256,
            "file_size": str(len(stored.content)),
            "id": stored.media_id,
        }

    def _sign(self, media_id: str, ends: int) -> str:
        words = f"{media_id}|{ends}".encode()
        return f"AT{hmac.new(self._key, words, hashlib.sha256).hexdigest()[:32]}"
