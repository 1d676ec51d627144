"""What can be read: messages, threads, the log. Each is one short look."""

# ruff: noqa: S608 - statements are joined from our own conditions; values are always bound.

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from relevo.engines.json_text import parse_json
from relevo.engines.leads import Lead
from relevo.engines.outcomes import make_event, make_gap, unknown_message
from relevo.engines.port import Clock
from relevo.engines.postgres.columns import (
    Row,
    read_account,
    read_attempt,
    read_doubt,
    read_lane,
    read_message,
)
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.finding import LARGEST, conditions, find_threads, led
from relevo.engines.postgres.people import find_parts
from relevo.engines.records import (
    AccountState,
    AttemptRecord,
    EventQuery,
    LaneStanding,
    MessageRecord,
    ReplayQuery,
    Standing,
)
from relevo.engines.sight import event_sight, sees, sight_of
from relevo.engines.values import micros_or_none, moment
from relevo.events import DeliveryStatus, Event, EventType

_MESSAGE: Final = "SELECT * FROM message WHERE message_id = $1"
_ATTEMPTS: Final = "SELECT * FROM attempt WHERE sequence = $1 ORDER BY number"
_ACCOUNT: Final = "SELECT * FROM account WHERE account = $1"
_DOUBT: Final = "SELECT * FROM doubt WHERE sequence = $1"
_LANE: Final = """
SELECT l.*, m.message_id AS head_id, m.status AS head_status, d.place,
  CASE WHEN d.place IS NOT NULL THEN (
    SELECT count(*) FROM delivery AS o
    WHERE o.account = l.account AND o.lane_key = l.lane_key AND o.place < d.place
  ) END AS ahead
FROM lane AS l
LEFT JOIN LATERAL (
  SELECT sequence FROM delivery WHERE account = l.account AND lane_key = l.lane_key
  ORDER BY place LIMIT 1
) AS h ON true
LEFT JOIN message AS m ON m.sequence = h.sequence
LEFT JOIN delivery AS d ON d.sequence = $3
WHERE l.account = $1 AND l.lane_key = $2 AND l.tail > 0
"""
NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now"
_LOG: Final = "SELECT coalesce((SELECT value FROM meta WHERE name = 'floor'), '0')::bigint AS floor"


async def find_message(connection: Connection, message_id: UUID) -> MessageRecord:
    """Give one message."""
    return read_message(await _message_row(connection, message_id))


async def find_attempts(connection: Connection, message_id: UUID) -> list[AttemptRecord]:
    """Give a message's attempts, first to last."""
    row = await _message_row(connection, message_id)
    rows = await connection.fetch(_ATTEMPTS, row["sequence"])
    return [read_attempt(one).record for one in rows]


async def find_events(
    connection: Connection,
    epoch: str,
    after: int,
    limit: int,
    query: EventQuery,
    clock: Clock,
) -> list[Event]:
    """Give events above a position, in order, and first the gap if some are gone."""
    sight = event_sight(query)
    lead, parts = await _event_lead(connection, query)
    where, values = conditions(
        {
            "position > {}": max(min(after, LARGEST), -1),
            "conversation_id = ANY({}::text[])": parts,
            "type = ANY({}::text[])": sorted(query.types) or None,
            "account = ANY({}::text[])": None if sight is None else sorted(sight),
        }
    )
    look, lead_values = led(
        lead,
        f"SELECT position, type, account, message_id, time, data FROM event {where}",
        "position",
        limit,
        len(values),
    )
    rows = await connection.fetch(
        f"SELECT * FROM ({_LOG}) AS f LEFT JOIN LATERAL ({look}) AS e ON true ORDER BY e.position",
        *values,
        *lead_values,
    )
    floor = rows[0]["floor"]
    events = [_read_event(epoch, row) for row in rows if row["position"] is not None]
    if max(after, 0) < floor and limit > 0:
        gap = make_gap(epoch, max(after, 0), floor, time=clock())
        return [gap, *events][:limit]
    return events


