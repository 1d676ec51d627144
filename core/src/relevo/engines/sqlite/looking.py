"""Look at a store from outside, without opening it: is it there, ours, known, in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from relevo.engines.sqlite.faults import unavailable
from relevo.engines.sqlite.opening import check_ours
from relevo.errors import EngineUnavailable


@dataclass(frozen=True, slots=True)
class StoreLook:
    """What a store looks like from outside. `schema` is None where there is no store yet."""

    path: Path
    schema: int | None
    in_use: bool


def look_at_store(path: Path) -> StoreLook:
    """Look at a store and change nothing.

    Raises:
        EngineUnavailable: An engine could not open it, whoever else uses it.
    """
    path = path.resolve()
    if not path.exists():
        if not path.parent.is_dir():
            msg = f"The store {path} has no folder to be in; make {path.parent} first."
            raise EngineUnavailable(msg)
        return StoreLook(path, None, in_use=False)
    try:
        # From here on read only: what is not ours must stay as it is.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            schema = check_ours(path, connection)
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    return StoreLook(path, schema, in_use=_is_locked(path))


def _is_locked(path: Path) -> bool:
    where = path.with_name(f"{path.name}.lock")
    if not where.exists():
        return False
    lock = FileLock(where, timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError as error:
        msg = f"The store {path} cannot be locked ({error.strerror}). Check the rights of {where}."
        raise EngineUnavailable(msg) from error
