"""The working set: what one transaction has loaded, and what the steps changed of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import PostgresError

from relevo.engines.memory.journal import Journal
from relevo.engines.postgres.needs import Needs, NotLoaded
from relevo.engines.postgres.news_rows import NewsSet


class WorkingSet(NewsSet):
    """Rows in memory, locked in the database; a step that needs others is run again."""

    def __init__(self) -> None:
        super().__init__(Journal())
        self.lacking = Needs()
        """What parts of the step that runs asked for in vain."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was done inside if it raises.

        Where it lacked rows the step goes on all the same, only to learn what else it lacks:
        then it is undone as a whole. Many items would take as many rounds otherwise.
        """
        try:
            with self.journal.savepoint():
                yield
        except NotLoaded as miss:
            self.lacking.add(miss.needs)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Keep all that is done inside, or nothing.

        Raises:
            NotLoaded: It, or a part of it, asked for rows that were not loaded.
        """
        self.lacking = Needs()
        with self.journal.unit():
            try:
                yield
            except NotLoaded as miss:
                raise NotLoaded(self.lacking.add(miss.needs)) from None
            except Exception:
                # What it saw was not whole: the error may mean nothing.
                if self.lacking:
                    raise NotLoaded(self.lacking) from None
                raise
            if self.lacking:
                raise NotLoaded(self.lacking)

    def is_store_error(self, error: Exception) -> bool:
        """Whether the store itself is the cause, not what it was asked to keep."""
        return isinstance(error, NotLoaded | PostgresError)
