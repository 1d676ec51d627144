"""Files on their way: pieces of what goes out, and a check of what comes in."""

from __future__ import annotations

import hashlib
import re
from email.message import Message as Headers
from pathlib import Path
from typing import Self
from urllib.parse import unquote

import httpx

from relevo.client.answers.media import DownloadedFile
from relevo.errors import ConfigurationError, MediaMismatch

PIECE = 256 * 1024
_SHA256 = re.compile(r'"([0-9a-f]{64})"')


def size_of(file: Path | bytes) -> int:
    """Give a file's size in bytes.

    Raises:
        ConfigurationError: It cannot be read.
    """
    if isinstance(file, bytes):
        return len(file)
    try:
        return file.stat().st_size
    except OSError as error:
        msg = f"The file {str(file)!r} cannot be read ({error.strerror})."
        raise ConfigurationError(msg) from None


class Download:
    """Check a file while it comes, and name it when it is whole.

    Args:
        answer: Its headers.
        path: Where it is to be. Until it is whole it is beside that, under another name.
    """

    def __init__(self, answer: httpx.Response, path: Path | str) -> None:
        self.path = Path(path)
        self.part = self.path.with_name(f"{self.path.name}.part")
        self._headers = answer.headers
        self._hash = hashlib.sha256()
        self._size = 0

    def __enter__(self) -> Self:
        try:
            self.part.touch()
        except OSError as error:
            msg = f"The file {str(self.path)!r} cannot be written ({error.strerror})."
            raise ConfigurationError(msg) from None
        return self

    def __exit__(self, *exc: object) -> None:
        # Renamed if it came whole; else nothing of it stays.
        self.part.unlink(missing_ok=True)

    def take(self, piece: bytes) -> bytes:
        """Count a piece, and give it to be written."""
        self._hash.update(piece)
        self._size += len(piece)
        return piece

    def finish(self) -> DownloadedFile:
        """Give the file its name.

        Raises:
            MediaMismatch: The bytes are not those that the server keeps.
        """
        told = _SHA256.fullmatch(self._headers.get("etag", ""))
        if told is not None and told[1] != self._hash.hexdigest():
            msg = f"The {self._size} bytes that came are not the file that the server keeps."
            raise MediaMismatch(msg)
        self.part.replace(self.path)
        return DownloadedFile(
            self.path, self._size, self._headers.get("content-type", ""), self._filename()
        )

    def _filename(self) -> str | None:
        headers = Headers()
        headers["Content-Disposition"] = self._headers.get("content-disposition", "")
        name = headers.get_filename()
        return unquote(name) if name else None
