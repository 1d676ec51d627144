"""The tables, once for every SQL engine.

Ids that order something (`sequence`, `position`) never come twice, also after rows
were deleted.
"""

from __future__ import annotations

from sqlalchemy import Dialect, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from relevo.engines.schema.columns import FLAG, JSON, MESSAGE_ID, MOMENT, NUMBER, WORD, metadata
from relevo.engines.schema.events import event, event_cursor, event_head, event_in
from relevo.engines.schema.files import media, media_upload
from relevo.engines.schema.keys import api_key, ticket
from relevo.engines.schema.people import alias, conversation, preference
from relevo.engines.schema.processes import process
from relevo.engines.schema.receiving import echo, outage, webhook, webhook_item
from relevo.engines.schema.sending import (
    attempt,
    delivery,
    doubt,
    idempotency,
    lane,
    message,
    provider_ref,
    scheduled,
    shelf,
)
from relevo.engines.schema.shared import account, meta

__all__ = [
    "FLAG",
    "JSON",
    "MESSAGE_ID",
    "MOMENT",
    "NUMBER",
    "REVISION",
    "STORAGE",
    "WORD",
    "account",
    "alias",
    "api_key",
    "attempt",
    "conversation",
    "creation",
    "delivery",
    "doubt",
    "echo",
    "event",
    "event_cursor",
    "event_head",
    "event_in",
    "idempotency",
    "lane",
    "media",
    "media_upload",
    "message",
    "meta",
    "metadata",
    "outage",
    "preference",
    "process",
    "provider_ref",
    "scheduled",
    "shelf",
    "tables_of",
    "ticket",
    "webhook",
    "webhook_item",
]

REVISION = "0001"
"""The newest revision of `migrations`: what these tables are. An older store is upgraded."""

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
"""Rows that change all the time: PostgreSQL vacuums them early and leaves room beside them."""


def tables_of(dialect: Dialect) -> list[Table]:
    """Give the tables one dialect has, each after those it refers to."""
    return [table for table in metadata.sorted_tables if table.info["only"] in {None, dialect.name}]


def creation(dialect: Dialect) -> list[str]:
    """Write the statements that create everything, in order."""
    statements: list[str] = []
    for table in tables_of(dialect):
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in indexes)
        if dialect.name == "postgresql" and table.name in STORAGE:
            statements.append(f"ALTER TABLE {table.name} SET ({STORAGE[table.name]})")
    return statements
