"""The storage port: the only door between Relevo and where the bytes of files lie.

A file lies under the hash of its bytes, so nothing about people is in its name and
what is kept twice lies there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from anyio import CancelScope

from relevo.errors import MediaTooLarge


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was stored: under which key, how many bytes, and their hash in hex."""

    store_key: str
    size: int
    sha256: str


Check = Callable[[StoredFile], None]


class MediaStore(Protocol):
    """Keep bytes and give them back. Any number of tasks and processes may use one at once."""

    async def put(
        self, chunks: AsyncIterator[bytes], *, most_bytes: int, check: Check | None = None
    ) -> StoredFile:
        """Store a file durably, as a whole or not at all.

        `check` looks at what came before anybody can find it; what it raises is raised.

        Raises:
            MediaTooLarge: It has more bytes; nothing was kept.
            MediaUnavailable: It cannot be written.
        """
        ...

    def open(self, store_key: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Give a file's bytes, in pieces.

        Raises:
            MediaUnavailable: It is not there, or cannot be read.
        """
        ...

    async def remove(self, store_key: str, *, unused_s: float) -> bool:
        """Remove a file, unless it was put within the last `unused_s` seconds.

        Returns:
            Whether it is not there any more.

        Raises:
            MediaUnavailable: It cannot be removed.
        """
        ...

    async def tidy(self) -> None:
        """Remove what was left half written long ago.

        Raises:
            MediaUnavailable: It cannot be removed.
        """
        ...


@asynccontextmanager
async def closing(chunks: AsyncIterator[bytes]) -> AsyncIterator[None]:
    """End what gives a file's bytes, also where not all of them were taken."""
    try:
        yield
    finally:
        if isinstance(chunks, AsyncGenerator):
            with CancelScope(shield=True):
                await chunks.aclose()


class Measure:
    """Count and hash bytes as they pass."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """Take one piece.

        Raises:
            MediaTooLarge: With it there are more bytes than may be kept.
        """
        self.size += len(chunk)
        if self.size > self._most_bytes:
            msg = (
                f"The file has more than {self._most_bytes} bytes, the most that is kept. Send a "
                "smaller one, or raise max_bytes under [media]."
            )
            raise MediaTooLarge(msg)
        self._hash.update(chunk)

    def stored(self, check: Check | None) -> StoredFile:
        """Tell what passed, once it was checked."""
        sha256 = self._hash.hexdigest()
        stored = StoredFile(sha256, self.size, sha256)
        if check is not None:
            check(stored)
        return stored
