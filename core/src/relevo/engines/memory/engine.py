"""The memory engine: for embedding and tests. It needs nothing and keeps nothing for later."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Self

from anyio.lowlevel import checkpoint

from relevo.engines.memory.cursors import MemoryCursors
from relevo.engines.memory.keys import MemoryKeys
from relevo.engines.memory.media import MemoryMedia
from relevo.engines.memory.processes import MemoryProcesses
from relevo.engines.memory.reading import MemoryReading
from relevo.engines.memory.receiving import MemoryReceiving
from relevo.engines.memory.sending import MemorySending
from relevo.engines.memory.upkeep import tidy
from relevo.engines.records import Direction, EnginePulse, MediaState, Purged, Retention
from relevo.events import DeliveryStatus


class MemoryEngine(
    MemorySending,
    MemoryReceiving,
    MemoryReading,
    MemoryCursors,
    MemoryMedia,
    MemoryKeys,
    MemoryProcesses,
):
    """Keep everything in this process."""

    async def __aenter__(self) -> Self:
        """Open: there is nothing to do."""
        await checkpoint()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close: what was kept stays readable until the engine is forgotten."""

    async def tidy(self, retention: Retention, *, limit: int = 500) -> Purged:
        """Remove what need not be kept any longer."""
        await checkpoint()
        purged = tidy(self._rows, retention, limit, self._clock())
        self._changed.wake()
        return purged

    async def pulse(self) -> EnginePulse:
        """Tell what waits."""
        await checkpoint()
        rows = self._rows
        now = self._clock()
        files = Counter(
            media.state for media in rows.files.values() if media.direction is Direction.IN
        )
        return EnginePulse(
            engine="memory",
            epoch=self.epoch,
            head=rows.head,
            queued=rows.counts[DeliveryStatus.QUEUED],
            sending=rows.counts[DeliveryStatus.SENDING],
            unknown=rows.counts[DeliveryStatus.UNKNOWN],
            pending_webhooks=len(rows.pending),
            scheduled=rows.counts[DeliveryStatus.SCHEDULED],
            dead=len(rows.dead),
            quarantined=len(rows.set_aside),
            doubled=len(rows.doubled),
            floor=rows.floor,
            pending_media=files[MediaState.PENDING],
            failed_media=files[MediaState.FAILED],
            told_at=now,
            lanes=rows.look_at_lanes(now),
            webhook_since=rows.oldest_arrival(),
        )
