"""A lease in a worker's hands, kept alive while something goes on before the attempt."""

from __future__ import annotations

import anyio

from relevo.engines.port import Outbox
from relevo.engines.records import Claim
from relevo.errors import EngineError, Phase, Unavailable
from relevo.store_watch import StoreWatch

_RENEWALS = 4
"""How often a lease is lengthened in its time."""


class Lease:
    """Lengthen a lease as long as something goes on before the attempt."""

    def __init__(
        self,
        engine: Outbox,
        claim: Claim,
        lease_s: float,
        began_at: float,
        *,
        store_watch: StoreWatch,
    ) -> None:
        self._engine = engine
        self._claim = claim
        self._lease_s = lease_s
        self._store_watch = store_watch
        self.began_at = began_at
        self.lost = False
        self._is_preparing = False

    async def prepare(self) -> None:
        """Write down that nothing leaves yet: if we fall silent now, nothing is in doubt.

        Raises:
            Unavailable: The lease is lost.
            EngineError: It cannot be written.
        """
        if not self._is_preparing:
            await self._reach(Phase.CONNECTING)
            self._is_preparing = True

    async def hand_over(self) -> None:
        """Write down that from now on something may leave.

        Raises:
            Unavailable: The lease is lost, or this cannot be written: nothing may leave.
        """
        if not self._is_preparing:
            return
        try:
            await self._reach(Phase.WRITING)
        except EngineError as error:
            msg = f"Account {self._claim.account!r}: {error.message}"
            raise Unavailable(msg) from error

    async def _reach(self, phase: Phase) -> None:
        now = anyio.current_time()
        if not await self._engine.renew(self._claim, lease_s=self._lease_s, phase=phase):
            self.lost = True
            msg = f"Account {self._claim.account!r}: the lease was lost before the handover."
            raise Unavailable(msg)
        self.began_at = now

    async def keep_up(self, work: anyio.CancelScope) -> None:
        """Lengthen it again and again; end the work where it is lost."""
        while True:
            await anyio.sleep(self._lease_s / _RENEWALS)
            now = anyio.current_time()
            try:
                held = await self._engine.renew(self._claim, lease_s=self._lease_s)
            except EngineError as error:
                self._store_watch.failed("the worker", error)
                held = now < self.began_at + self._lease_s
            else:
                self.began_at = now
            if not held:
                self.lost = True
                work.cancel()
