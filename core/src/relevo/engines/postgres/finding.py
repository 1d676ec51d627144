"""Pages: what is asked for, led by the index that passes the fewest other rows."""

# ruff: noqa: S608 - statements are joined from our own conditions; values are always bound.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from relevo.engines.json_text import plain_text
from relevo.engines.leads import Found, Lead, lead_of, loose_bounds
from relevo.engines.paging import page_of
from relevo.engines.postgres.columns import read_conversation, read_message, text_or_none
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.people import find_parts
from relevo.engines.records import (
    ConversationRecord,
    MessageQuery,
    MessageRecord,
    Page,
    ReplayQuery,
)
from relevo.engines.sight import Sight, sight_of
from relevo.engines.values import micros, micros_or_none

LARGEST: Final = 2**63 - 1
_ACCOUNTS: Final = """
WITH RECURSIVE known(account) AS (
  (SELECT account FROM conversation ORDER BY account LIMIT 1)
  UNION ALL
  SELECT (SELECT account FROM conversation WHERE account > known.account ORDER BY account LIMIT 1)
  FROM known WHERE known.account IS NOT NULL
) SELECT account FROM known WHERE account IS NOT NULL
"""
_THREADS: Final = """
SELECT c.conversation_id FROM unnest($1::text[]) AS k(account)
LEFT JOIN alias AS a ON a.account = k.account AND a.lane_key = $2
JOIN conversation AS c
  ON c.account = k.account AND c.lane_key = coalesce(a.thread_key, $2)
"""
_BY_REF: Final = """
SELECT r.sequence FROM unnest($1::text[]) AS k(account)
JOIN provider_ref AS r ON r.account = k.account AND r.provider_message_id = $2
WHERE r.sequence IS NOT NULL
UNION SELECT m.sequence FROM unnest($1::text[]) AS k(account)
JOIN message AS m ON m.account = k.account AND m.provider_message_id = $2 AND m.direction = 'in'
"""
# By halving: no index has the moments, and numbers are given out in their order.
_AROUND: Final = """
WITH RECURSIVE walk(below, above) AS (
  SELECT coalesce(min(sequence), 1) - 1, coalesce(max(sequence), 0) + 1 FROM message
  UNION ALL
  SELECT CASE WHEN older THEN sequence ELSE below END, CASE WHEN older THEN above ELSE middle END
  FROM (
    SELECT w.below, w.above, h.middle, m.sequence,
      coalesce(m.sequence < w.above AND m.created_at < $1, false) AS older
    FROM walk AS w CROSS JOIN LATERAL (SELECT (w.below + w.above) / 2 AS middle) AS h
    LEFT JOIN LATERAL (
      SELECT sequence, created_at FROM message WHERE sequence >= h.middle
      ORDER BY sequence LIMIT 1
    ) AS m ON true
    WHERE w.above - w.below > 1
  ) AS step
) SELECT below, above FROM walk ORDER BY above - below LIMIT 1
"""
_DEAD: Final = """(status IN ('failed', 'expired') AND provider_message_id IS NULL
  AND direction = 'out' AND handovers = 0)"""
_KINDS: Final = {"sequence": "bigint[]", "message_id": "uuid[]"}


async def find_messages(connection: Connection, query: MessageQuery) -> Page[MessageRecord]:
    """Give messages, newest first: those that each value of the lead finds, merged."""
    sight = sight_of(query.account, query.visible)
    parts = await find_threads(connection, query, sight)
    found = Found(parts, await _sequences(connection, query, sight))
    lead = lead_of(query, sight, found)
    led_by = lead.column if lead else None
    wanted: dict[str, Any] = {
        "account = ANY({}::text[])": _listed(None if led_by == "account" else sight),
        "status = ANY({}::text[])": _listed(None if led_by == "status" else query.statuses or None),
        "conversation_id = ANY({}::text[])": _listed(
            None if led_by == "conversation_id" else parts
        ),
        "direction = {}": query.direction,
        "created_at >= {}": micros_or_none(query.created_from),
        "created_at < {}": micros_or_none(query.created_until),
        **await _between(connection, query),
    }
    always = () if query.dead is None else (_DEAD if query.dead else f"NOT {_DEAD}",)
    where, values = conditions(wanted, *always)
    statement, lead_values = led(
        lead, f"SELECT * FROM message {where}", "sequence DESC", query.limit + 1, len(values)
    )
    rows = await connection.fetch(statement, *values, *lead_values)
    return page_of(rows, query.limit, row=read_message, cursor=lambda row: int(row["sequence"]))


