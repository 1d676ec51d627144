"""Watch an engine's calls, the provider's sends and the database's commits from outside."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self
from unittest import mock

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from tests.crash.points import CALLS, Points

import relevo
import relevo.runtime
import relevo_meta_whatsapp
from relevo.engines.choosing import open_engine
from relevo.engines.port import Clock, Engine

_COMMIT = "COMMIT"


class WatchedEngine:
    """An engine whose calls pass points before and after."""

    def __init__(self, engine: Engine, points: Points) -> None:
        self._engine = engine
        self._points = points

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._engine, name)
        return self._around(name, attribute) if name in CALLS else attribute

    async def __aenter__(self) -> Self:
        await self._engine.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._engine.__aexit__(kind, error, trace)

    def _around(self, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def passed(*args: Any, **options: Any) -> Any:
            self._points.reach(f"{name}.before")
            value = await call(*args, **options)
            if name != "claim" or value:
                self._points.reach(f"{name}.after")
            return value

        return passed


def watch_engine(points: Points) -> None:
    """Let every engine that a runtime opens from now on be watched."""

    def open_watched(address: str, clock: Clock | None = None) -> Any:
        return WatchedEngine(open_engine(address, clock), points)

    mock.patch.object(relevo.runtime, "open_engine", open_watched).start()


def watch_sends(points: Points) -> type[relevo.AnyProvider]:
    """Make the WhatsApp provider with points around its handover."""

    class Watched(relevo_meta_whatsapp.MetaWhatsApp):
        async def send(self, message: relevo.Message) -> relevo.Receipt:
            points.reach("send.before")
            receipt = await super().send(message)
            points.reach("send.after")
            return receipt

    return Watched


def watch_commits(points: Points) -> None:
    """Let every commit of SQLite and of PostgreSQL pass a point inside its transaction."""

    class WatchedConnection(sqlite3.Connection):
        def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
            commits = statement == _COMMIT
            if commits:
                points.reach("commit.before")
            cursor = super().execute(statement, *parameters)
            if commits:
                points.reach("commit.after")
            return cursor

    connect = functools.partial(sqlite3.connect, factory=WatchedConnection)
    mock.patch.object(sqlite3, "connect", connect).start()
    for kind in (asyncpg.Connection, PoolConnectionProxy):
        _watch_execute(kind, points)


def _watch_execute(kind: Any, points: Points) -> None:
    execute = kind.execute

    async def watched(self: Any, query: str, *args: Any, **options: Any) -> Any:
        commits = query.strip(" ;\n").upper() == _COMMIT
        if commits:
            points.reach("commit.before")
        answer = await execute(self, query, *args, **options)
        if commits:
            points.reach("commit.after")
        return answer

    kind.execute = watched
