"""What all sides of the memory engine share: its rows, its clock, its signals."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import SecretStr

from relevo.engines.memory.rows import MemoryRows
from relevo.engines.port import Clock
from relevo.engines.signal import Signal
from relevo.engines.steps.claiming import Turns
from relevo.events import utc_now

EPOCH_BYTES = 6
_SEAL_BYTES = 32


class MemoryCore:
    """Rows in this process.

    A change is atomic because it never awaits in the middle: each call yields
    to others once, before it changes anything.
    """

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._rows = MemoryRows(secrets.token_hex(EPOCH_BYTES))
        self._seal = SecretStr(secrets.token_hex(_SEAL_BYTES))
        self._turns = Turns()
        self._changed = Signal()
        """Something was kept: there may be work, a doubt to look at, something told."""
        self._arrived = Signal()

    @contextmanager
    def _unit(self) -> Iterator[datetime]:
        with self._rows.journal.unit():
            yield self._clock()
        self._changed.wake()
