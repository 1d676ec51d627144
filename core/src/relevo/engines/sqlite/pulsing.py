"""What waits and for how long, for the pulse; it costs the same however much waits."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any, Final

from relevo.engines.records import COUNTED, Failing, LanePulse, at_work
from relevo.engines.sqlite.webhooks import find_oldest_arrivals
from relevo.engines.values import micros, moment_or_none

_COUNTS: Final = {
    "queued": "message WHERE status = 'queued'",
    "sending": "message WHERE status = 'sending'",
    "unknown": "message WHERE status = 'unknown'",
    "scheduled": "message WHERE status = 'scheduled'",
    "pending_webhooks": "webhook WHERE state = 'pending'",
    "dead": "message INDEXED BY message_dead "
    "WHERE status IN ('failed', 'expired') AND provider_message_id IS NULL",
    "doubled": "message INDEXED BY message_doubled WHERE handovers > 1",
    "pending_media": "media WHERE state = 'pending' AND direction = 'in'",
    "failed_media": "media WHERE state = 'failed' AND direction = 'in'",
    "quarantined": "webhook_item WHERE state = 'quarantined'",
}
_NEXT_ACCOUNT: Final = """
SELECT account FROM lane WHERE due_at IS NOT NULL AND account > ? ORDER BY account LIMIT 1
"""
_DUE: Final = """
SELECT count(*), min(due_at) FROM (
  SELECT due_at FROM lane WHERE account = ? AND bulk = ? AND due_at IS NOT NULL AND due_at <= ?
  ORDER BY due_at LIMIT ?
)
"""
_HELD: Final = """
SELECT count(*) FROM (SELECT 1 FROM lane WHERE account = ? AND token IS NOT NULL LIMIT ?)
"""
# The newest doubts: lanes wait for those, and not for ever.
_DOUBTS: Final = """
SELECT count(*) FROM (
  SELECT sequence FROM doubt WHERE account = ? ORDER BY sequence DESC LIMIT ?
) CROSS JOIN delivery USING (sequence)
CROSS JOIN lane ON lane.account = delivery.account AND lane.lane_key = delivery.lane_key
WHERE lane.due_at > ?
"""
_FAILING: Final = """
SELECT coalesce(sum(lane.due_at > ? AND lane.token IS NULL), 0), min(attempt.started_at) FROM (
  SELECT sequence, account, lane_key, replayed_attempts FROM message INDEXED BY message_failing
  WHERE account = ? AND attempts > replayed_attempts AND (status = 'queued'
    OR (status = 'sending' AND attempts > replayed_attempts + 1))
  ORDER BY sequence LIMIT ?
) CROSS JOIN lane USING (account, lane_key) CROSS JOIN attempt USING (sequence)
WHERE attempt.number = replayed_attempts + 1
"""
_STOPPED: Final = """
SELECT paused_at IS NOT NULL OR coalesce(blocked_until, 0) > ? FROM account WHERE account = ?
"""


def look_at_waiting(reader: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """Count what waits, each in an index of its own, and tell for how long."""
    told: dict[str, Any] = {
        name: _number(reader, f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {COUNTED})")  # noqa: S608 - our own tables and conditions
        for name, rows in _COUNTS.items()
    }
    oldest = min(find_oldest_arrivals(reader), default=None)
    return told | {
        "told_at": now,
        "lanes": _lanes(reader, now),
        "webhook_since": moment_or_none(oldest),
    }


def _lanes(reader: sqlite3.Connection, now: datetime) -> dict[str, LanePulse]:
    found: dict[str, LanePulse] = {}
    account = ""
    while row := reader.execute(_NEXT_ACCOUNT, (account,)).fetchone():
        (account,) = row
        due = [
            reader.execute(_DUE, (account, bulk, micros(now), COUNTED)).fetchone()
            for bulk in (0, 1)
        ]
        since = min((first for _, first in due if first is not None), default=None)
        retry, tried_at = reader.execute(_FAILING, (micros(now), account, COUNTED)).fetchone()
        stopped = reader.execute(_STOPPED, (micros(now), account)).fetchone()
        found[account] = LanePulse.of(
            sum(number for number, _ in due),
            _number(reader, _HELD, account, COUNTED),
            _number(reader, _DOUBTS, account, COUNTED, micros(now)),
            moment_or_none(since),
            Failing(retry, moment_or_none(tried_at)),
            stopped=bool(stopped and stopped[0]),
        )
    return at_work(found)


def _number(reader: sqlite3.Connection, statement: str, *values: object) -> int:
    return int(reader.execute(statement, values).fetchone()[0])
