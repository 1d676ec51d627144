"""Look at a store from outside, without opening it: is it there, ours, known, in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from relevo.engines.sqlite.faults import unavailable
from relevo.engines.sqlite.locking import is_locked
from relevo.engines.sqlite.preparing import check_known, read_revision
from relevo.errors import EngineUnavailable

# SQLite takes the bare column from the row that max() found.
_TROUBLED = """
SELECT account, queued, json_extract(error, '$.code') FROM (
  SELECT account, count(*) AS queued, error,
    max(CASE WHEN error IS NOT NULL THEN updated_at END) AS failed_at
  FROM message WHERE status = 'queued' GROUP BY account
) WHERE failed_at IS NOT NULL ORDER BY account"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Messages that wait on an account after a failed attempt.

    Args:
        account: Whose.
        queued: How many wait there, tried or not.
        code: What the last of the failed attempts came to, such as `auth_failed`.
    """

    account: str
    queued: int
    code: str


@dataclass(frozen=True, slots=True)
class StoreLook:
    """What a store looks like from outside. `schema` is its revision, None where there is none."""

    path: Path
    schema: str | None
    in_use: bool
    troubles: tuple[Trouble, ...] = ()


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
            schema = read_revision(path, connection)
            check_known(path, schema)
            rows = connection.execute(_TROUBLED).fetchall() if schema is not None else []
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    troubles = tuple(Trouble(account, queued, str(code)) for account, queued, code in rows)
    return StoreLook(path, schema, is_locked(path), troubles)