async def find_dead(connection: Connection, query: ReplayQuery) -> list[UUID]:
    """Give the dead letters a query means, in order of acceptance."""
    sight = sight_of(query.account, query.visible)
    threads = await find_threads(connection, query, sight)
    where, values = conditions(
        {
            "account = ANY({}::text[])": None if sight is None else sorted(sight),
            "conversation_id = ANY({}::text[])": None if threads is None else sorted(threads),
            "status = ANY({}::text[])": sorted(query.statuses) or None,
            "error ->> 'code' = {}": query.error_code,
            "created_at >= {}": micros_or_none(query.created_from),
            "created_at < {}": micros_or_none(query.created_until),
            "closed_at >= {}": micros_or_none(query.closed_from),
            "closed_at < {}": micros_or_none(query.closed_until),
        },
        "direction = 'out'",
        "status IN ('failed', 'expired')",
        "provider_message_id IS NULL",
        "handovers = 0",
    )
    rows = await connection.fetch(
        f"SELECT message_id FROM message {where} ORDER BY sequence LIMIT {max(query.limit, 0):d}",
        *values,
    )
    return [UUID(int=row["message_id"].int) for row in rows]


async def find_named(connection: Connection, query: ReplayQuery) -> list[UUID]:
    """Give the messages a query names, in order of acceptance, and last those nobody may know."""
    rows = await connection.fetch(
        "SELECT message_id, account, sequence FROM message WHERE message_id = ANY($1::uuid[])",
        list(query.message_ids),
    )
    sequences = {
        row["message_id"].int: row["sequence"]
        for row in rows
        if sees(query.visible, row["account"])
    }
    ordered = sorted(query.message_ids, key=lambda one: (sequences.get(one.int, LARGEST), one))
    return ordered[: query.limit]


async def find_standing(connection: Connection, message_id: UUID, now: datetime) -> Standing:
    """Give all that decides what happens to a message next; `connection` shows one moment."""
    row = await _message_row(connection, message_id)
    record = read_message(row)
    attempts = await connection.fetch(_ATTEMPTS, record.sequence)
    accounts = await connection.fetch(_ACCOUNT, record.account)
    lanes = await connection.fetch(_LANE, record.account, row["lane_key"], record.sequence)
    doubts = await connection.fetch(_DOUBT, record.sequence)
    standing = Standing(
        at=now,
        record=record,
        attempts=[read_attempt(one).record for one in attempts],
        account=read_account(accounts[0]) if accounts else AccountState(),
        lane=_read_standing(lanes[0]) if lanes else None,
        doubt=read_doubt(doubts[0]) if doubts else None,
    )
    head_id = standing.head_id
    head = None if head_id is None else await find_standing(connection, head_id, now)
    return replace(standing, head=head)


def _read_standing(row: Row) -> LaneStanding:
    state = read_lane(row)
    head_id = row["head_id"]
    return LaneStanding(
        due_at=state.due_at,
        worker=state.lease.worker if state.lease else None,
        ahead=row["ahead"] or 0,
        head_id=None if head_id is None else UUID(int=head_id.int),
        head_status=None if head_id is None else DeliveryStatus(row["head_status"]),
        pace=state.pace,
        waiting_here=row["place"] is not None,
    )


async def _message_row(connection: Connection, message_id: UUID) -> Row:
    rows: list[Row] = await connection.fetch(_MESSAGE, message_id)
    if not rows:
        raise unknown_message(message_id)
    return rows[0]


async def _event_lead(
    connection: Connection, query: EventQuery
) -> tuple[Lead | None, list[str] | None]:
    """Tell which index leads, each message's or each thread's, and the threads left to filter."""
    parts = {part for one in query.conversation_ids for part in await find_parts(connection, one)}
    threads = sorted(parts) if parts else None
    if query.message_ids:
        return Lead("message_id", sorted(query.message_ids)), threads
    return (Lead("conversation_id", threads), None) if threads else (None, None)


def _read_event(epoch: str, row: Row) -> Event:
    message_id = row["message_id"]
    return make_event(
        epoch,
        row["position"],
        EventType(row["type"]),
        account=row["account"],
        subject=None if message_id is None else str(message_id),
        time=moment(row["time"]),
        data=parse_json(row["data"]),
    )
