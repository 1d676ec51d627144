"""A lease in a worker's hands, kept alive while something goes on before the attempt."""

from __future__ import annotations

import logging

import anyio

from relevo.engines.port import Outbox
from relevo.engines.records import Claim
from relevo.errors import EngineError

logger = logging.getLogger("relevo.worker")

_RENEWALS = 4
"""How often a lease is lengthened in its time."""


class Lease:
    """Lengthen a lease as long as something goes on before the attempt."""

    def __init__(self, engine: Outbox, claim: Claim, lease_s: float, began_at: float) -> None:
        self._engine = engine
        self._claim = claim
        self._lease_s = lease_s
        self.began_at = began_at
        self.lost = False

    async def keep_up(self, work: anyio.CancelScope) -> None:
        """Lengthen it again and again; end the work where it is lost."""
        while True:
            await anyio.sleep(self._lease_s / _RENEWALS)
            now = anyio.current_time()
            try:
                held = await self._engine.renew(self._claim, lease_s=self._lease_s)
            except EngineError as error:
                logger.error("A lease cannot be lengthened: %s", error)  # noqa: TRY400 - its words say it
                held = now < self.began_at + self._lease_s
            else:
                self.began_at = now
            if not held:
                self.lost = True
                work.cancel()
