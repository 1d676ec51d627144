"""Files that are too large, not here, or not what was announced."""

from __future__ import annotations

from relevo.errors.root import RelevoError


class MediaError(RelevoError):
    """Report that a file cannot be kept or given."""

    code = "media_error"


class MediaTooLarge(MediaError):
    """Report a file with more bytes than are kept."""

    code = "media_too_large"


class MediaMismatch(MediaError):
    """Report bytes that are not those that were announced."""

    code = "media_mismatch"


class MediaPending(MediaError):
    """Report a file that is not here yet."""

    code = "media_pending"


class MediaFailed(MediaError):
    """Report a file that never came."""

    code = "media_failed"


class MediaGone(MediaError):
    """Report a file that was here and is no longer kept."""

    code = "media_gone"


class MediaUnavailable(MediaError):
    """Report that the media store cannot be read or written, or lost the file."""

    code = "media_unavailable"
