"""Files in this process: for embedding without a store, and for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.lowlevel import checkpoint

from relevo.errors import MediaUnavailable
from relevo.media.store import Check, Measure, StoredFile, closing


class MemoryMediaStore:
    """Keep files until it is forgotten."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    async def put(
        self, chunks: AsyncIterator[bytes], *, most_bytes: int, check: Check | None = None
    ) -> StoredFile:
        """Keep a file."""
        measure, parts = Measure(most_bytes), list[bytes]()
        async with closing(chunks):
            async for chunk in chunks:
                measure.add(chunk)
                parts.append(chunk)
        stored = measure.stored(check)
        self._files[stored.store_key] = b"".join(parts)
        return stored

    @asynccontextmanager
    async def open(self, store_key: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give a file's bytes."""
        if store_key not in self._files:
            msg = f"The media store has no file {store_key}."
            raise MediaUnavailable(msg)
        yield _whole(self._files[store_key])

    async def remove(self, store_key: str, *, unused_s: float) -> bool:
        """Forget a file: between here and there nobody can put it."""
        del unused_s
        await checkpoint()
        self._files.pop(store_key, None)
        return True

    async def tidy(self) -> None:
        """Nothing is ever left half written."""
        await checkpoint()


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    await checkpoint()
    yield content
