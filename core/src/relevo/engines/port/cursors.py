"""Cursors: named durable places in the event log."""

from __future__ import annotations

from typing import Protocol

from relevo.engines.records import Begin, CursorLease, CursorRecord, CursorTrouble


class Cursors(Protocol):
    """Named durable places in the event log, each in at most one reader's hands."""

    async def take_cursor(
        self, name: str, worker: str, *, lease_s: float, begin: Begin = Begin.HEAD
    ) -> CursorLease | None:
        """Take a cursor, or make it where `begin` says; None: another worker has it.

        A worker that takes its own again gets a new lease, and the old one ends.
        A cursor above the head (the log lost events it had seen) goes back to the
        start, and the log begins a new epoch: rather again than never.
        """
        ...

    async def move_cursor(
        self, lease: CursorLease, *, lease_s: float, trouble: CursorTrouble | None = None
    ) -> CursorLease | None:
        """Keep the lease's position, never a lower one, and lengthen it; None: it is lost.

        It is lost once another took the cursor or somebody forgot it; that its time
        is over does not lose it. Moving it again to where it is changes nothing else.
        """
        ...

    async def release_cursor(self, lease: CursorLease) -> None:
        """Let another take it now. A lease that is lost changes nothing."""
        ...

    async def cursors(self) -> list[CursorRecord]:
        """Give all cursors by name, with how far each is behind."""
        ...

    async def forget_cursor(self, name: str) -> bool:
        """Forget a cursor; whoever takes it next begins anew. False: there is none."""
        ...
