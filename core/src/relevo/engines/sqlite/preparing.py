"""Give a file our tables: make them, find them as they should be, or upgrade them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import NullPool, create_engine, event, exc
from sqlalchemy.dialects import sqlite as sqlite_dialect

from relevo.engines import schema
from relevo.engines.revisions import (
    READ_REVISION,
    VERSION_TABLE,
    creation_with_stamp,
    make_epoch,
    without_revision,
)
from relevo.errors import EngineUnavailable

APPLICATION_ID = 0x52454C56
"""Marks the file as ours ("RELV")."""


def read_revision(path: Path, connection: sqlite3.Connection) -> str | None:
    """Give the revision of a store, None for an empty file.

    Raises:
        EngineUnavailable: It is another program's, or has no revision.
    """
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if not tables:
        return None
    if owner != APPLICATION_ID:
        msg = f"{path} is a database of another program; give Relevo a file of its own."
        raise EngineUnavailable(msg)
    row = connection.execute(READ_REVISION).fetchone() if VERSION_TABLE in tables else None
    if row is None:
        raise without_revision(path)
    return str(row[0])


def check_known(path: Path, found: str | None) -> None:
    """Make sure that an upgrade could do something with a revision.

    Raises:
        EngineUnavailable: A newer Relevo wrote it.
    """
    if found not in {None, schema.REVISION}:
        from relevo.engines.migrations import upgrading  # noqa: PLC0415 - only older stores need it

        upgrading.check_known(path, str(found))


def prepare(
    path: Path, connection: sqlite3.Connection, connect: Callable[[Path], sqlite3.Connection]
) -> None:
    """Make the tables of an empty file, or upgrade an older one's. The file's lock is ours.

    Args:
        path: The file.
        connection: Open, outside a transaction.
        connect: Opens another one for the upgrade, without foreign keys.

    Raises:
        EngineUnavailable: It is no store of ours, or a newer Relevo wrote it.
    """
    found = read_revision(path, connection)
    if found is None:
        _create(connection)
    elif found != schema.REVISION:
        _upgrade(path, found, connect)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in creation_with_stamp(sqlite_dialect.dialect()):
            connection.execute(statement)
        connection.execute("INSERT INTO meta (name, value) VALUES ('epoch', ?)", (make_epoch(),))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _upgrade(path: Path, found: str, connect: Callable[[Path], sqlite3.Connection]) -> None:
    from relevo.engines.migrations.upgrading import upgrade  # noqa: PLC0415 - as above

    check_known(path, found)
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)
    # The library begins no transaction by itself before a CREATE or an ALTER.
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            upgrade(connection)
            # Tables are rebuilt with foreign keys off; nothing may point nowhere after it.
            astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if astray is not None:
                msg = f"The upgrade of {path} would leave rows of {astray[0]} without their parent."
                raise EngineUnavailable(msg)
    except exc.DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from error
        raise
