"""What waits and for how long, for the pulse; it costs the same however much waits."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from relevo.engines.postgres.archive import NOW
from relevo.engines.postgres.connections import Connection
from relevo.engines.records import COUNTED, Failing, LanePulse, at_work
from relevo.engines.values import micros, moment, moment_or_none
from relevo.events import utc_now

# From account to account along the index, and in each only as far as is counted.
_LANES: Final = f"""
WITH RECURSIVE a AS (
  (SELECT account FROM lane WHERE due_at IS NOT NULL ORDER BY account LIMIT 1)
  UNION ALL
  SELECT (
    SELECT account FROM lane WHERE due_at IS NOT NULL AND account > a.account
    ORDER BY account LIMIT 1
  ) FROM a WHERE a.account IS NOT NULL
)
SELECT a.account, n.number + b.number AS due, h.number AS held, o.number AS doubt,
  f.retry, f.since AS failing_since,
  least(n.since, b.since) AS since,
  coalesce(s.paused_at IS NOT NULL OR s.blocked_until > $1, false) AS stopped
FROM a
CROSS JOIN LATERAL (
  SELECT count(*) AS number, min(due_at) AS since FROM (
    SELECT due_at FROM lane WHERE account = a.account AND NOT bulk AND due_at <= $1
    ORDER BY due_at LIMIT {COUNTED}
  ) AS r
) AS n
CROSS JOIN LATERAL (
  SELECT count(*) AS number, min(due_at) AS since FROM (
    SELECT due_at FROM lane WHERE account = a.account AND bulk AND due_at <= $1
    ORDER BY due_at LIMIT {COUNTED}
  ) AS r
) AS b
CROSS JOIN LATERAL (
  SELECT count(*) AS number FROM (
    SELECT 1 FROM lane WHERE account = a.account AND token IS NOT NULL LIMIT {COUNTED}
  ) AS r
) AS h
-- The newest doubts: lanes wait for those, and not for ever.
CROSS JOIN LATERAL (
  SELECT count(*) AS number FROM (
    SELECT sequence FROM doubt WHERE account = a.account ORDER BY sequence DESC LIMIT {COUNTED}
  ) AS r CROSS JOIN LATERAL (
    SELECT account, lane_key FROM delivery WHERE sequence = r.sequence LIMIT 1
  ) AS d CROSS JOIN LATERAL (
    SELECT 1 FROM lane WHERE account = d.account AND lane_key = d.lane_key AND due_at > $1
    LIMIT 1
  ) AS l
) AS o
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE l.due_at > $1 AND l.token IS NULL) AS retry,
    min(t.started_at) AS since
  FROM (
    SELECT sequence, account, lane_key, replayed_attempts FROM message
    WHERE account = a.account AND attempts > replayed_attempts AND (status = 'queued'
      OR (status = 'sending' AND attempts > replayed_attempts + 1))
    ORDER BY sequence LIMIT {COUNTED}
  ) AS r CROSS JOIN LATERAL (
    SELECT due_at, token FROM lane WHERE account = r.account AND lane_key = r.lane_key LIMIT 1
  ) AS l CROSS JOIN LATERAL (
    SELECT started_at FROM attempt
    WHERE sequence = r.sequence AND number = r.replayed_attempts + 1 LIMIT 1
  ) AS t
) AS f
LEFT JOIN account AS s ON s.account = a.account
WHERE a.account IS NOT NULL
"""  # noqa: S608 - a number of ours
_OLDEST_WEBHOOK: Final = """
WITH RECURSIVE a AS (
  (SELECT account FROM webhook WHERE state = 'pending' ORDER BY account LIMIT 1)
  UNION ALL
  SELECT (
    SELECT account FROM webhook WHERE state = 'pending' AND account > a.account
    ORDER BY account LIMIT 1
  ) FROM a WHERE a.account IS NOT NULL
)
SELECT min(w.arrived_at) AS since FROM a CROSS JOIN LATERAL (
  SELECT arrived_at FROM webhook WHERE account = a.account AND state = 'pending'
  ORDER BY webhook_id LIMIT 1
) AS w
"""


async def look_at_lanes(connection: Connection, now: datetime) -> dict[str, LanePulse]:
    """Tell how many lanes of each account wait, and since when."""
    found = {
        row["account"]: LanePulse.of(
            row["due"],
            row["held"],
            row["doubt"],
            moment_or_none(row["since"]),
            Failing(row["retry"], moment_or_none(row["failing_since"])),
            stopped=row["stopped"],
        )
        for row in await connection.fetch(_LANES, micros(now))
    }
    return at_work(found)


async def look_at_skew(connection: Connection) -> float:
    """Tell by how many seconds the database's clock is ahead of ours, as far as can be told."""
    asked_at = utc_now()
    (row,) = await connection.fetch(NOW)
    middle = asked_at + (utc_now() - asked_at) / 2
    return (moment(row["now"]) - middle).total_seconds()


async def find_oldest_webhook(connection: Connection) -> datetime | None:
    """Tell when the webhook came that waits longest."""
    (row,) = await connection.fetch(_OLDEST_WEBHOOK)
    return moment_or_none(row["since"])
