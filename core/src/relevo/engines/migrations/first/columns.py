"""What the tables of the first revision are made of."""

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

tables = MetaData()

# STRICT tables know INTEGER, TEXT and BLOB only.
NUMBER: TypeEngine[Any] = BigInteger().with_variant(Integer(), "sqlite")
MOMENT: TypeEngine[Any] = NUMBER
FLAG: TypeEngine[Any] = Boolean().with_variant(Integer(), "sqlite")
MESSAGE_ID: TypeEngine[Any] = Uuid().with_variant(Text(), "sqlite")
# Not JSONB: it would refuse texts with NUL and forget the vendor's own order.
JSON: TypeEngine[Any] = Text().with_variant(POSTGRES_JSON(), "postgresql")
WORD: TypeEngine[Any] = Text()


def must(name: str, kind: TypeEngine[Any], *, key: bool = False) -> Column[Any]:
    """Make a column that is never null."""
    return Column(name, kind, primary_key=key, nullable=False)


def may(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """Make a column that may be null."""
    return Column(name, kind)


def of_message(*, key: bool = False, unique: bool = False) -> Column[Any]:
    """Make a column that says which message a row is of."""
    there = ForeignKey("message.sequence")
    return Column("sequence", NUMBER, there, primary_key=key, unique=unique, nullable=False)


def make_table(
    name: str, *columns: Column[Any], counted: bool = False, only: str | None = None
) -> Table:
    """Make a table; a `counted` one numbers its rows, the others live in their key's own tree.

    `only` names the one dialect that has it.
    """
    return Table(
        name,
        tables,
        *columns,
        info={"only": only},
        sqlite_strict=True,
        sqlite_autoincrement=counted,
        sqlite_with_rowid=counted,
    )


def make_index(name: str, *columns: Column[Any], where: str | None = None) -> None:
    """Make an index, with `where` of some rows only."""
    only = text(where) if where else None
    Index(name, *columns, sqlite_where=only, postgresql_where=only)
