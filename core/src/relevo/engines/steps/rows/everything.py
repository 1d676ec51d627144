"""Everything a store must be able to do within one transaction."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from relevo.engines.steps.rows.lanes import LaneRows
from relevo.engines.steps.rows.messages import MessageRows
from relevo.engines.steps.rows.news import NewsRows
from relevo.engines.steps.rows.people import PeopleRows


class Rows(MessageRows, PeopleRows, LaneRows, NewsRows, Protocol):
    """Everything, and the means to undo a part."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside if it raises."""
        ...

    def is_store_error(self, error: Exception) -> bool:
        """Whether the store itself failed, not what it was asked to keep."""
        ...
