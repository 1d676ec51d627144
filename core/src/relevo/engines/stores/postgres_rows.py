"""Rows of PostgreSQL, read as SQLite keeps them and written from that."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Table, Uuid
from sqlalchemy.dialects import postgresql

from relevo.engines.postgres.preparing import Connection
from relevo.engines.schema import event, event_in, tables_of
from relevo.engines.stores.port import Counters, Row

# ruff: noqa: S608 - statements are joined from our own tables' names; values are always bound.

HERE = tables_of(postgresql.dialect())  # type: ignore[no-untyped-call]
_COUNTED = [
    table
    for table in HERE
    if table.dialect_options["sqlite"]["autoincrement"] and table not in {event, event_in}
]
_HEAD = "SELECT position FROM event_head"
_SEQUENCE_OF = "SELECT pg_get_serial_sequence($1, $2)"
_LAST_NUMBER = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}"


class PostgresReader:
    """Read in one transaction that sees one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def count(self, table: Table) -> int:
        """Count rows; events without a position are events."""
        without = await count_rows(self._connection, event_in) if table is event else 0
        return without + await count_rows(self._connection, table)

    async def rows(self, table: Table, at_once: int) -> AsyncGenerator[Sequence[Row], None]:
        """Give rows in the order of their key; events without a position come last and get one."""
        columns = [column.name for column in table.columns]
        order = ", ".join(column.name for column in table.primary_key)
        question = f"SELECT {', '.join(columns)} FROM {table.name} ORDER BY {order}"
        async for rows in self._ask(question, at_once):
            yield rows
        if table is event:
            head = await head_of(self._connection)
            columns[columns.index("position")] = f"{head} + row_number() OVER (ORDER BY event_id)"
            question = f"SELECT {', '.join(columns)} FROM event_in ORDER BY event_id"
            async for rows in self._ask(question, at_once):
                yield rows

    async def counters(self) -> Counters:
        """Give the head with all events placed, and what the sequences gave out."""
        head = await head_of(self._connection) + await count_rows(self._connection, event_in)
        numbers = {}
        for table in _COUNTED:
            sequence = await _sequence_of(self._connection, table)
            numbers[table.name] = int(
                await self._connection.fetchval(_LAST_NUMBER.format(sequence))
            )
        return Counters(head, numbers)

    async def _ask(self, question: str, at_once: int) -> AsyncGenerator[Sequence[Row], None]:
        cursor = await self._connection.cursor(question)
        while rows := await cursor.fetch(at_once):
            yield [tuple(map(_plain, row)) for row in rows]


class PostgresWriter:
    """Write in the transaction the connection is in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Copy rows in."""
        kinds = [_kind_of(column.type) for column in table.columns]
        await self._connection.copy_records_to_table(
            table.name,
            columns=[column.name for column in table.columns],
            records=[
                tuple(
                    value if kind is None or value is None else kind(value)
                    for kind, value in zip(kinds, row, strict=True)
                )
                for row in rows
            ],
        )

    async def count(self, table: Table) -> int:
        """Count rows."""
        return await count_rows(self._connection, table)

    async def set_counters(self, counters: Counters) -> None:
        """Set the head and the sequences."""
        await self._connection.execute("INSERT INTO event_head VALUES (1, $1)", counters.head)
        for table in _COUNTED:
            if number := counters.rows.get(table.name, 0):
                sequence = await _sequence_of(self._connection, table)
                await self._connection.execute("SELECT setval($1::regclass, $2)", sequence, number)


async def count_rows(connection: Connection, table: Table) -> int:
    """Count a table's rows."""
    return int(await connection.fetchval(f"SELECT count(*) FROM {table.name}"))


async def head_of(connection: Connection) -> int:
    """Give the log's newest position."""
    return int(await connection.fetchval(_HEAD))


async def _sequence_of(connection: Connection, table: Table) -> str:
    [key] = table.primary_key
    return str(await connection.fetchval(_SEQUENCE_OF, table.name, key.name))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _kind_of(kind: object) -> Callable[[Any], object] | None:
    if isinstance(kind, Uuid):
        return UUID
    return bool if isinstance(kind, Boolean) else None
