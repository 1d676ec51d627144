"""Let every process say again and again that it is up, and what it does."""

from __future__ import annotations

import logging
import secrets
from typing import NoReturn

import anyio

from relevo.engines.port import Processes
from relevo.errors import EngineError

logger = logging.getLogger("relevo.attendance")

EVERY_S = 5.0
_FAREWELL_S = 2.0


class Attendance:
    """Note this process among those that share the store.

    Args:
        engine: Keeps the note.
        works: This process hands messages over.
        receives: It takes webhooks in.
    """

    def __init__(self, engine: Processes, *, works: bool, receives: bool) -> None:
        self.name = f"process-{secrets.token_hex(6)}"
        self._engine = engine
        self._works = works
        self._receives = receives

    async def run(self) -> NoReturn:
        """Say so until cancelled, then take the note back."""
        try:
            while True:
                await self._attend()
                await anyio.sleep(EVERY_S)
        finally:
            with anyio.move_on_after(_FAREWELL_S, shield=True):
                await self._leave()

    async def _attend(self) -> None:
        try:
            await self._engine.attend(
                self.name, works=self._works, receives=self._receives, every_s=EVERY_S
            )
        except EngineError as error:
            logger.error("Others cannot see that this process is up: %s", error)  # noqa: TRY400 - its words say it

    async def _leave(self) -> None:
        try:
            await self._engine.leave(self.name)
        except EngineError as error:
            logger.info("Others will see in a moment that this process is gone: %s", error)
