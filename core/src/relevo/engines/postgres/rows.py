"""The working set: what one transaction has loaded, and what the steps changed of it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from asyncpg import PostgresError

from relevo.engines.memory.journal import Journal
from relevo.engines.postgres.needs import NotLoaded
from relevo.engines.postgres.news_rows import NewsSet


class WorkingSet(NewsSet):
    """Rows in memory, locked in the database; a step that needs others is run again."""

    def __init__(self) -> None:
        super().__init__(Journal())

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside if it raises."""
        return self.journal.savepoint()

    def is_store_error(self, error: Exception) -> bool:
        """Whether the store itself is the cause, not what it was asked to keep."""
        return isinstance(error, NotLoaded | PostgresError)
