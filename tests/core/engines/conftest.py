"""A PostgreSQL schema that many tests use one after the other, each as if it were new."""

# ruff: noqa: S608 - the names are our own tables' and schemas'

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from tests.postgres_fixtures import NO_WAIT, run_sql

from relevo.engines.postgres import PostgresEngine


@dataclass
class ReusedSchema:
    """Making the tables takes longer than most tests; emptying them does not."""

    server: str
    name: str = field(default_factory=lambda: f"test_{secrets.token_hex(6)}")
    first_rows: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def dsn(self) -> str:
        """Its address."""
        return f"{self.server}{'&' if '?' in self.server else '?'}search_path={self.name}{NO_WAIT}"

    def make(self) -> None:
        """Make it as an engine does, and note what is in it then."""
        run_sql(self.server, f"CREATE SCHEMA {self.name}")
        asyncio.run(self._make())

    async def _make(self) -> None:
        async with PostgresEngine(self.dsn):
            pass
        connection = await asyncpg.connect(self.server)
        try:
            for table in await self._tables(connection):
                found = await connection.fetch(f"SELECT * FROM {self.name}.{table}")
                self.first_rows[table] = [tuple(row) for row in found]
        finally:
            await connection.close()

    def empty(self) -> None:
        """Make it again what it was at first."""
        asyncio.run(self._empty())

    async def _empty(self) -> None:
        connection = await asyncpg.connect(self.server)
        try:
            async with connection.transaction():
                # Nobody else is here: what refers to what need not be watched.
                await connection.execute("SET LOCAL session_replication_role = replica")
                await connection.execute("SET LOCAL synchronous_commit = off")
                for table in await self._tables(connection):
                    await connection.execute(f"DELETE FROM {self.name}.{table}")
                    rows = self.first_rows[table]
                    await connection.copy_records_to_table(
                        table, schema_name=self.name, records=rows
                    )
                await connection.execute(
                    """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
                       FROM pg_sequences WHERE schemaname = $1""",
                    self.name,
                )
        finally:
            await connection.close()

    async def _tables(self, connection: Any) -> list[str]:
        found = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", self.name
        )
        return [row["tablename"] for row in found]


@pytest.fixture(scope="session")
def reused_schemas() -> Iterator[dict[str, ReusedSchema]]:
    """Keep one schema per server, and remove them at the end."""
    schemas: dict[str, ReusedSchema] = {}
    yield schemas
    for server, schema in schemas.items():
        # A server that was started for this session may be gone already, and the schema with it.
        with suppress(ConnectionRefusedError):
            run_sql(server, f"DROP SCHEMA {schema.name} CASCADE")


@pytest.fixture
def emptied_postgres(postgres_server: str, reused_schemas: dict[str, ReusedSchema]) -> str:
    """Give the DSN of a schema that looks new; for tests that leave its tables as they are."""
    if postgres_server in reused_schemas:
        reused_schemas[postgres_server].empty()
    else:
        reused_schemas[postgres_server] = ReusedSchema(postgres_server)
        reused_schemas[postgres_server].make()
    return reused_schemas[postgres_server].dsn
