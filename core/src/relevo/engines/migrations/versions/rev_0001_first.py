"""The first revision: every table of the first release."""

from __future__ import annotations

from alembic import op
from sqlalchemy.schema import CreateIndex, CreateTable

from relevo.engines.migrations.first import tables

revision = "0001"
down_revision = None

STORAGE = {
    "account": "fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, "
    "autovacuum_vacuum_cost_delay = 0",
    "api_key": "fillfactor = 50",
    "delivery": "autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.05, "
    "autovacuum_vacuum_cost_delay = 0",
    "event_cursor": "fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, "
    "autovacuum_vacuum_cost_delay = 0",
    "event_head": "fillfactor = 10, autovacuum_vacuum_cost_delay = 0",
    "event_in": "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0",
    "lane": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, "
    "autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0",
    "message": "autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02",
    "scheduled": "autovacuum_vacuum_scale_factor = 0.01",
}


def upgrade() -> None:
    """Make everything."""
    here = op.get_context().dialect.name
    for table in tables.sorted_tables:
        if table.info["only"] not in {None, here}:
            continue
        op.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            op.execute(CreateIndex(index))
        if here == "postgresql" and table.name in STORAGE:
            op.execute(f"ALTER TABLE {table.name} SET ({STORAGE[table.name]})")
