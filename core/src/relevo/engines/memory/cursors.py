"""The memory engine's cursors into its event log."""

from __future__ import annotations

import secrets

from anyio.lowlevel import cancel_shielded_checkpoint, checkpoint

from relevo.engines.memory.core import EPOCH_BYTES, MemoryCore
from relevo.engines.records import Begin, CursorLease, CursorRecord, CursorTrouble
from relevo.engines.steps import cursors
from relevo.engines.steps.cursors import CursorAsk, LogPlace


class MemoryCursors(MemoryCore):
    """Named places in the log. They wake nobody: nothing was told."""

    async def take_cursor(
        self, name: str, worker: str, *, lease_s: float, begin: Begin = Begin.HEAD
    ) -> CursorLease | None:
        """Take a cursor, or make it."""
        await checkpoint()
        kept, now = self._rows.cursors, self._clock()
        ask = CursorAsk(name, worker, lease_s, begin)
        taken = cursors.take(kept.get(name), ask, self._place(), now, _make_epoch)
        if taken is None:
            return None
        kept[name], log = taken
        if log.epoch != self._rows.epoch:
            self._rows.renew(log.epoch)
        return cursors.lease_of(kept[name], log)

    async def move_cursor(
        self, lease: CursorLease, *, lease_s: float, trouble: CursorTrouble | None = None
    ) -> CursorLease | None:
        """Keep where its reader is, also for somebody who is being cancelled."""
        await cancel_shielded_checkpoint()
        kept = self._rows.cursors
        moved = cursors.move(kept.get(lease.name), lease, lease_s, trouble, self._clock())
        if moved is None:
            return None
        kept[lease.name] = moved
        return cursors.lease_of(moved, self._place())

    async def release_cursor(self, lease: CursorLease) -> None:
        """Let others have it."""
        await cancel_shielded_checkpoint()
        kept = self._rows.cursors
        if (free := cursors.release(kept.get(lease.name), lease)) is not None:
            kept[lease.name] = free

    async def cursors(self) -> list[CursorRecord]:
        """Give all cursors by name."""
        await checkpoint()
        log, now = self._place(), self._clock()
        rows = sorted(self._rows.cursors.items())
        return [cursors.record_of(row, log, now) for _, row in rows]

    async def forget_cursor(self, name: str) -> bool:
        """Forget a cursor."""
        await checkpoint()
        return self._rows.cursors.pop(name, None) is not None

    def _place(self) -> LogPlace:
        return LogPlace(self._rows.head, self._rows.epoch)


def _make_epoch() -> str:
    return secrets.token_hex(EPOCH_BYTES)
