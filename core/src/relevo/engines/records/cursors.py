"""Named places in the event log, each read on from by one reader at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Begin(StrEnum):
    """Where a reader begins whose name nobody used before."""

    HEAD = "head"
    """With what happens from now on."""
    START = "start"
    """With the oldest event that is kept."""


@dataclass(frozen=True, slots=True)
class CursorTrouble:
    """How often in a row a reader failed, and the class of its last error."""

    failures: int
    error: str


@dataclass(frozen=True, slots=True)
class CursorLease:
    """A cursor in somebody's hands.

    Args:
        name: Of the cursor.
        worker: Who holds it.
        token: Never comes twice; it tells a holder from those before and after.
        position: Everything up to here was handed out.
        epoch: The life of the log that `position` was reached in.
        log_epoch: The log's life now. Another one: the log was put back or begun anew since.
        until: When the lease ends unless it is moved.
    """

    name: str
    worker: str
    token: int
    position: int
    epoch: str
    log_epoch: str
    until: datetime

    def at(self, position: int) -> CursorLease:
        """Give the lease with everything up to a position handed out, in the log as it is now."""
        return replace(self, position=position, epoch=self.log_epoch)


@dataclass(frozen=True, slots=True)
class CursorRecord:
    """A cursor, as whoever watches over it sees it.

    Args:
        name: Of the cursor.
        position: Everything up to here was handed out.
        behind: How many events of the log lie above it, wanted or not.
        moved_at: When it was made, or last went on.
        worker: Who holds it; None: nobody reads.
        trouble: What keeps its reader from going on; None: nothing is known to.
    """

    name: str
    position: int
    behind: int
    moved_at: datetime
    worker: str | None = None
    trouble: CursorTrouble | None = None
