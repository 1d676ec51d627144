"""Put many waiting messages into a store, as if they had been accepted one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from relevo.engines.schema import metadata
from relevo.messages import new_message_id

_PER_LANE = 4
_CHUNK = 20_000
_NOW = 1_790_000_000_000_000
_DAY = 86_400_000_000
_TABLES = ("message", "lane", "delivery", "conversation")


def fill_sqlite(path: Path, account: str, messages: int) -> None:
    """Fill a closed SQLite store."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for table, rows in _chunks(account, messages):
        columns = _columns(table)
        places = ", ".join("?" * len(columns))
        connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 - our own names
            ([_plain(row.get(column)) for column in columns] for row in rows),
        )
    connection.execute("COMMIT")
    connection.execute("PRAGMA optimize")
    connection.close()


async def fill_postgres(connection: Any, account: str, messages: int) -> None:
    """Fill a PostgreSQL store through one connection whose search path is set."""
    for table, rows in _chunks(account, messages):
        columns = _columns(table)
        records = [[row.get(column) for column in columns] for row in rows]
        await connection.copy_records_to_table(table, records=records, columns=columns)
    await connection.execute(
        "SELECT setval(pg_get_serial_sequence('message', 'sequence'), $1)", messages + 1
    )
    # A store that came to this in days would be so: autovacuum has been there (rows marked
    # as visible, statistics kept), and the load's own pages are written, not left to whom
    # we measure. Both sizes begin alike, right after a checkpoint.
    await connection.execute(f"VACUUM (ANALYZE) {', '.join(_TABLES)}")
    await connection.execute("CHECKPOINT")


def _chunks(account: str, messages: int) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    for first in range(0, messages, _CHUNK):
        numbers = range(first, min(first + _CHUNK, messages))
        ids = [new_message_id() for _ in numbers]
        for table in _TABLES:
            yield table, list(_rows(table, account, numbers, ids))


def _rows(table: str, account: str, numbers: range, ids: list[UUID]) -> Iterator[dict[str, Any]]:
    for number, message_id in zip(numbers, ids, strict=True):
        person = number // _PER_LANE
        first = number % _PER_LANE == 0
        keys = {"account": account, "lane_key": f"tel:54{person:011}"}
        if table == "message":
            yield _message(keys, number, person, message_id)
        elif table == "delivery":
            yield keys | {"place": number % _PER_LANE + 1, "sequence": number + 1}
        elif first and table == "lane":
            yield keys | {
                "tail": _PER_LANE,
                "due_at": _NOW + number,
                "bulk": False,
                "pace_sent": 0,
                "throttles": 0,
            }
        elif first:
            yield keys | {
                "conversation_id": f"bench-{person}",
                "provider": "bench",
                "person_scheme": "tel",
                "person_value": f"54{person:011}",
                "messages": _PER_LANE,
                "last_message_id": message_id,
                "first_sequence": number + 1,
                "last_sequence": number + 1,
                "updated_at": _NOW,
            }


def _message(keys: dict[str, Any], number: int, person: int, message_id: UUID) -> dict[str, Any]:
    return keys | {
        "sequence": number + 1,
        "message_id": message_id,
        "direction": "out",
        "provider": "bench",
        "conversation_id": f"bench-{person}",
        "person_scheme": "tel",
        "person_value": f"54{person:011}",
        "content": '{"type":"text","body":"Your order is on its way.","preview_url":false}',
        "status": "queued",
        "created_at": _NOW + number,
        "updated_at": _NOW + number,
        "attempts": 0,
        "expires_at": _NOW + 3650 * _DAY,
        "priority": "normal",
        "handovers": 0,
        "replayed_attempts": 0,
    }


def _columns(table: str) -> list[str]:
    return [column.name for column in metadata.tables[table].columns]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
