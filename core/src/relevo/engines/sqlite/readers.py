"""Reading beside the writer: own connections, own threads, never in anybody's way."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from relevo.engines.sqlite.faults import unavailable
from relevo.engines.sqlite.opening import connect
from relevo.errors import EngineUnavailable

ValueT = TypeVar("ValueT")

_READERS = 4


class Readers:
    """A few connections that can only read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._limiter = CapacityLimiter(_READERS)
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    async def read(self, look: Callable[[sqlite3.Connection], ValueT]) -> ValueT:
        """Look something up in a thread.

        Raises:
            EngineUnavailable: The engine is closed, or the file cannot be read.
        """
        return await to_thread.run_sync(self._look, look, limiter=self._limiter)

    def close(self) -> None:
        """Close the connections; one in use is closed when its reader is done."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _look(self, look: Callable[[sqlite3.Connection], ValueT]) -> ValueT:
        if self._closed:
            msg = f"The store {self._path} is closed."
            raise EngineUnavailable(msg)
        try:
            connection = self._take()
            try:
                return _at_one_moment(connection, look)
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise unavailable(self._path, error) from error

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            connection = connect(self._path)
            connection.execute("PRAGMA query_only = ON")
            return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self.close()


def _at_one_moment(
    connection: sqlite3.Connection, look: Callable[[sqlite3.Connection], ValueT]
) -> ValueT:
    """Let all statements of a look see the same state of the store."""
    connection.execute("BEGIN")
    try:
        return look(connection)
    finally:
        connection.execute("COMMIT")