async def find_conversations(
    connection: Connection, sight: Sight, below: int | None, limit: int
) -> Page[ConversationRecord]:
    """Give threads, newest activity first: the newest of each account, merged."""
    where, values = conditions({"last_sequence < {}": below}, "joined_to IS NULL")
    lead = Lead("account", await _known_accounts(connection, sight))
    statement, accounts = led(
        lead, f"SELECT * FROM conversation {where}", "last_sequence DESC", limit + 1, len(values)
    )
    rows = await connection.fetch(statement, *values, *accounts)
    return page_of(rows, limit, row=read_conversation, cursor=lambda row: int(row["last_sequence"]))


def conditions(wanted: Mapping[str, Any], *always: str) -> tuple[str, list[Any]]:
    """Join the conditions that are asked for, each with its number."""
    asked = {text: value for text, value in wanted.items() if value is not None}
    texts = [text.format(f"${number}") for number, text in enumerate(asked, 1)]
    joined = [*always, *texts]
    values = [_storable(value) for value in asked.values()]
    return (f"WHERE {' AND '.join(joined)}" if joined else ""), values


def led(
    lead: Lead | None, look: str, order: str, limit: int, used: int
) -> tuple[str, list[list[Any]]]:
    """Write a look at a table in an order, and give the values it binds beyond those `used`.

    `LIMIT` inside LATERAL keeps the look of each value a walk down one index.
    """
    ending = f"ORDER BY {order} LIMIT {max(limit, 0):d}"
    if lead is None:
        return f"{look} {ending}", []
    joint = "AND" if "WHERE" in look else "WHERE"
    statement = (
        f"SELECT m.* FROM unnest(${used + 1}::{_KINDS.get(lead.column, 'text[]')}) AS k(one) "
        f"CROSS JOIN LATERAL ({look} {joint} {lead.column} = k.one {ending}) AS m {ending}"
    )
    return statement, [_storable(list(lead.values))]


async def _between(connection: Connection, query: MessageQuery) -> dict[str, int]:
    """Tell between which numbers all lie that are asked for, by the page or by the time."""
    earliest, latest = loose_bounds(query)
    bounds: dict[str, int] = {}
    if earliest is not None:
        (row,) = await connection.fetch(_AROUND, micros(earliest))
        bounds["sequence > {}"] = row["below"]
    above = [LARGEST] if query.before is None else [min(query.before, LARGEST)]
    if latest is not None:
        (row,) = await connection.fetch(_AROUND, micros(latest))
        above.append(row["above"])
    return bounds | ({"sequence < {}": min(above)} if min(above) < LARGEST else {})


async def _known_accounts(connection: Connection, sight: Sight) -> list[str]:
    """Give the accounts that are meant: those in sight, or all that have a thread."""
    if sight is not None:
        return [plain_text(account) for account in sorted(sight)]
    return [row["account"] for row in await connection.fetch(_ACCOUNTS)]


async def find_threads(
    connection: Connection, query: MessageQuery | ReplayQuery, sight: Sight
) -> set[str] | None:
    """Find the threads that are meant; None: any."""
    asked: list[set[str]] = []
    if query.conversation_id is not None:
        asked.append(set(await find_parts(connection, query.conversation_id)))
    if query.lane_key is not None:
        accounts = await _known_accounts(connection, sight)
        threads = await connection.fetch(_THREADS, accounts, text_or_none(query.lane_key))
        parts: set[str] = set()
        for row in threads:
            parts.update(await find_parts(connection, row["conversation_id"]))
        asked.append(parts)
    return set.intersection(*asked) if asked else None


async def _sequences(connection: Connection, query: MessageQuery, sight: Sight) -> list[int] | None:
    """Find the messages that a provider's id names; None: any."""
    if query.provider_message_id is None:
        return None
    accounts = await _known_accounts(connection, sight)
    named = plain_text(query.provider_message_id)
    return [int(row["sequence"]) for row in await connection.fetch(_BY_REF, accounts, named)]


def _listed(values: Any) -> list[Any] | None:
    return None if values is None else sorted(values)


def _storable(value: Any) -> Any:
    """Ask for what can be kept; nothing else is there."""
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return plain_text(value) if isinstance(value, str) else value
