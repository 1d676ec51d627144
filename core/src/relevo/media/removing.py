"""Remove stored files once nothing names them any more."""

from __future__ import annotations

import logging
from typing import Final, NoReturn

import anyio

from relevo.engines.port import MediaBook
from relevo.errors import EngineError, MediaUnavailable
from relevo.media.store import MediaStore
from relevo.store_watch import StoreWatch

logger = logging.getLogger("relevo.media")

UNUSED_S: Final = 3_600.0
_EVERY_S: Final = 60.0
_AT_ONCE: Final = 500


class Remover:
    """Take files away that retention let go. Several may run on one store."""

    def __init__(
        self, engine: MediaBook, store: MediaStore, *, store_watch: StoreWatch | None = None
    ) -> None:
        self._engine = engine
        self._store = store
        self._store_watch = store_watch or StoreWatch()

    async def run(self) -> NoReturn:
        """Look from time to time, until cancelled."""
        while True:
            try:
                await self._store.tidy()
                await self.remove()
            except EngineError as error:
                self._store_watch.failed("the remover of files", error)
            except MediaUnavailable as error:
                logger.error("Files that are gone stay a while: %s", error)  # noqa: TRY400 - its words say it
            await anyio.sleep(_EVERY_S)

    async def remove(self) -> int:
        """Remove what nothing names any more; give how many files.

        One that was put a short while ago stays: who put it is about to name it.
        """
        leaving = await self._engine.leaving_files(_AT_ONCE)
        removed = [
            key
            for key, in_use in leaving.items()
            if not in_use and await self._store.remove(key, unused_s=UNUSED_S)
        ]
        others = [key for key, in_use in leaving.items() if in_use]
        if removed or others:
            await self._engine.forget_files([*removed, *others])
        return len(removed)
