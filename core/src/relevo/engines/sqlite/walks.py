"""Walks through tables for rows that need not be kept, a stretch at a time.

No index leads to these rows: it would cost more on every message than walking
does. A walk goes on where the last stretch ended, so none is long.
"""

# ruff: noqa: S608 - statements are joined from our own constants; values are always bound.

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from relevo.engines.retention import PACE_UNIT_S

Key = tuple[Any, ...]

EXAMINED_PER_FOUND: Final = 10
"""A stretch looks at no more than so many times the rows it may find."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The keys of old rows, and where the next stretch begins; `full` where more may follow."""

    keys: list[Key]
    next: Key
    full: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """One table's rows in the order of their key.

    Args:
        start: Less than every key.
        find: Gives a stretch of keys, each with whether its row is old, and whether
            it lies beyond all old ones. Takes the moment twice, the key and a limit.
        remove: Removes one row by its key, if it is old still. Takes key and moment.
    """

    start: Key
    find: str
    remove: str

    def go(self, reader: sqlite3.Connection, until: int, begin: Key, limit: int) -> Stretch:
        """Look at the next stretch."""
        most = limit * EXAMINED_PER_FOUND
        rows = reader.execute(self.find, (until, until, *begin, most)).fetchall()
        width = len(self.start)
        keys: list[Key] = []
        for row in rows:
            if row[width]:
                keys.append(row[:width])
            if len(keys) == limit:
                return Stretch(keys, keys[-1], full=True)
        at_end = len(rows) < most or bool(rows[-1][width + 1])
        return Stretch(keys, self.start if at_end else rows[-1][:width], full=False)


_KEEPS_ITEMS: Final = """EXISTS (
  SELECT 1 FROM webhook_item AS item
  WHERE item.webhook_id = webhook.webhook_id AND item.state = 'quarantined')"""
# A discarded item can be brought back as long as its webhook is kept.
_IS_OVER: Final = """(state = 'applied' OR state = 'discarded' AND NOT EXISTS (
  SELECT 1 FROM webhook WHERE webhook.webhook_id = webhook_item.webhook_id))"""
_PACE_OVER: Final = (
    f"(pace_began_at IS NULL OR pace_began_at + pace_sent * {PACE_UNIT_S * 1_000_000} <= ?)"
)
_RESTS: Final = f"""due_at IS NULL AND token IS NULL AND {_PACE_OVER} AND NOT EXISTS (
  SELECT 1 FROM delivery AS waits
  WHERE waits.account = lane.account AND waits.lane_key = lane.lane_key)"""

WEBHOOKS: Final = Walk(
    start=(0,),
    find=f"""
SELECT webhook_id, state = 'done' AND arrived_at <= ? AND NOT {_KEEPS_ITEMS}, arrived_at > ?
FROM webhook WHERE webhook_id > ? ORDER BY webhook_id LIMIT ?
""",
    remove="DELETE FROM webhook WHERE webhook_id = ? AND state = 'done' AND arrived_at <= ?",
)
ITEMS: Final = Walk(
    start=(0, "", ""),
    find=f"""
SELECT webhook_id, account, key, {_IS_OVER} AND updated_at <= ?,
  state = 'applied' AND updated_at > ?
FROM webhook_item INDEXED BY webhook_item_by_webhook
WHERE (webhook_id, account, key) > (?, ?, ?) ORDER BY webhook_id, account, key LIMIT ?
""",
    remove=f"""
DELETE FROM webhook_item
WHERE webhook_id = ? AND account = ? AND key = ? AND {_IS_OVER} AND updated_at <= ?
""",
)
KEYS: Final = Walk(
    start=(0, "", ""),
    find="""
SELECT idempotency.sequence, idempotency.account, key, coalesce(closed_at <= ?, 0), created_at > ?
FROM idempotency INDEXED BY idempotency_by_message
JOIN message ON message.sequence = idempotency.sequence
WHERE (idempotency.sequence, idempotency.account, key) > (?, ?, ?)
ORDER BY idempotency.sequence, idempotency.account, key LIMIT ?
""",
    remove="""
DELETE FROM idempotency WHERE sequence = ? AND account = ? AND key = ?
AND EXISTS (SELECT 1 FROM message
  WHERE message.sequence = idempotency.sequence AND closed_at <= ?)
""",
)
LANES: Final = Walk(
    start=("", ""),
    find=f"""
SELECT account, lane_key, {_RESTS}, 0 AND ?
FROM lane WHERE (account, lane_key) > (?, ?) ORDER BY account, lane_key LIMIT ?
""",
    remove=f"DELETE FROM lane WHERE account = ? AND lane_key = ? AND {_RESTS}",
)
