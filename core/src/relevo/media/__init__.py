"""Files: where their bytes lie, how they come in and how they leave."""

from relevo.media.fetching import Fetcher, FetchTerms
from relevo.media.files import FileMediaStore
from relevo.media.in_memory import MemoryMediaStore
from relevo.media.keeping import MediaKeeper
from relevo.media.mentions import files_in
from relevo.media.removing import Remover
from relevo.media.store import MediaStore, StoredFile
from relevo.media.uploading import Prepared, Uploader

__all__ = [
    "FetchTerms",
    "Fetcher",
    "FileMediaStore",
    "MediaKeeper",
    "MediaStore",
    "MemoryMediaStore",
    "Prepared",
    "Remover",
    "StoredFile",
    "Uploader",
    "files_in",
]
