"""Single facts about the store, by name."""

from __future__ import annotations

import sqlite3
from typing import Final

from relevo.engines.outages import Pulse
from relevo.engines.sqlite.columns import Row
from relevo.engines.values import micros, moment

_READ: Final = "SELECT value FROM meta WHERE name = ?"
_KEEP: Final = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"
EPOCH: Final = "epoch"
SEAL: Final = "seal"
FLOOR: Final = "floor"
CHECKED_AT: Final = "checked_at"
EMPTIED_TO: Final = "emptied_to"
"""When the message was closed whose content was purged last, and its sequence."""
_SEEN_AT: Final = "receiver_seen_at"
_EVERY_S: Final = "receiver_every_s"


def read_fact(connection: sqlite3.Connection, name: str) -> str | None:
    """Give one fact, if it was ever kept."""
    row: Row | None = connection.execute(_READ, (name,)).fetchone()
    return str(row[0]) if row else None


def keep_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Keep one fact."""
    connection.execute(_KEEP, (name, value))


def read_floor(connection: sqlite3.Connection) -> int:
    """Give the newest position of the log that is no longer kept; 0 while all are."""
    return int(read_fact(connection, FLOOR) or 0)


def read_pulse(connection: sqlite3.Connection) -> Pulse | None:
    """Tell when the receiver was last seen."""
    seen_at = read_fact(connection, _SEEN_AT)
    every_s = read_fact(connection, _EVERY_S)
    return Pulse(moment(int(seen_at)), float(every_s)) if seen_at and every_s else None


def keep_pulse(connection: sqlite3.Connection, pulse: Pulse) -> None:
    """Note that the receiver is up."""
    keep_fact(connection, _SEEN_AT, str(micros(pulse.seen_at)))
    keep_fact(connection, _EVERY_S, str(pulse.every_s))
