"""Attempts: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from typing import Final

from relevo.engines.records import AttemptRecord, MessageRecord
from relevo.engines.sqlite.columns import Row
from relevo.engines.sqlite.recent import Recent
from relevo.engines.transitions import AttemptRow
from relevo.engines.values import (
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    read_error,
    read_json,
    write_error,
    write_json,
)
from relevo.errors import Phase
from relevo.events import DeliveryStatus

ATTEMPT_COLUMNS: Final = (
    "number, started_at, finished_at, status, phase, provider_message_id, error, detail, "
    "uses_attempt, reported, echoed_at"
)
_ATTEMPT: Final = f"SELECT {ATTEMPT_COLUMNS} FROM attempt WHERE sequence = ? AND number = ?"
_SAVE_ATTEMPT: Final = f"""
INSERT INTO attempt (sequence, {ATTEMPT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (sequence, number) DO UPDATE SET
  finished_at = excluded.finished_at, status = excluded.status, phase = excluded.phase,
  provider_message_id = excluded.provider_message_id, error = excluded.error,
  detail = excluded.detail, uses_attempt = excluded.uses_attempt, reported = excluded.reported,
  echoed_at = excluded.echoed_at
"""
# What is surely there is changed by this one: an insert that fails first costs twice as much.
_UPDATE_ATTEMPT: Final = """
UPDATE attempt SET finished_at = ?, status = ?, phase = ?, provider_message_id = ?, error = ?,
  detail = ?, uses_attempt = ?, reported = ?, echoed_at = ?
WHERE sequence = ? AND number = ?
"""
_COUNTED: Final = "SELECT count(*) FROM attempt WHERE sequence = ? AND number > ? AND uses_attempt"


class AttemptTables:
    """Find and keep attempts within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.attempts: Recent[tuple[int, int], AttemptRow] = Recent()
        """Those under way, by their messages' sequences and their numbers."""

    def attempt(self, record: MessageRecord, number: int) -> AttemptRow | None:
        """Find one attempt."""
        key = (record.sequence, number)
        known = self.attempts.get(key)
        if known is not None:
            return known
        row: Row | None = self._connection.execute(_ATTEMPT, key).fetchone()
        return read_attempt(row) if row else None

    def save_attempt(self, record: MessageRecord, row: AttemptRow) -> None:
        """Keep an attempt as it is now."""
        attempt = row.record
        key = (record.sequence, attempt.number)
        values = (
            micros_or_none(attempt.finished_at),
            attempt.status.value,
            attempt.phase.value if attempt.phase else None,
            attempt.provider_message_id,
            write_error(attempt.error),
            write_json(attempt.detail),
            int(row.uses_attempt),
            int(row.reported),
            micros_or_none(attempt.echoed_at),
        )
        if self.attempts.get(key) is not None:
            self._connection.execute(_UPDATE_ATTEMPT, (*values, *key))
        else:
            self._connection.execute(_SAVE_ATTEMPT, (*key, micros(attempt.started_at), *values))
        if row.reported:
            self.attempts.drop(key)
        else:
            self.attempts.keep(key, row)

    def counted_attempts(self, record: MessageRecord) -> int:
        """Count the attempts since the last replay that used up a try."""
        values = (record.sequence, record.replayed_attempts)
        row: Row = self._connection.execute(_COUNTED, values).fetchone()
        return int(row[0])


def read_attempt(row: Row) -> AttemptRow:
    """Read an attempt from `ATTEMPT_COLUMNS`."""
    record = AttemptRecord(
        number=row[0],
        started_at=moment(row[1]),
        finished_at=moment_or_none(row[2]),
        status=DeliveryStatus(row[3]),
        phase=Phase(row[4]) if row[4] else None,
        provider_message_id=row[5],
        error=read_error(row[6]),
        detail=read_json(row[7]),
        echoed_at=moment_or_none(row[10]),
    )
    return AttemptRow(record, uses_attempt=bool(row[8]), reported=bool(row[9]))
