"""Pages of messages: what is asked for, led by the index that passes the fewest others."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from heapq import nlargest
from operator import itemgetter
from typing import Any, Final

from relevo.engines.leads import Found, lead_of, loose_bounds
from relevo.engines.paging import page_of
from relevo.engines.records import MessageQuery, MessageRecord, Page, ReplayQuery
from relevo.engines.sight import Sight, sight_of
from relevo.engines.sqlite.columns import MESSAGE_COLUMNS, Row, read_message
from relevo.engines.sqlite.conditions import among, where
from relevo.engines.sqlite.people import find_parts, find_root
from relevo.engines.steps.rows import Lane
from relevo.engines.values import micros, micros_or_none

Reader = sqlite3.Connection

_NEXT_ACCOUNT: Final = """
SELECT account FROM conversation WHERE account > ? ORDER BY account LIMIT 1
"""
_THREAD: Final = "SELECT conversation_id FROM conversation WHERE account = ? AND lane_key = ?"
_BY_REF: Final = """
SELECT sequence FROM provider_ref
WHERE account = ?1 AND provider_message_id = ?2 AND sequence IS NOT NULL
UNION SELECT sequence FROM message INDEXED BY message_inbound_ref
WHERE account = ?1 AND provider_message_id = ?2 AND direction = 'in'
"""
_ENDS: Final = "SELECT (SELECT min(sequence) FROM message), (SELECT max(sequence) FROM message)"
_NEXT: Final = """
SELECT sequence, created_at FROM message WHERE sequence >= ? ORDER BY sequence LIMIT 1
"""
_DEAD: Final = """(status IN ('failed', 'expired') AND provider_message_id IS NULL
  AND direction = 'out' AND handovers = 0)"""


def find_messages(reader: Reader, query: MessageQuery) -> Page[MessageRecord]:
    """Give messages, newest first: those that each value of the lead finds, merged."""
    sight = sight_of(query.account, query.visible)
    if sight is not None and not sight:
        return Page([])  # SQLite refuses an index where nothing can be found
    found = Found(find_threads(reader, query, sight), _sequences(reader, query, sight))
    lead = lead_of(query, sight, found)
    led_by = lead.column if lead else None
    # A plus keeps SQLite from being led by what only filters.
    wanted: dict[str, Any] = {
        **among("+account", None if led_by == "account" else sight),
        **among("+status", None if led_by == "status" else query.statuses or None),
        **among("+conversation_id", found.parts if found.sequences is not None else None),
        "direction = ?": query.direction,
        "created_at >= ?": micros_or_none(query.created_from),
        "created_at < ?": micros_or_none(query.created_until),
        **_between(reader, query),
    }
    if query.dead is not None:
        wanted[_DEAD if query.dead else f"NOT {_DEAD}"] = []
    table = "message INDEXED BY message_dead" if query.dead and lead is None else "message"
    branches = [{}] if lead is None else [{f"{lead.column} = ?": one} for one in lead.values]
    rows: list[Row] = []
    for branch in branches:
        asked, values = where({**branch, **wanted})
        statement = f"SELECT {MESSAGE_COLUMNS} FROM {table} {asked} ORDER BY sequence DESC LIMIT ?"
        rows += reader.execute(statement, (*values, query.limit + 1)).fetchall()
    if len(branches) > 1:
        rows = nlargest(query.limit + 1, rows, key=itemgetter(0))
    return page_of(rows, query.limit, row=read_message, cursor=lambda row: int(row[0]))


def known_accounts(reader: Reader, sight: Sight) -> Iterable[str]:
    """Give the accounts that are meant: those in sight, or all that have a thread."""
    return _all_accounts(reader) if sight is None else sorted(sight)


def _all_accounts(reader: Reader) -> Iterator[str]:
    account = ""
    while row := reader.execute(_NEXT_ACCOUNT, (account,)).fetchone():
        (account,) = row
        yield account


def find_threads(
    reader: Reader, query: MessageQuery | ReplayQuery, sight: Sight
) -> set[str] | None:
    """Find the threads that are meant; None: any."""
    asked: list[set[str]] = []
    if query.conversation_id is not None:
        asked.append(set(find_parts(reader, query.conversation_id)))
    if query.lane_key is not None:
        lanes = (Lane(account, query.lane_key) for account in known_accounts(reader, sight))
        roots = [find_root(reader, lane) for lane in lanes]
        threads = [reader.execute(_THREAD, root).fetchone() for root in roots]
        asked.append({part for one in threads if one for part in find_parts(reader, one[0])})
    return set.intersection(*asked) if asked else None


def _between(reader: Reader, query: MessageQuery) -> dict[str, int]:
    """Tell between which numbers all lie that are asked for, by the page or by the time."""
    earliest, latest = loose_bounds(query)
    bounds: dict[str, int] = {}
    if earliest is not None:
        bounds["sequence > ?"], _ = _around(reader, micros(earliest))
    above = [] if query.before is None else [query.before]
    if latest is not None:
        above.append(_around(reader, micros(latest))[1])
    return bounds | ({"sequence < ?": min(above)} if above else {})


def _around(reader: Reader, at: int) -> tuple[int, int]:
    """Find the numbers a moment lies between, by halving: no index has the moments."""
    first, last = reader.execute(_ENDS).fetchone()
    below, above = (first or 1) - 1, (last or 0) + 1
    while above - below > 1:
        middle = (below + above) // 2
        row: Row | None = reader.execute(_NEXT, (middle,)).fetchone()
        if row is not None and row[0] < above and row[1] < at:
            below = row[0]
        else:
            above = middle
    return below, above


def _sequences(reader: Reader, query: MessageQuery, sight: Sight) -> set[int] | None:
    """Find the messages that a provider's id names."""
    named = query.provider_message_id
    if named is None:
        return None
    accounts = known_accounts(reader, sight)
    return {one for account in accounts for (one,) in reader.execute(_BY_REF, (account, named))}
