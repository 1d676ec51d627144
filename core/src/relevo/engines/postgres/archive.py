"""What can be read: messages, threads, the log. Each is one short look."""

# ruff: noqa: S608 - statements are joined from our own conditions; values are always bound.

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from heapq import nlargest
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from relevo.engines.json_text import parse_json, plain_text
from relevo.engines.outcomes import make_event, make_gap, unknown_message
from relevo.engines.paging import page_of
from relevo.engines.port import Clock
from relevo.engines.postgres.columns import (
    Row,
    read_account,
    read_attempt,
    read_conversation,
    read_doubt,
    read_lane,
    read_message,
)
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.people import find_parts
from relevo.engines.records import (
    AccountState,
    AttemptRecord,
    ConversationRecord,
    EventQuery,
    LaneStanding,
    MessageQuery,
    MessageRecord,
    Page,
    ReplayQuery,
    Standing,
)
from relevo.engines.values import micros, moment
from relevo.events import DeliveryStatus, Event, EventType

_LARGEST: Final = 2**63 - 1
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


async def find_messages(connection: Connection, query: MessageQuery) -> Page[MessageRecord]:
    """Give messages, newest first; those of a thread in parts from each part apart."""
    wanted = {
        "account = {}": query.account,
        "direction = {}": query.direction,
        "status = {}": query.status,
        "sequence < {}": None if query.before is None else min(query.before, _LARGEST),
    }
    asked = query.conversation_id
    parts = await find_parts(connection, asked) if asked is not None else [None]
    rows: list[Row] = []
    for part in parts:
        where, values = _where({**wanted, "conversation_id = {}": part})
        rows += await connection.fetch(
            f"SELECT * FROM message {where} ORDER BY sequence DESC LIMIT {query.limit + 1:d}",
            *values,
        )
    if len(parts) > 1:
        rows = nlargest(query.limit + 1, rows, key=itemgetter("sequence"))
    return page_of(rows, query.limit, row=read_message, cursor=lambda row: int(row["sequence"]))


async def find_conversations(
    connection: Connection, account: str | None, below: int | None, limit: int
) -> Page[ConversationRecord]:
    """Give threads, newest activity first."""
    where, values = _where(
        {"account = {}": account, "last_sequence < {}": below}, "joined_to IS NULL"
    )
    rows = await connection.fetch(
        f"SELECT * FROM conversation {where} ORDER BY last_sequence DESC LIMIT {limit + 1:d}",
        *values,
    )
    return page_of(rows, limit, row=read_conversation, cursor=lambda row: int(row["last_sequence"]))


async def find_events(
    connection: Connection,
    epoch: str,
    after: int,
    limit: int,
    query: EventQuery,
    clock: Clock,
) -> list[Event]:
    """Give events above a position, in order, and first the gap if some are gone."""
    asked = query.conversation_id
    parts = await find_parts(connection, asked) if asked is not None else None
    where, values = _where(
        {
            "position > {}": max(min(after, _LARGEST), -1),
            "message_id = {}": query.message_id,
            "conversation_id = ANY({})": parts,
            "type = ANY({})": sorted(query.types) or None,
            "account = ANY({})": sorted(query.accounts) or None,
        }
    )
    rows = await connection.fetch(
        f"SELECT * FROM ({_LOG}) AS f LEFT JOIN LATERAL ("
        "SELECT position, type, account, message_id, time, data FROM event "
        f"{where} ORDER BY position LIMIT {max(limit, 0):d}"
        ") AS e ON true ORDER BY e.position",
        *values,
    )
    floor = rows[0]["floor"]
    events = [_read_event(epoch, row) for row in rows if row["position"] is not None]
    if max(after, 0) < floor and limit > 0:
        gap = make_gap(epoch, max(after, 0), floor, time=clock())
        return [gap, *events][:limit]
    return events


async def find_dead(connection: Connection, query: ReplayQuery) -> list[UUID]:
    """Give the dead letters a query means, in order of acceptance."""
    where, values = _where(
        {
            "account = {}": query.account,
            "error ->> 'code' = {}": query.error_code,
            "closed_at >= {}": None if query.closed_from is None else micros(query.closed_from),
            "closed_at < {}": None if query.closed_until is None else micros(query.closed_until),
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
    """Give the messages a query names, in order of acceptance, and unknown ones last."""
    rows = await connection.fetch(
        "SELECT message_id, sequence FROM message WHERE message_id = ANY($1::uuid[])",
        list(query.message_ids),
    )
    sequences = {row["message_id"].int: row["sequence"] for row in rows}
    ordered = sorted(query.message_ids, key=lambda one: (sequences.get(one.int, _LARGEST), one))
    return ordered[: query.limit]


async def find_standing(connection: Connection, message_id: UUID, now: datetime) -> Standing:
    """Give all that decides what happens to a message next; `connection` shows one moment."""
    row = await _message_row(connection, message_id)
    record = read_message(row)
    attempts = await connection.fetch(_ATTEMPTS, record.sequence)
    accounts = await connection.fetch(_ACCOUNT, record.account)
    lanes = await connection.fetch(_LANE, record.account, row["lane_key"], record.sequence)
    doubts = await connection.fetch(_DOUBT, record.sequence)
    return Standing(
        at=now,
        record=record,
        attempts=[read_attempt(one).record for one in attempts],
        account=read_account(accounts[0]) if accounts else AccountState(),
        lane=_read_standing(lanes[0]) if lanes else None,
        doubt=read_doubt(doubts[0]) if doubts else None,
    )


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


def _where(wanted: Mapping[str, Any], *always: str) -> tuple[str, list[Any]]:
    """Join the conditions that are asked for, each with its number."""
    asked = {text: value for text, value in wanted.items() if value is not None}
    texts = [text.format(f"${number}") for number, text in enumerate(asked, 1)]
    conditions = [*always, *texts]
    values = [_storable(value) for value in asked.values()]
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _storable(value: Any) -> Any:
    """Ask for what can be kept; nothing else is there."""
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return plain_text(value) if isinstance(value, str) else value


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
