"""A sign that something happened, kept until somebody asks."""

from __future__ import annotations

import anyio


class News:
    """Remember that something happened until somebody asks."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """Say that something happened."""
        self._event.set()

    async def wait(self) -> None:
        """Return once something happened since it was last asked."""
        await self._event.wait()
        self._event = anyio.Event()
