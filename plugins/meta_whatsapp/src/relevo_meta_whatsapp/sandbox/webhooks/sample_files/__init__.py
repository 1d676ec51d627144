"""Files for what people send: small, pleasant, made by code, and what their type says they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from relevo_meta_whatsapp.sandbox.webhooks.sample_files.film import draw_mp4
from relevo_meta_whatsapp.sandbox.webhooks.sample_files.paper import write_pdf
from relevo_meta_whatsapp.sandbox.webhooks.sample_files.photo import draw_jpeg, draw_png
from relevo_meta_whatsapp.sandbox.webhooks.sample_files.sound import play_ogg
from relevo_meta_whatsapp.sandbox.webhooks.sample_files.sticker import draw_webp

_MAKERS: Mapping[str, Callable[[], bytes]] = MappingProxyType(
    {
        "application/pdf": write_pdf,
        "audio/ogg": play_ogg,
        "image/jpeg": draw_jpeg,
        "image/png": draw_png,
        "image/webp": draw_webp,
        "text/plain": lambda: b"A sample of the sandbox.\n",
        "video/mp4": draw_mp4,
    }
)
SAMPLE_TYPES = tuple(_MAKERS)


@cache
def sample_file(mime_type: str) -> bytes | None:
    """Make the sample of a type; None where there is none."""
    make = _MAKERS.get(mime_type)
    return None if make is None else make()
