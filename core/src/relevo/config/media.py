"""The `[media]` table: where files lie and how large they may be."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

from relevo.media import FileMediaStore, MediaStore, MemoryMediaStore

DEFAULT_FOLDER = Path("relevo-media")
_SQLITE = "sqlite:///"


class MediaSettings(BaseModel):
    """What is kept of files that are sent and that people send."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: Path | None = None
    """A folder. None: beside the SQLite file, else `relevo-media` here; nowhere in memory."""
    max_bytes: PositiveInt = 100 * 1024 * 1024
    """The largest file that is kept, of either direction."""
    upload_s: PositiveFloat = 600
    """How long one upload to a provider may take."""
    fetch_s: PositiveFloat = 300
    """How long fetching one file from a provider may take."""


def open_media_store(settings: MediaSettings, engine: str) -> MediaStore:
    """Make the store that the settings and the engine's address mean."""
    path = settings.path or _folder_of(engine)
    return MemoryMediaStore() if path is None else FileMediaStore(path)


def _folder_of(engine: str) -> Path | None:
    if engine.startswith(_SQLITE):
        file = Path(engine.removeprefix(_SQLITE))
        return file.with_name(f"{file.stem}-media")
    return DEFAULT_FOLDER if urlsplit(engine).scheme.startswith("postgres") else None
