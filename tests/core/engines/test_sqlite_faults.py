"""SQLite's errors in words: what to do where that is known, else what SQLite said."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from relevo.engines.sqlite.faults import is_outage, unavailable

PATH = Path("/srv/relevo.db")


def _error(code: int, name: str, words: str) -> sqlite3.Error:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


@pytest.mark.parametrize(
    ("code", "outage", "advice"),
    [
        (sqlite3.SQLITE_FULL, True, "disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, True, "disk does not answer"),
        (sqlite3.SQLITE_READONLY, True, "check the rights"),
        (sqlite3.SQLITE_CORRUPT, False, "restore it from a backup"),
        (sqlite3.SQLITE_NOMEM, False, "memory ran out"),
        (sqlite3.SQLITE_ERROR, False, "SQLite says: no such table: message"),
    ],
)
def test_fault_names_the_file_and_says_what_to_do(code: int, advice: str, *, outage: bool) -> None:
    """Nobody is sent to a log that says no more."""
    error = _error(code, "SQLITE_X", "no such table: message")
    said = unavailable(PATH, error).message
    assert str(PATH) in said
    assert advice in said
    assert "log" not in said.removesuffix("the system's log.") or code == sqlite3.SQLITE_IOERR_WRITE
    assert is_outage(error) is outage


def test_words_of_pythons_module_are_not_repeated() -> None:
    """They can quote what a column holds, as where a text is no UTF-8."""
    error = sqlite3.OperationalError("Could not decode to UTF-8 column 'body' with text 'canary'")
    said = unavailable(PATH, error).message
    assert "canary" not in said
    assert "OperationalError" in said
