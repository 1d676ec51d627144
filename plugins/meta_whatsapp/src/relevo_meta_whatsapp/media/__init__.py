"""Files: given to Meta and fetched from it."""

from relevo_meta_whatsapp.media.fetching import fetch
from relevo_meta_whatsapp.media.kinds import check_file
from relevo_meta_whatsapp.media.uploading import upload

__all__ = ["check_file", "fetch", "upload"]
