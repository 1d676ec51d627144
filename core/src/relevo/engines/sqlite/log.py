"""The event log: its head, its floor, and what lies between."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from datetime import datetime

from relevo.engines.json_text import parse_json
from relevo.engines.outcomes import make_event, make_gap
from relevo.engines.records import EventQuery
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.conditions import places, where
from relevo.engines.sqlite.facts import read_floor
from relevo.engines.sqlite.people import find_parts
from relevo.engines.values import moment
from relevo.events import Event, EventType


def find_events(
    reader: sqlite3.Connection,
    epoch: str,
    after: int,
    limit: int,
    query: EventQuery,
    now: datetime,
) -> list[Event]:
    """Give events above a position, in order, and first the gap if some are gone."""
    after, limit = max(after, 0), max(limit, 0)
    floor = read_floor(reader)
    gap = [make_gap(epoch, after, floor, time=now)][:limit] if after < floor else []
    parts = find_parts(reader, query.conversation_id) if query.conversation_id else []
    asked, values = where(
        {
            "position > ?": max(after, floor),
            "message_id = ?": str(query.message_id) if query.message_id else None,
            f"conversation_id IN ({places(parts)})": parts or None,
            f"type IN ({places(query.types)})": sorted(query.types) or None,
            f"account IN ({places(query.accounts)})": sorted(query.accounts) or None,
        }
    )
    statement = (
        "SELECT position, type, account, message_id, time, data FROM event "
        f"{asked} ORDER BY position LIMIT ?"
    )
    rows = reader.execute(statement, (*values, limit - len(gap))).fetchall()
    return [*gap, *(_read_event(epoch, row) for row in rows)]


def _read_event(epoch: str, row: Row) -> Event:
    position, kind, account, message_id, time, data = row
    return make_event(
        epoch,
        position,
        EventType(kind),
        account=account,
        subject=message_id,
        time=moment(time),
        data=parse_json(data),
    )
