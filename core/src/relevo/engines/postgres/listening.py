"""Hear of other machines' changes, over a connection that comes back by itself."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from anyio import CancelScope

from relevo.engines.postgres.connections import Connections, RawConnection
from relevo.engines.postgres.faults import STORE_ERRORS
from relevo.engines.revisions import presence_key
from relevo.errors import EngineUnavailable

logger = logging.getLogger("relevo.engines.postgres")

_SHOW_PRESENCE: Final = "SELECT pg_try_advisory_lock_shared($1)"
_SHOW_OWNER: Final = "SELECT pg_advisory_lock($1)"
_OWNER_BITS: Final = 63
_LOOK_EVERY_S: Final = 15.0
_PATIENCE_S: Final = 5.0
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0


class Listener:
    """Listen on a channel, and show that an engine is open on the schema.

    Args:
        connections: Where.
        schema: The schema's name.
        channel: What to listen on.
        on_words: Hears each notification's words; without any after it came back.
    """

    def __init__(
        self,
        connections: Connections,
        schema: str,
        channel: str,
        on_words: Callable[[list[str]], None],
    ) -> None:
        self._connections = connections
        self._presence = presence_key(schema)
        self.owner = 0
        """Whose things in hand are: a lock of this key is held as long as the connection lasts."""
        self._channel = channel
        self._on_words = on_words
        self._lost = asyncio.Event()
        self._connection: RawConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            EngineUnavailable: Nobody answers, or somebody works on the store alone.
        """
        self._connection = await self._connect()
        self._task = asyncio.create_task(self._run(), name="relevo-postgres-listener")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with CancelScope(shield=True), suppress(asyncio.CancelledError):
                await self._task
        await self._drop()

    async def _connect(self) -> RawConnection:
        self._lost.clear()
        connection = await self._connections.connect()
        try:
            self._check_shared(await connection.fetchval(_SHOW_PRESENCE, self._presence))
            # Another with each connection: the server may not know yet that the last one is gone.
            self.owner = secrets.randbits(_OWNER_BITS)
            await connection.execute(_SHOW_OWNER, self.owner)
            connection.add_termination_listener(lambda _: self._lost.set())
            await connection.add_listener(self._channel, self._hear)
        except STORE_ERRORS as error:
            connection.terminate()
            raise self._connections.named.unavailable(error) from error
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _check_shared(self, shared: object) -> None:
        if not shared:
            msg = (
                f"Somebody works alone on the PostgreSQL database {self._connections.named} "
                "(a restore, or a new epoch). Try again when that is over."
            )
            raise EngineUnavailable(msg)

    def _hear(self, connection: Any, pid: int, channel: str, words: object) -> None:
        del connection, pid, channel
        self._on_words(str(words).split())

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            if self._connection is not None and await self._is_there(self._connection):
                pause_s = _FIRST_PAUSE_S
                continue
            await self._drop()
            try:
                self._connection = await self._connect()
            except EngineUnavailable as error:
                logger.debug("%s", error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                # Whatever was told meanwhile was not heard.
                self._on_words([])

    async def _is_there(self, connection: RawConnection) -> bool:
        """Wait a while, then see whether the connection still answers."""
        try:
            async with asyncio.timeout(_LOOK_EVERY_S):
                await self._lost.wait()
        except TimeoutError:
            try:
                await connection.execute("SELECT 1", timeout=_PATIENCE_S)
            except (*STORE_ERRORS, TimeoutError):
                return False
            return True
        return False

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.close(timeout=_PATIENCE_S)
        except (*STORE_ERRORS, TimeoutError):
            connection.terminate()
