"""A store in one schema of PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from relevo.engines import schema
from relevo.engines.postgres.preparing import Connection, check_known, prepare, read_revision
from relevo.engines.revisions import make_epoch, presence_key
from relevo.engines.stores.port import StoreReader, StoreState, StoreWriter
from relevo.engines.stores.postgres_place import connect, in_words, name_without_secrets
from relevo.engines.stores.postgres_rows import (
    HERE,
    PostgresReader,
    PostgresWriter,
    count_rows,
    head_of,
)
from relevo.engines.stores.refusals import (
    check_empty,
    check_no_upgrade,
    check_revision,
    in_use,
)

# ruff: noqa: S608 - statements are joined from our own tables' names; values are always bound.

_ALONE = "SELECT pg_try_advisory_lock($1)"
_SOMEBODY = """
SELECT count(*) > 0 FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid::bigint = ($1::bigint >> 32) & 4294967295
AND objid::bigint = $1::bigint & 4294967295"""
_EPOCH = "SELECT value FROM meta WHERE name = 'epoch'"
_FLOOR = "SELECT value FROM meta WHERE name = 'floor'"
_CURSORS = "SELECT name, position FROM event_cursor ORDER BY name"
_FORGET = "DELETE FROM event_cursor WHERE name = $1 RETURNING name"
_WAITING = """
SELECT status, count(*) FROM message
WHERE status IN ('scheduled', 'queued', 'sending', 'unknown') AND direction = 'out'
GROUP BY status
UNION ALL SELECT 'pending webhooks', count(*) FROM webhook WHERE state = 'pending'
UNION ALL SELECT 'quarantined items', count(*) FROM webhook_item WHERE state = 'quarantined'
UNION ALL SELECT 'files to fetch', count(*) FROM media WHERE state = 'pending'
UNION ALL SELECT 'events without position', count(*) FROM event_in"""


class PostgresStore:
    """One schema; engines that are open share a lock on it, which keeps us out."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @property
    def name(self) -> str:
        """Host, database and schema."""
        return name_without_secrets(self._dsn)

    async def look(self) -> StoreState:
        """Read it, whoever else has it."""
        async with self._connected() as connection:
            revision = await read_revision(connection)
            check_known(self.name, revision)
            taken = bool(await connection.fetchval(_SOMEBODY, await _presence(connection)))
            state = StoreState("postgresql", self.name, revision, schema.REVISION, in_use=taken)
            if revision != schema.REVISION:
                return state
            floor = await connection.fetchval(_FLOOR)
            head = await head_of(connection)
            return replace(
                state,
                epoch=str(await connection.fetchval(_EPOCH)),
                head=head,
                floor=int(floor or 0),
                waiting={str(kind): int(n) for kind, n in await connection.fetch(_WAITING)},
                behind={
                    str(name): max(head - int(at), 0)
                    for name, at in await connection.fetch(_CURSORS)
                },
            )

    async def upgrade(self) -> None:
        """Make the tables, or bring them to our revision."""
        async with self._connected() as connection:
            await prepare(connection, self._dsn)

    async def renew_epoch(self) -> tuple[str, str]:
        """Begin a new life of the event log."""
        async with self._alone() as connection:
            check_revision(self.name, await read_revision(connection))
            old, new = str(await connection.fetchval(_EPOCH)), make_epoch()
            await connection.execute("UPDATE meta SET value = $1 WHERE name = 'epoch'", new)
            return old, new

    async def forget_cursor(self, name: str) -> bool:
        """Forget an event handler's cursor."""
        async with self._alone() as connection:
            check_revision(self.name, await read_revision(connection))
            return await connection.fetchval(_FORGET, name) is not None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[StoreReader]:
        """Read one moment of it; no engine can open it meanwhile."""
        async with self._alone() as connection:
            check_revision(self.name, await read_revision(connection))
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield PostgresReader(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[StoreWriter]:
        """Fill it; a failure takes back the tables too, where there were none before."""
        async with self._alone() as connection, connection.transaction():
            check_no_upgrade(self.name, await read_revision(connection))
            await prepare(connection, self._dsn)
            full = [table.name for table in HERE if await count_rows(connection, table)]
            check_empty(self.name, full)
            for table in reversed(HERE):
                await connection.execute(f"DELETE FROM {table.name}")
            yield PostgresWriter(connection)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Connection]:
        async with self._connected() as connection:
            if not await connection.fetchval(_ALONE, await _presence(connection)):
                raise in_use(self.name)
            yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        connection = await connect(self._dsn)
        try:
            with in_words(self._dsn):
                yield connection
        finally:
            connection.terminate()


async def _presence(connection: Connection) -> int:
    return presence_key(str(await connection.fetchval("SELECT current_schema()")))
