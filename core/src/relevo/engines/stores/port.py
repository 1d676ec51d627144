"""What can be done with a store as a whole, while no engine works on it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Table

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class StoreState:
    """What a store looks like.

    Args:
        engine: `sqlite` or `postgresql`.
        store: Which one, without secrets.
        revision: Of its tables; None where there is no store yet.
        newest: The revision this Relevo works with.
        in_use: Whether an engine has it open.
        epoch: The life of its event log; None where the revision is not ours.
        head: The log's newest position; events that have none yet are not in it.
        floor: Events up to this position were purged.
        waiting: What waits, by kind.
        behind: How many events lie above the cursor of each event handler, by its name.
    """

    engine: str
    store: str
    revision: str | None
    newest: str
    in_use: bool
    epoch: str | None = None
    head: int | None = None
    floor: int | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    behind: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counters:
    """The highest numbers a store ever gave out; none of them may come again.

    Args:
        head: The log's newest position.
        rows: The highest number of each table that numbers its rows, by the table's name.
    """

    head: int
    rows: Mapping[str, int]


class StoreReader(Protocol):
    """Read everything, as it is at one moment.

    Values are as SQLite keeps them: ids and JSON as text, flags as 0 and 1. Events
    that have no position yet get the next ones, in their order.
    """

    async def count(self, table: Table) -> int:
        """Count a table's rows; none where this kind of store has no such table."""
        ...

    def rows(self, table: Table, at_once: int) -> AsyncGenerator[Sequence[Row], None]:
        """Give a table's rows in parts, with the columns in the schema's order."""
        ...

    async def counters(self) -> Counters:
        """Give the highest numbers."""
        ...


class StoreWriter(Protocol):
    """Fill an empty store in one transaction: kept as a whole, or not at all."""

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Keep rows as a reader gives them."""
        ...

    async def count(self, table: Table) -> int:
        """Count what was kept."""
        ...

    async def set_counters(self, counters: Counters) -> None:
        """Go on above these numbers."""
        ...


class Store(Protocol):
    """One store, named by an engine's address."""

    @property
    def name(self) -> str:
        """Which one it is, without secrets."""
        ...

    async def look(self) -> StoreState:
        """Look at it and change nothing.

        Raises:
            EngineUnavailable: It is away, no store of ours, or a newer Relevo's.
        """
        ...

    async def upgrade(self) -> None:
        """Make it, or bring its tables to our revision.

        Raises:
            EngineUnavailable: As above, or somebody has it.
        """
        ...

    async def renew_epoch(self) -> tuple[str, str]:
        """Begin a new life of its event log; give the old epoch and the new one.

        Raises:
            EngineUnavailable: As above, or it needs an upgrade first.
        """
        ...

    async def forget_cursor(self, name: str) -> bool:
        """Forget an event handler's cursor; if it comes again it begins anew. False: none is there.

        Raises:
            EngineUnavailable: As above, or it needs an upgrade first.
        """
        ...

    def reading(self) -> AbstractAsyncContextManager[StoreReader]:
        """Let nobody else have it, and read it.

        Raises:
            EngineUnavailable: As above, or it needs an upgrade first.
        """
        ...

    def writing(self) -> AbstractAsyncContextManager[StoreWriter]:
        """Let nobody else have it, and fill it; an error undoes everything.

        Raises:
            EngineUnavailable: As above, or it is not empty.
        """
        ...
