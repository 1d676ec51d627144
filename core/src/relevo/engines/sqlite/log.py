"""The event log: its head, its floor, and what lies between."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from datetime import datetime
from heapq import nsmallest
from operator import itemgetter
from typing import Any

from relevo.engines.json_text import parse_json
from relevo.engines.outcomes import make_event, make_gap
from relevo.engines.records import EventQuery
from relevo.engines.sight import event_sight
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.conditions import among, where
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
    wanted = {
        "position > ?": max(after, floor),
        **among("+type", query.types or None),
        **among("+account", event_sight(query)),
    }
    rows: list[Row] = []
    branches = _branches(reader, query)
    for branch in branches:
        asked, values = where({**branch, **wanted})
        statement = (
            "SELECT position, type, account, message_id, time, data FROM event "
            f"{asked} ORDER BY position LIMIT ?"
        )
        rows += reader.execute(statement, (*values, limit - len(gap))).fetchall()
    if len(branches) > 1:
        rows = nsmallest(limit - len(gap), rows, key=itemgetter(0))
    return [*gap, *(_read_event(epoch, row) for row in rows)]


def _branches(reader: sqlite3.Connection, query: EventQuery) -> list[dict[str, Any]]:
    """Tell what is led by an index of its own: each message, or each thread."""
    parts = {part for one in query.conversation_ids for part in find_parts(reader, one)}
    among_parts = among("+conversation_id", parts) if parts else {}
    if query.message_ids:
        asked = sorted(map(str, query.message_ids))
        return [{"message_id = ?": one, **among_parts} for one in asked]
    return [{"conversation_id = ?": part} for part in sorted(parts)] or [{}]


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
