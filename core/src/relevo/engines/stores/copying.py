"""Copy a whole store into an empty one, whatever engines the two are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing

from sqlalchemy import LargeBinary, Table

from relevo.engines.schema import metadata
from relevo.engines.stores.port import Store, StoreReader, StoreWriter
from relevo.errors import ConfigurationError, EngineError

Progress = Callable[[str, int, int], None]
"""Hears of a table: its name, how many rows are copied, and of how many."""

TABLES = [table for table in metadata.sorted_tables if table.info["only"] is None]
"""What both databases have, each after those it refers to; the log's own are in its counters."""

_AT_ONCE = 1_000
_LARGE_AT_ONCE = 50


async def copy_store(source: Store, target: Store, tell: Progress) -> Mapping[str, int]:
    """Copy everything; give the rows of each table. Neither store may be open elsewhere.

    Positions, the epoch and every number stay the same, so readers of the event
    log go on where they were. The target is kept as a whole or not at all.

    Raises:
        ConfigurationError: Both are the same store.
        EngineUnavailable: One cannot be used, or the target is not empty.
        EngineError: What arrived is not what was sent.
    """
    if source.name == target.name:
        msg = f"{source.name} cannot be copied into itself."
        raise ConfigurationError(msg)
    async with source.reading() as reader, target.writing() as writer:
        copied = {table.name: await _copy(table, reader, writer, tell) for table in TABLES}
        await writer.set_counters(await reader.counters())
        return copied


async def _copy(table: Table, reader: StoreReader, writer: StoreWriter, tell: Progress) -> int:
    total, done = await reader.count(table), 0
    large = any(isinstance(column.type, LargeBinary) for column in table.columns)
    tell(table.name, done, total)
    async with aclosing(reader.rows(table, _LARGE_AT_ONCE if large else _AT_ONCE)) as parts:
        async for rows in parts:
            await writer.write(table, rows)
            done += len(rows)
            tell(table.name, done, total)
    there = await writer.count(table)
    if not total == done == there:
        msg = (
            f"Table {table.name} has {total} rows, {done} were read and {there} arrived; "
            "nothing was kept."
        )
        raise EngineError(msg)
    return there
