"""Rows of the processes that have the file open."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from relevo.engines.records import ProcessRecord
from relevo.engines.retention import PROCESS_LIFE
from relevo.engines.values import micros, moment

_FORGET_OLD: Final = "DELETE FROM process WHERE seen_at < ?"
_FORGET: Final = "DELETE FROM process WHERE name = ?"
_KEEP: Final = """
INSERT INTO process (name, works, receives, started_at, seen_at, every_us)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET works = excluded.works, receives = excluded.receives,
  seen_at = excluded.seen_at, every_us = excluded.every_us
"""
_ALL: Final = "SELECT name, works, receives, started_at, seen_at, every_us FROM process"


class ProcessTables:
    """Who is up."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def attend(self, process: ProcessRecord, now: datetime) -> None:
        """Note that a process is up; forget those unseen for long."""
        self._connection.execute(_FORGET_OLD, (micros(now - PROCESS_LIFE),))
        self._connection.execute(
            _KEEP,
            (
                process.name,
                process.works,
                process.receives,
                micros(process.started_at),
                micros(process.seen_at),
                int(process.every_s * 1_000_000),
            ),
        )

    def forget_process(self, name: str) -> None:
        """Forget a process that stops."""
        self._connection.execute(_FORGET, (name,))


def find_processes(reader: sqlite3.Connection) -> list[ProcessRecord]:
    """Give those that are known, by name."""
    return [
        ProcessRecord(
            name=name,
            works=bool(works),
            receives=bool(receives),
            started_at=moment(started_at),
            seen_at=moment(seen_at),
            every_s=every_us / 1_000_000,
        )
        for name, works, receives, started_at, seen_at, every_us in reader.execute(
            f"{_ALL} ORDER BY name"
        )
    ]
