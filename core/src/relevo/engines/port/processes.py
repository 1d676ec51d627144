"""Who is up: the processes that share a store."""

from __future__ import annotations

from typing import Protocol

from relevo.engines.records import ProcessRecord


class Processes(Protocol):
    """The processes that have the store open, each with what it does."""

    async def attend(self, process: str, *, works: bool, receives: bool, every_s: float) -> None:
        """Note that a process is up; those unseen for a day are forgotten."""
        ...

    async def leave(self, process: str) -> None:
        """Forget a process that stops."""
        ...

    async def processes(self) -> list[ProcessRecord]:
        """Give those that are known, by name; whether one is up, `alive` tells."""
        ...
