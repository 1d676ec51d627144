"""Files in a folder, each under the hash of its bytes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import anyio
from anyio import CancelScope, to_thread

from relevo.errors import MediaUnavailable
from relevo.media.store import Check, Measure, StoredFile, closing

CHUNK_BYTES: Final = 256 * 1024
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_COMING: Final = "coming"
_LEAVING: Final = "leaving"
_LEFT_S: Final = 86_400


class FileMediaStore:
    """Keep files in a folder; machines that share one engine share it too.

    A file is written under a name of its own, brought to the disk, and only then gets
    the name it is found by: what has that name is whole.

    Args:
        path: The folder; it is made with the first file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    async def put(
        self, chunks: AsyncIterator[bytes], *, most_bytes: int, check: Check | None = None
    ) -> StoredFile:
        """Write a file, then name it."""
        measure = Measure(most_bytes)
        coming = self.path / _COMING / uuid4().hex
        try:
            await to_thread.run_sync(_make_folder, coming.parent)
            try:
                async with await anyio.open_file(coming, "wb", opener=_open_own) as file:
                    async with closing(chunks):
                        async for chunk in chunks:
                            measure.add(chunk)
                            await file.write(chunk)
                    await file.flush()
                    await to_thread.run_sync(os.fsync, file.wrapped.fileno())
                stored = measure.stored(check)
                await to_thread.run_sync(_name, coming, self._place(stored.store_key))
            finally:
                with CancelScope(shield=True):
                    await to_thread.run_sync(_drop, coming)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        return stored

    @asynccontextmanager
    async def open(self, store_key: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a file."""
        try:
            file = await anyio.open_file(self._place(store_key), "rb")
        except FileNotFoundError as error:
            msg = (
                f"The media folder {self.path} has no file {store_key}. Machines that share an "
                "engine have to share the folder too."
            )
            raise MediaUnavailable(msg) from error
        except OSError as error:
            raise _unavailable(self.path, error) from error
        async with file:
            yield _pieces(self.path, file)

    async def remove(self, store_key: str, *, unused_s: float) -> bool:
        """Take a file away by its name; one that was put again meanwhile stays."""
        place = self._place(store_key)
        leaving = self.path / _LEAVING / uuid4().hex
        try:
            return await to_thread.run_sync(_remove, place, leaving, unused_s)
        except OSError as error:
            raise _unavailable(self.path, error) from error

    async def tidy(self) -> None:
        """Remove what processes that died left half written."""
        try:
            await to_thread.run_sync(_sweep, self.path)
        except OSError as error:
            raise _unavailable(self.path, error) from error

    def _place(self, store_key: str) -> Path:
        if not _KEY.fullmatch(store_key):
            msg = "The key of a stored file has to be a SHA-256 in hex."
            raise MediaUnavailable(msg)
        return self.path / store_key[:2] / store_key


def _make_folder(path: Path) -> None:
    """Make a folder of the store; what people send is nobody else's affair."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _name(coming: Path, place: Path) -> None:
    """Give a whole file its name, durably. What had it has the same bytes."""
    _make_folder(place.parent)
    coming.replace(place)
    if os.name == "posix":
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)


def _remove(place: Path, leaving: Path, unused_s: float) -> bool:
    _make_folder(leaving.parent)
    try:
        # Away first, then looked at: who puts the same bytes meanwhile makes the name anew.
        place.rename(leaving)
    except FileNotFoundError:
        return True
    if time.time() - leaving.stat().st_mtime < unused_s:
        with suppress(FileExistsError):
            os.link(leaving, place)
        leaving.unlink()
        return False
    leaving.unlink()
    return True


def _sweep(path: Path) -> None:
    for folder in (path / _COMING, path / _LEAVING):
        for left in folder.iterdir() if folder.is_dir() else ():
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _LEFT_S:
                    left.unlink()


async def _pieces(path: Path, file: anyio.AsyncFile[bytes]) -> AsyncIterator[bytes]:
    try:
        while chunk := await file.read(CHUNK_BYTES):
            yield chunk
    except OSError as error:
        raise _unavailable(path, error) from error


def _unavailable(path: Path, error: OSError) -> MediaUnavailable:
    said = error.strerror or type(error).__name__
    return MediaUnavailable(f"The media folder {path} cannot be used: {said}.")
