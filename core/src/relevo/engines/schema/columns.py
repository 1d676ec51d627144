"""What tables are made of: kinds of columns, and how one is written down.

Moments are whole microseconds since 1970 in UTC. JSON is text on SQLite.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON as POSTGRES_JSON
from sqlalchemy.types import TypeEngine

metadata = MetaData()

# STRICT tables know INTEGER, TEXT and BLOB only.
NUMBER: TypeEngine[Any] = BigInteger().with_variant(Integer(), "sqlite")
MOMENT: TypeEngine[Any] = NUMBER
FLAG: TypeEngine[Any] = Boolean().with_variant(Integer(), "sqlite")
MESSAGE_ID: TypeEngine[Any] = Uuid().with_variant(Text(), "sqlite")
# Not JSONB: it would refuse texts with NUL and forget the vendor's own order.
JSON: TypeEngine[Any] = Text().with_variant(POSTGRES_JSON(), "postgresql")
WORD: TypeEngine[Any] = Text()


def must(name: str, kind: TypeEngine[Any], *, key: bool = False) -> Column[Any]:
    """Make a column that always has a value."""
    return Column(name, kind, primary_key=key, nullable=False)


def may(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """Make a column that may be empty."""
    return Column(name, kind)


def of_message(*, key: bool = False, unique: bool = False) -> Column[Any]:
    """Make the column that says which message a row is of."""
    there = ForeignKey("message.sequence")
    return Column("sequence", NUMBER, there, primary_key=key, unique=unique, nullable=False)


def table(
    name: str, *columns: Column[Any], counted: bool = False, only: str | None = None
) -> Table:
    """Make a table; a `counted` one numbers its rows, the others live in their key's own tree.

    `only` names the one dialect that has it.
    """
    return Table(
        name,
        metadata,
        *columns,
        info={"only": only},
        sqlite_strict=True,
        sqlite_autoincrement=counted,
        sqlite_with_rowid=counted,
    )


def index(name: str, *columns: Column[Any], where: str | None = None) -> None:
    """Add an index to the table of its columns, of only the rows that `where` finds."""
    only = text(where) if where else None
    Index(name, *columns, sqlite_where=only, postgresql_where=only)
