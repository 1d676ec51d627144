"""When there is something to do next, and how much there is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from relevo.engines.readiness import ready_at
from relevo.engines.records import AccountState
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.waiting import ACCOUNT, read_account
from relevo.engines.sqlite.webhooks import find_pending
from relevo.engines.steps.handing_out import first_free_at
from relevo.engines.values import moment
from relevo.terms import AccountTerms

Reader = sqlite3.Connection

_LANE_DUE: Final = """
SELECT due_at FROM lane WHERE account = ? AND bulk = ? AND due_at IS NOT NULL
ORDER BY due_at LIMIT 1
"""
_SCHEDULED_DUE: Final = """
SELECT due_at FROM scheduled WHERE account = ? ORDER BY due_at LIMIT 1
"""
_NEXT_LOOK: Final = """
SELECT account, look_at FROM doubt WHERE look_at IS NOT NULL AND account > ?
ORDER BY account, look_at LIMIT 1
"""


def find_earliest_ready(
    reader: Reader, terms: Mapping[str, AccountTerms], now: datetime
) -> datetime | None:
    """Tell when a message of these accounts may be claimed."""
    moments: list[datetime] = []
    for account, one in terms.items():
        row: Row | None = reader.execute(ACCOUNT, (account,)).fetchone()
        state = read_account(row) if row else AccountState()
        if state.paused_at is None:
            due_at = min(_due_moments(reader, account), default=None)
            at = ready_at(state, one, due_at, now)
            moments.extend([at] if at else [])
    return min(moments, default=None)


def find_earliest_look(reader: Reader) -> datetime | None:
    """Tell when the next doubt is due for a look; one step in the index for each account."""
    moments: list[int] = []
    account = ""
    while (row := reader.execute(_NEXT_LOOK, (account,)).fetchone()) is not None:
        account, look_at = row
        moments.append(look_at)
    return moment(min(moments)) if moments else None


def find_free_webhook(reader: Reader, now: datetime) -> datetime | None:
    """Tell when a pending webhook may be taken: at once, or when one comes free again."""
    return first_free_at(find_pending(reader), now)


def _due_moments(reader: Reader, account: str) -> Iterator[datetime]:
    for statement, values in (
        (_LANE_DUE, (account, 0)),
        (_LANE_DUE, (account, 1)),
        (_SCHEDULED_DUE, (account,)),
    ):
        row: Row | None = reader.execute(statement, values).fetchone()
        if row is not None:
            yield moment(row[0])
