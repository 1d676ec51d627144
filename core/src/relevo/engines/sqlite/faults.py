"""SQLite's errors in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import MappingProxyType

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
        sqlite3.SQLITE_NOTADB: "it is no SQLite database; give another file",
        sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from a backup",
    }
)
# An extended code carries its primary code in the low byte.
_PRIMARY = 0xFF


def unavailable(path: Path, error: sqlite3.Error) -> EngineUnavailable:
    """Say which file, what SQLite saw, and what to do."""
    # Errors of the Python module itself carry no code.
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    advice = _ADVICE.get((code or 0) & _PRIMARY, "see the log; nothing of this change was kept")
    return EngineUnavailable(f"The store {path} failed ({name}): {advice}.")
