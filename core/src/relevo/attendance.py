"""Let every process say again and again that it is up, and what it does."""

from __future__ import annotations

import logging
import secrets
from typing import NoReturn

import anyio

from relevo.engines.port import Processes
from relevo.errors import EngineError
from relevo.store_watch import StoreWatch

logger = logging.getLogger("relevo.attendance")

EVERY_S = 5.0
AGAIN_S = 1.0
"""While the store fails, so often: who waits for it is told soon that it works again."""
_FAREWELL_S = 2.0


class Attendance:
    """Note this process among those that share the store.

    Args:
        engine: Keeps the note.
        works: This process hands messages over.
        receives: It takes webhooks in.
        store_watch: Hears of the store. This writes whatever else the process does, so it
            is what proves that the store works again.
    """

    def __init__(
        self,
        engine: Processes,
        *,
        works: bool,
        receives: bool,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self.name = f"process-{secrets.token_hex(6)}"
        self._engine = engine
        self._works = works
        self._receives = receives
        self._store_watch = store_watch or StoreWatch()

    async def run(self) -> NoReturn:
        """Say so until cancelled, then take the note back."""
        try:
            while True:
                works = await self._attend()
                await anyio.sleep(EVERY_S if works else AGAIN_S)
        finally:
            with anyio.move_on_after(_FAREWELL_S, shield=True):
                await self._leave()

    async def _attend(self) -> bool:
        """Say that we are here; false where the store cannot note it."""
        try:
            await self._engine.attend(
                self.name, works=self._works, receives=self._receives, every_s=EVERY_S
            )
        except EngineError as error:
            self._store_watch.failed("the sign of life", error)
            return False
        self._store_watch.works()
        return True

    async def _leave(self) -> None:
        try:
            await self._engine.leave(self.name)
        except EngineError as error:
            logger.info("Others will see in a moment that this process is gone: %s", error)
