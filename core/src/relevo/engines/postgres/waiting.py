"""What waits for a moment: lanes, doubts and webhooks, and what is known about a doubt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from relevo.engines.outages import Outage, Pulse, outage_s
from relevo.engines.postgres.columns import read_account, read_asked, read_doubt, read_message
from relevo.engines.postgres.connections import Connection
from relevo.engines.readiness import ready_at
from relevo.engines.records import AccountState, Doubt, Evidence
from relevo.engines.values import micros, moment, moment_or_none
from relevo.terms import AccountTerms

_FIRST_DUE: Final = """
SELECT k.account AS name, least(n.due_at, b.due_at, s.due_at) AS first_due, a.*
FROM unnest($1::text[]) AS k(account)
LEFT JOIN account AS a ON a.account = k.account
LEFT JOIN LATERAL (
  SELECT due_at FROM lane WHERE account = k.account AND NOT bulk AND due_at IS NOT NULL
  ORDER BY due_at LIMIT 1
) AS n ON true
LEFT JOIN LATERAL (
  SELECT due_at FROM lane WHERE account = k.account AND bulk AND due_at IS NOT NULL
  ORDER BY due_at LIMIT 1
) AS b ON true
LEFT JOIN LATERAL (
  SELECT due_at FROM scheduled WHERE account = k.account ORDER BY due_at LIMIT 1
) AS s ON true
WHERE least(n.due_at, b.due_at, s.due_at) IS NOT NULL
"""
_OVERDUE: Final = """
SELECT message_id FROM message
WHERE status IN ('queued', 'scheduled') AND expires_at IS NOT NULL AND expires_at <= $1
ORDER BY expires_at, sequence LIMIT $2
"""
# From account to account along the index, taking the first of each.
_FIRST_LOOK: Final = """
WITH RECURSIVE a AS (
  (SELECT account FROM doubt WHERE look_at IS NOT NULL ORDER BY account LIMIT 1)
  UNION ALL
  SELECT (
    SELECT account FROM doubt WHERE look_at IS NOT NULL AND account > a.account
    ORDER BY account LIMIT 1
  ) FROM a WHERE a.account IS NOT NULL
)
SELECT min(o.look_at) AS look_at FROM a CROSS JOIN LATERAL (
  SELECT look_at FROM doubt WHERE account = a.account AND look_at IS NOT NULL
  ORDER BY look_at LIMIT 1
) AS o
"""
_DUE_DOUBTS: Final = """
SELECT m.*, o.account AS o_account, o.attempt AS o_attempt, o.began_at AS o_began_at,
  o.policy AS o_policy, o.look_at AS o_look_at, o.held_for AS o_held_for
FROM unnest($1::text[]) AS k(account)
CROSS JOIN LATERAL (
  SELECT * FROM doubt WHERE account = k.account AND look_at <= $2 ORDER BY look_at LIMIT $3
) AS o
CROSS JOIN LATERAL (SELECT * FROM message WHERE sequence = o.sequence LIMIT 1) AS m
WHERE m.status = 'unknown' ORDER BY o.look_at, m.sequence LIMIT $3
"""
# One statement, so that all of it is seen at one moment. What a person discarded may have
# been an echo all the same.
_EVIDENCE: Final = """
SELECT p.unread + a.unread AS unread, w.arrived_at, e.slowest
FROM (
  SELECT count(*) AS unread, min(webhook_id) AS first FROM webhook
  WHERE account = $1 AND state = 'pending'
) AS p
CROSS JOIN (
  SELECT count(*) AS unread, min(webhook_id) AS first FROM (
    SELECT webhook_id FROM webhook_item
    WHERE account = $1 AND state = 'quarantined' AND updated_at >= $2
    UNION ALL
    SELECT webhook_id FROM webhook_item
    WHERE account = $1 AND state = 'discarded' AND updated_at >= $2
  ) AS i
) AS a
LEFT JOIN LATERAL (
  SELECT arrived_at FROM webhook
  WHERE account = $1 AND webhook_id < least(p.first, a.first, 9223372036854775807)
  ORDER BY webhook_id DESC LIMIT 1
) AS w ON true
LEFT JOIN echo AS e ON e.account = $1
"""
_OUTAGES: Final = "SELECT began_at, ended_at FROM outage WHERE ended_at > $1"
SEEN: Final = (
    "SELECT name, value FROM meta WHERE name = ANY('{receiver_seen_at,receiver_every_us}')"
)


async def find_overdue(connection: Connection, now: datetime, limit: int) -> list[UUID]:
    """Give waiting messages whose time is over, longest first."""
    rows = await connection.fetch(_OVERDUE, micros(now), limit)
    return [row["message_id"] for row in rows]


async def first_ready(
    connection: Connection, terms: Mapping[str, AccountTerms], now: datetime
) -> datetime | None:
    """Tell when a message of these accounts may be claimed."""
    moments: list[datetime] = []
    for row in await connection.fetch(_FIRST_DUE, list(terms)):
        name = row["name"]
        state = read_account(row) if row["account"] is not None else AccountState()
        at = ready_at(state, terms[name], moment(row["first_due"]), now)
        if at is not None:
            moments.append(at)
    return min(moments, default=None)


async def first_look(connection: Connection) -> datetime | None:
    """Tell when the next doubt is due for a look."""
    (row,) = await connection.fetch(_FIRST_LOOK)
    return moment_or_none(row["look_at"])


async def find_doubts(
    connection: Connection, accounts: Collection[str], limit: int, now: datetime
) -> list[Doubt]:
    """Give doubts that are due for a look, with what is known about them."""
    rows = await connection.fetch(_DUE_DOUBTS, sorted(set(accounts)), micros(now), limit)
    if not rows:
        return []
    first = min(row["o_began_at"] for row in rows)
    outages = [
        Outage(moment(row["began_at"]), moment(row["ended_at"]))
        for row in await connection.fetch(_OUTAGES, first)
    ]
    last = read_pulse(await connection.fetch(SEEN))
    found: list[Doubt] = []
    for row in rows:
        record = read_message(row)
        doubt = read_doubt(row, "o_")
        (seen,) = await connection.fetch(_EVIDENCE, record.account, micros(doubt.began_at))
        slowest = seen["slowest"]
        evidence = Evidence(
            read_until=moment_or_none(seen["arrived_at"]),
            unread_webhooks=seen["unread"],
            slowest_echo_s=None if slowest is None else slowest / 1_000_000,
            outage_s=outage_s(outages, last, doubt.began_at, now),
        )
        asked = read_asked(record, row["extra"], row["max_attempts"])
        message = asked.for_attempt(doubt.attempt)
        about = (record.account, doubt, evidence, record.provider_message_id)
        found.append(Doubt(now, message, *about))
    return found


def read_pulse(rows: list[Any]) -> Pulse | None:
    """Read when a receiver was last seen."""
    values = {row["name"]: int(row["value"]) for row in rows}
    if "receiver_seen_at" not in values:
        return None
    every_us = values.get("receiver_every_us", 0)
    return Pulse(moment(values["receiver_seen_at"]), every_us / 1_000_000)
