"""Batched statements: one for all rows of a table, written from the schema itself."""

# ruff: noqa: S608 - statements are joined from our own tables' names; values are always bound.

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from relevo.engines.postgres.columns import Row

_PLACE: Final = re.compile(r"\$(\d+)")
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def kind_of(table: Table, column: str) -> str:
    """Name a column's type as PostgreSQL does."""
    kind = table.c[column].type
    return str(kind.compile(dialect=_DIALECT))


def listed(table: Table, *, prefix: str = "", of: str | None = None) -> str:
    """List a table's columns for a SELECT, each renamed with a prefix."""
    name = of or table.name
    return ", ".join(f"{name}.{column.name} AS {prefix}{column.name}" for column in table.c)


def arrays(table: Table, columns: Sequence[str]) -> str:
    """Write one array parameter for each column, as the rows of `n`."""
    places = ", ".join(
        f"${number}::{kind_of(table, column)}[]" for number, column in enumerate(columns, 1)
    )
    return f"unnest({places}) WITH ORDINALITY AS n({', '.join(columns)}, ord)"


def insert(table: Table, columns: Sequence[str]) -> str:
    """Insert rows in the order given."""
    chosen = ", ".join(f"n.{column}" for column in columns)
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "
        f"SELECT {chosen} FROM {arrays(table, columns)} ORDER BY n.ord"
    )


def insert_new(table: Table, columns: Sequence[str], key: Sequence[str]) -> str:
    """Insert rows that must be new; give the keys of those that are."""
    return (
        f"{insert(table, columns)} ON CONFLICT ({', '.join(key)}) DO NOTHING "
        f"RETURNING {', '.join(key)}"
    )


def upsert(table: Table, columns: Sequence[str], key: Sequence[str]) -> str:
    """Insert rows, or keep them as they are now."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f"{insert(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"


def update(table: Table, columns: Sequence[str], key: Sequence[str]) -> str:
    """Change rows that are there."""
    changed = ", ".join(f"{name} = n.{name}" for name in columns if name not in key)
    found = " AND ".join(f"t.{name} = n.{name}" for name in key)
    return f"UPDATE {table.name} AS t SET {changed} FROM {arrays(table, columns)} WHERE {found}"


def delete(table: Table, key: Sequence[str]) -> str:
    """Remove rows."""
    found = " AND ".join(f"t.{name} = n.{name}" for name in key)
    return f"DELETE FROM {table.name} AS t USING {arrays(table, key)} WHERE {found}"


@cache
def together(statements: tuple[str, ...]) -> str:
    """Make one statement of several that touch different rows; their parameters follow each other.

    All see the tables as they were before, and each is carried out once.
    """
    parts, first = [], 0
    for statement in statements:
        parts.append(_PLACE.sub(lambda place, by=first: f"${int(place[1]) + by}", statement))  # type: ignore[misc]
        first += max(int(place) for place in _PLACE.findall(statement))
    *others, last = parts
    named = ", ".join(f"w{number} AS ({part})" for number, part in enumerate(others))
    return f"WITH {named} {last}" if named else last


def values_of(columns: Sequence[str], rows: Sequence[Row]) -> list[list[Any]]:
    """Turn rows into one list for each column."""
    return [[row[column] for row in rows] for column in columns]
