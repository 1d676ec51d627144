"""Pages and their cursors, the same in every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from relevo.engines.records import Page
from relevo.errors import EngineError

RowT = TypeVar("RowT")
KeyedT = TypeVar("KeyedT")

_MOST_DIGITS = 18


def page_of(
    found: list[KeyedT],
    limit: int,
    *,
    row: Callable[[KeyedT], RowT],
    cursor: Callable[[KeyedT], int],
) -> Page[RowT]:
    """Make a page of up to `limit` rows; one more in `found` tells that there is a next page."""
    shown = found[:limit]
    more = len(found) > limit and shown
    return Page([row(one) for one in shown], str(cursor(shown[-1])) if more else None)


def read_cursor(cursor: str | None) -> int | None:
    """Read what `page_of` wrote.

    Raises:
        EngineError: It is not a cursor of ours.
    """
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _MOST_DIGITS):
        msg = "The cursor is not one of ours; begin again without one."
        raise EngineError(msg)
    return int(cursor)
