"""Which addresses the sandbox may call, and by which it may be called: this machine's only."""

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


def is_asked_here(host: str, origin: str | None) -> bool:
    """Tell whether a request was meant for this machine, and sent by no web page but its own.

    A page elsewhere may post to any address, and may give this machine a name of its own
    to read the answers as well.
    """
    if not is_local(f"http://{host}"):
        return False
    return origin is None or origin.lower() == f"http://{host}".lower()
