"""A cursor in our hands: what was handed out is committed, and the lease lives on."""

from __future__ import annotations

import anyio

from relevo.engines.port import Cursors
from relevo.engines.records import CursorLease, CursorTrouble
from relevo.errors import EngineError
from relevo.store_watch import StoreWatch

COMMIT_EVERY_S = 0.5
"""While events are handed out, what was done is committed this often, and when all is done."""
_AGAIN_S = 0.5


class Hold:
    """Keep one cursor until it is let go or lost.

    Args:
        cursors: Where it is kept.
        lease: As it was taken.
        lease_s: How long a lease lasts.
        since: When it was asked for, by `anyio.current_time`: it may have begun then.
        store_watch: Hears that it waits for the store.
    """

    def __init__(
        self,
        cursors: Cursors,
        lease: CursorLease,
        *,
        lease_s: float,
        since: float,
        store_watch: StoreWatch,
    ) -> None:
        self.position = lease.position
        self.joined = lease.epoch == lease.log_epoch
        """Whether its reader knows that it is in the log as it is now."""
        self.trouble: CursorTrouble | None = None
        self.lost = False
        self._cursors = cursors
        self._lease = lease
        self._lease_s = lease_s
        self._since = since
        self._store_watch = store_watch
        self._wake = anyio.Event()
        self._one_at_a_time = anyio.Lock()

    @property
    def lease(self) -> CursorLease:
        """The lease as it was last taken or moved."""
        return self._lease

    def go_on(self, position: int, *, handed: bool) -> None:
        """Note that all up to here is done; without anything handed out there is no hurry."""
        self.position = position
        self.trouble = None
        if handed and anyio.current_time() >= self._since + COMMIT_EVERY_S:
            self.hurry()

    def fail(self, trouble: CursorTrouble) -> None:
        """Note what keeps the reader from going on, for whoever watches."""
        self.trouble = trouble
        self.hurry()

    def hurry(self) -> None:
        """Commit now."""
        self._wake.set()

    async def watch(self, reading: anyio.CancelScope) -> None:
        """Commit and lengthen the lease in time; once it is lost, end the reading.

        What a handler is doing then is cut off: another machine may begin it.
        """
        while not self.lost:
            with anyio.CancelScope(deadline=self._since + self._lease_s / 3):
                await self._wake.wait()
            self._wake = anyio.Event()
            try:
                with anyio.CancelScope(deadline=self._since + self._lease_s):
                    await self._commit()
            except EngineError as error:
                self._store_watch.failed(f"the cursor {self._lease.name!r}", error)
                await anyio.sleep(min(_AGAIN_S, self._lease_s / 10))
            if anyio.current_time() >= self._since + self._lease_s:
                self.lost = True
        reading.cancel()

    async def let_go(self) -> None:
        """Commit what was done, and let another take the cursor at once."""
        if self.lost:
            return
        try:
            await self._commit()
            if not self.lost:
                await self._cursors.release_cursor(self._lease)
        except EngineError as error:
            # It is left to the end of its lease.
            self._store_watch.failed(f"the cursor {self._lease.name!r}", error)

    async def _commit(self) -> None:
        async with self._one_at_a_time:
            lease = self._lease.at(self.position) if self.joined else self._lease
            since = anyio.current_time()
            moved = await self._cursors.move_cursor(
                lease, lease_s=self._lease_s, trouble=self.trouble
            )
            if moved is None:
                self.lost = True
            else:
                self._lease, self._since = moved, since
