"""Connections to one database: a pool that heals by itself, and transactions over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

import asyncpg
from anyio import CancelScope

from relevo.engines.postgres.address import ADVICE
from relevo.engines.postgres.faults import STORE_ERRORS, Named, is_lost
from relevo.errors import ConfigurationError, EngineBusy, EngineUnavailable

SETTINGS: Final = MappingProxyType(
    {
        "application_name": "relevo",
        "statement_timeout": "30s",
        "lock_timeout": "20s",
        # A machine that hangs in a transaction must not hold its locks for ever.
        "idle_in_transaction_session_timeout": "20s",
        "jit": "off",
        "timezone": "UTC",
    }
)
CONNECT_S: Final = 10.0
_FREE_S: Final = 10.0
_ANSWER_S: Final = 60.0
_STATEMENTS: Final = 256
_CLOSE_S: Final = 5.0

RawConnection: TypeAlias = "asyncpg.Connection[Any]"


class Connection(Protocol):
    """What statements are run on."""

    async def fetch(self, query: str, /, *args: Any) -> list[Any]:
        """Give all rows."""
        ...

    async def execute(self, query: str, /, *args: Any) -> str:
        """Run a statement."""
        ...


class CommitUnknown(Exception):
    """The connection was lost during COMMIT: kept or not, nobody knows."""


class Connections:
    """Hand out connections; a lost one is replaced by itself.

    Args:
        dsn: The address, as libpq reads it; `?search_path=` names the schema.
        most: How many connections there may be.
    """

    def __init__(self, dsn: str, most: int) -> None:
        self.dsn = dsn
        self._most = most
        self._pool: asyncpg.Pool[Any] | None = None
        self.named = Named(dsn)

    async def connect(self) -> RawConnection:
        """Open a connection of one's own.

        Raises:
            ConfigurationError: The address cannot be read.
            EngineUnavailable: Nobody answers there, or refuses us.
        """
        try:
            return await asyncpg.connect(
                self.dsn,
                timeout=CONNECT_S,
                command_timeout=_ANSWER_S,
                server_settings=dict(SETTINGS),
            )
        except STORE_ERRORS as error:
            raise self.named.unavailable(error) from error
        except ValueError:
            # What it says may quote a part of a password, and a traceback would show it.
            raise ConfigurationError(ADVICE) from None

    async def open(self) -> None:
        """Begin to hand out connections."""
        try:
            self._pool = await asyncpg.create_pool(
                self.dsn,
                min_size=0,
                max_size=self._most,
                max_inactive_connection_lifetime=0,
                statement_cache_size=_STATEMENTS,
                max_cached_statement_lifetime=0,
                timeout=CONNECT_S,
                command_timeout=_ANSWER_S,
                server_settings=dict(SETTINGS),
                # Nothing of ours outlives a transaction, so there is nothing to reset.
                reset=_leave_as_it_is,
            )
        except STORE_ERRORS as error:
            raise self.named.unavailable(error) from error

    async def close(self) -> None:
        """Close all of them; one that does not answer is cut off."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_S):
                await pool.close()
        except (*STORE_ERRORS, TimeoutError):
            pool.terminate()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """Lend a connection; the errors of PostgreSQL pass through.

        Raises:
            EngineUnavailable: The engine is closed, or nobody answers.
            EngineBusy: No connection became free.
        """
        pool = self._pool
        if pool is None:
            msg = f"The PostgreSQL database {self.named} is not open; use `async with`."
            raise EngineUnavailable(msg)
        try:
            connection = await pool.acquire(timeout=_FREE_S)
        except TimeoutError as error:
            msg = (
                f"All {self._most} connections to the PostgreSQL database {self.named} are in use; "
                "nothing was kept. Try again in a moment."
            )
            raise EngineBusy(msg) from error
        except STORE_ERRORS as error:
            raise self.named.unavailable(error) from error
        try:
            yield connection
        finally:
            with suppress(*STORE_ERRORS):
                await pool.release(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Lend a connection for statements that need no transaction.

        Raises:
            EngineUnavailable: It cannot be read.
        """
        try:
            async with self.use() as connection:
                yield connection
        except STORE_ERRORS as error:
            raise self.named.unavailable(error) from error

    @asynccontextmanager
    async def transaction(self, mode: str = "") -> AsyncIterator[Connection]:
        """Lend a connection within a transaction: kept if the block ends well, else undone.

        Raises:
            CommitUnknown: The connection was lost during COMMIT.
        """
        async with self.use() as connection:
            try:
                await _to_its_end(connection.execute(f"BEGIN {mode}"))
                yield connection
            except BaseException:
                # A lost connection has undone everything already.
                with suppress(*STORE_ERRORS):
                    await _to_its_end(connection.execute("ROLLBACK"))
                raise
            try:
                await _to_its_end(connection.execute("COMMIT"))
            except Exception as error:
                if is_lost(error):
                    raise CommitUnknown from error
                raise


async def _to_its_end(statement: Coroutine[Any, Any, str]) -> None:
    """Run a statement to its end, also for somebody who is cancelled meanwhile.

    A connection that went back to the pool in the middle of one would be closed.
    """
    running = asyncio.ensure_future(statement)
    with CancelScope(shield=True):
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise


async def _leave_as_it_is(connection: RawConnection) -> None:
    del connection
