"""A revision only the tests have: a new column, a table rebuilt on SQLite, rows moved."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("account", Column("nickname", Text()))
    op.execute("UPDATE account SET nickname = upper(account)")
    strict = {"sqlite_strict": True, "sqlite_with_rowid": False}
    with op.batch_alter_table("echo", table_kwargs=strict) as echo:
        echo.alter_column("slowest", new_column_name="slow", existing_type=BigInteger())
        echo.alter_column("first_at", nullable=True, existing_type=BigInteger())
