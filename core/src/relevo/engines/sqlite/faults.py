"""SQLite's errors in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relevo.errors import EngineUnavailable

_ADVICE = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: "the disk is full; free some space and it goes on by itself",
        sqlite3.SQLITE_IOERR: "the disk does not answer; check it and the system's log",
        sqlite3.SQLITE_BUSY: "another program holds it; close that program",
        sqlite3.SQLITE_READONLY: "it may not be written; check the rights of file and folder",
        sqlite3.SQLITE_PERM: "it may not be opened; check the rights of file and folder",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that its folder exists "
        "and may be written",
        sqlite3.SQLITE_LOCKED: "another statement of ours holds it; try again",
        sqlite3.SQLITE_NOMEM: "memory ran out; give the process more",
        sqlite3.SQLITE_TOOBIG: "a value is larger than SQLite can keep; nothing of it was kept",
        sqlite3.SQLITE_PROTOCOL: "its locks do not work; use a local disk",
        sqlite3.SQLITE_NOTADB: "it is no SQLite database; give another file",
        sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from a backup",
    }
)
OUTAGES: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_CANTOPEN,
    }
)
"""What comes from outside and passes: whoever calls hears of it, and it is told once."""
# An extended code carries its primary code in the low byte.
_PRIMARY = 0xFF


def unavailable(path: Path, error: sqlite3.Error) -> EngineUnavailable:
    """Say which file, what SQLite saw, and what to do."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    advice = _ADVICE.get(_code_of(error)) or f"{_said(error)}; nothing of this change was kept"
    return EngineUnavailable(f"The store {path} failed ({name}): {advice}.")


def is_outage(error: sqlite3.Error) -> bool:
    """Whether the disk or another program is in the way, and not what was asked."""
    return _code_of(error) in OUTAGES


def _said(error: sqlite3.Error) -> str:
    """Give SQLite's own words: they name tables and columns. Python's can quote a value."""
    if hasattr(error, "sqlite_errorcode"):
        return f"SQLite says: {error}"
    return "Python's module for SQLite refused it"


def _code_of(error: sqlite3.Error) -> int:
    # Errors of the Python module itself carry no code.
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY
