"""Which addresses the sandbox may call: this machine's only."""

from __future__ import annotations

from urllib.parse import urlsplit

from relevo_meta_whatsapp.config import is_loopback


def is_local(url: str) -> bool:
    """Tell whether a URL is plain http to this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        return False
