"""Give a schema our tables: make them, find them as they should be, or upgrade them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import NullPool, exc, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

from relevo.engines import schema
from relevo.engines.revisions import (
    READ_REVISION,
    VERSION_TABLE,
    creation_with_stamp,
    foreign_tables,
    lock_key,
    make_epoch,
    without_revision,
)
from relevo.engines.schema import tables_of
from relevo.errors import EngineUnavailable

Connection: TypeAlias = "asyncpg.Connection[Any]"

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_CONNECT_S = 10.0
_UNLIMITED = MappingProxyType(
    {
        "application_name": "relevo db",
        "statement_timeout": "0",
        "lock_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "timezone": "UTC",
    }
)
_ADVICE = "Give Relevo a schema of its own: CREATE SCHEMA relevo, and ?search_path=relevo."
_LOCK = "SELECT pg_advisory_xact_lock($1)"
_OUR_TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY($1)"""


async def connect_unlimited(dsn: str) -> Connection:
    """Connect for work that may take longer than an engine waits for anything."""
    return await asyncpg.connect(dsn, timeout=_CONNECT_S, server_settings=dict(_UNLIMITED))


async def name_store(connection: Connection) -> str:
    """Name the schema and database a connection makes its tables in.

    Raises:
        EngineUnavailable: Its search path names no schema that is there.
    """
    database, schema, path = await connection.fetchrow(
        "SELECT current_database(), current_schema(), current_setting('search_path')"
    ) or ("", None, "")
    if schema is None:
        msg = (
            f"Database {database} has no schema of the search path {path}. "
            f"Make it: CREATE SCHEMA {path}."
        )
        raise EngineUnavailable(msg)
    return f"database {database}, schema {schema}"


async def read_revision(connection: Connection) -> str | None:
    """Give the revision of a store, None for a schema without our tables.

    Raises:
        EngineUnavailable: The tables are another program's, or have no revision.
    """
    where = await name_store(connection)
    names = {table.name for table in tables_of(_DIALECT)} | {VERSION_TABLE}
    found = {str(name) for (name,) in await connection.fetch(_OUR_TABLES, list(names))}
    if not found:
        return None
    if not {"meta", "event_head", "delivery"} <= found:
        raise foreign_tables(where, found, _ADVICE)
    revision = await connection.fetchval(READ_REVISION) if VERSION_TABLE in found else None
    if revision is None:
        raise without_revision(where)
    return str(revision)


def check_known(where: str, found: str | None) -> None:
    """Make sure that an upgrade could do something with a revision.

    Raises:
        EngineUnavailable: A newer Relevo wrote it.
    """
    if found not in {None, schema.REVISION}:
        from relevo.engines.migrations import upgrading  # noqa: PLC0415 - only older stores need it

        upgrading.check_known(where, str(found))


async def prepare(connection: Connection, dsn: str) -> None:
    """Make the tables of an empty schema, or upgrade an older one's; one machine at a time.

    Args:
        connection: Outside a transaction.
        dsn: Where the same schema is: an upgrade has a connection without limits of time.

    Raises:
        EngineUnavailable: It is no store of ours, or a newer Relevo wrote it.
    """
    found = await read_revision(connection)
    if found is None:
        await _create(connection)
        found = await read_revision(connection)
    if found not in {None, schema.REVISION}:
        await _upgrade(connection, str(found), dsn)


async def _create(connection: Connection) -> None:
    async with connection.transaction():
        await connection.execute(_LOCK, await _key(connection))
        # Another machine may have been first.
        if await read_revision(connection) is not None:
            return
        for statement in creation_with_stamp(_DIALECT):
            await connection.execute(statement)
        await connection.execute("INSERT INTO meta VALUES ('epoch', $1)", make_epoch())
        await connection.execute("INSERT INTO event_head VALUES (1, 0)")


async def _upgrade(connection: Connection, found: str, dsn: str) -> None:
    from relevo.engines.migrations.upgrading import upgrade  # noqa: PLC0415 - as above

    check_known(await name_store(connection), found)
    key = await _key(connection)
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect_unlimited(dsn), poolclass=NullPool
    )
    try:
        async with engine.begin() as upgraded:
            await upgraded.execute(select(func.pg_advisory_xact_lock(key)))
            await upgraded.run_sync(upgrade)
    except exc.DBAPIError as error:
        inner = error.orig.__cause__ if error.orig is not None else None
        if isinstance(inner, asyncpg.PostgresError):
            raise inner from error
        raise
    finally:
        await engine.dispose()


async def _key(connection: Connection) -> int:
    return lock_key(str(await connection.fetchval("SELECT current_schema()")))
