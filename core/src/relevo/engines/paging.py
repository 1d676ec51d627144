"""Pages and their cursors, the same in every engine."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from typing import TypeVar

from relevo.engines.records import Page
from relevo.errors import InvalidCursor

RowT = TypeVar("RowT")
KeyedT = TypeVar("KeyedT")

_MOST_DIGITS = 18
_LONGEST_MARK = 4_096
Mark = tuple[int, str, str]
"""Where a page of webhook items ended: webhook, account, key."""


def page_of(
    found: list[KeyedT],
    limit: int,
    *,
    row: Callable[[KeyedT], RowT],
    cursor: Callable[[KeyedT], int | str],
) -> Page[RowT]:
    """Make a page of up to `limit` rows; one more in `found` tells that there is a next page."""
    shown = found[:limit]
    more = len(found) > limit and shown
    return Page([row(one) for one in shown], str(cursor(shown[-1])) if more else None)


def read_cursor(cursor: str | None) -> int | None:
    """Read what `page_of` wrote of a number.

    Raises:
        InvalidCursor: It is not a cursor of ours.
    """
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _MOST_DIGITS):
        raise _not_ours()
    return int(cursor)


def write_mark(mark: Mark) -> str:
    """Make a cursor of where a page of items ended."""
    return urlsafe_b64encode(json.dumps(mark, separators=(",", ":")).encode()).decode()


def read_mark(cursor: str | None) -> Mark | None:
    """Read what `write_mark` wrote.

    Raises:
        InvalidCursor: It is not a cursor of ours.
    """
    if cursor is None:
        return None
    if len(cursor) > _LONGEST_MARK:
        raise _not_ours()
    try:
        match json.loads(urlsafe_b64decode(cursor)):
            case [int(webhook_id), str(account), str(key)] if len(str(webhook_id)) <= _MOST_DIGITS:
                return (webhook_id, account, key)
    except (NotBase64, ValueError, RecursionError):
        pass
    raise _not_ours()


def _not_ours() -> InvalidCursor:
    return InvalidCursor("The cursor is not one of ours; begin again without one.")
