"""The tables, once for every SQL engine.

Moments are whole microseconds since 1970 in UTC. JSON is text on SQLite. Ids
that order something (`sequence`, `position`) never come twice, also after rows
were deleted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

SCHEMA_VERSION = 1
"""Raised with every change; an engine refuses a store that is newer than itself."""

metadata = MetaData()

# STRICT tables know INTEGER, TEXT and BLOB only.
NUMBER: TypeEngine[Any] = BigInteger().with_variant(Integer(), "sqlite")
MOMENT: TypeEngine[Any] = NUMBER
FLAG: TypeEngine[Any] = Boolean().with_variant(Integer(), "sqlite")
MESSAGE_ID: TypeEngine[Any] = Uuid().with_variant(Text(), "sqlite")
JSON: TypeEngine[Any] = Text().with_variant(JSONB(), "postgresql")
WORD: TypeEngine[Any] = Text()


def _must(name: str, kind: TypeEngine[Any], *, key: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=key, nullable=False)


def _may(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind)


def _of_message(*, key: bool = False, unique: bool = False) -> Column[Any]:
    there = ForeignKey("message.sequence")
    return Column("sequence", NUMBER, there, primary_key=key, unique=unique, nullable=False)


def _table(name: str, *columns: Column[Any], counted: bool = False) -> Table:
    """Make a table; a `counted` one numbers its rows, the others live in their key's own tree."""
    return Table(
        name,
        metadata,
        *columns,
        sqlite_strict=True,
        sqlite_autoincrement=counted,
        sqlite_with_rowid=counted,
    )


def _index(name: str, *columns: Column[Any], where: str | None = None) -> None:
    only = text(where) if where else None
    Index(name, *columns, sqlite_where=only, postgresql_where=only)


meta = _table("meta", _must("name", WORD, key=True), _must("value", WORD))

message = _table(
    "message",
    _must("sequence", NUMBER, key=True),
    Column("message_id", MESSAGE_ID, unique=True, nullable=False),
    _must("direction", WORD),
    _must("account", WORD),
    _must("provider", WORD),
    _must("lane_key", WORD),
    _must("conversation_id", WORD),
    _must("person_scheme", WORD),
    _must("person_value", WORD),
    _must("content", JSON),
    _must("status", WORD),
    _must("created_at", MOMENT),
    _must("updated_at", MOMENT),
    _must("attempts", NUMBER),
    _may("provider_message_id", WORD),
    _may("reply_to", WORD),
    _may("error", JSON),
    _may("expires_at", MOMENT),
    _may("max_attempts", NUMBER),
    _may("extra", JSON),
    _may("raw", JSON),
    counted=True,
)
_index("message_by_status", message.c.status, message.c.sequence)
_index("message_by_account", message.c.account, message.c.sequence)
_index("message_by_conversation", message.c.conversation_id, message.c.sequence)

attempt = _table(
    "attempt",
    _of_message(key=True),
    _must("number", NUMBER, key=True),
    _must("started_at", MOMENT),
    _may("finished_at", MOMENT),
    _must("status", WORD),
    _may("phase", WORD),
    _may("provider_message_id", WORD),
    _may("error", JSON),
    _must("detail", JSON),
    _must("uses_attempt", FLAG),
    _must("reported", FLAG),
)

lane = _table(
    "lane",
    _must("account", WORD, key=True),
    _must("lane_key", WORD, key=True),
    _must("tail", NUMBER),
    _may("due_at", MOMENT),
    _may("token", NUMBER),
    _may("worker", WORD),
)
_index("lane_by_due", lane.c.due_at, lane.c.account, lane.c.lane_key, where="due_at IS NOT NULL")

delivery = _table(
    "delivery",
    _must("account", WORD, key=True),
    _must("lane_key", WORD, key=True),
    _must("place", NUMBER, key=True),
    _of_message(unique=True),
)

conversation = _table(
    "conversation",
    _must("account", WORD, key=True),
    _must("lane_key", WORD, key=True),
    Column("conversation_id", WORD, unique=True, nullable=False),
    _must("provider", WORD),
    _must("person_scheme", WORD),
    _must("person_value", WORD),
    _may("person_name", WORD),
    _must("messages", NUMBER),
    _must("last_message_id", MESSAGE_ID),
    _must("last_sequence", NUMBER),
    _may("last_inbound_at", MOMENT),
    _must("updated_at", MOMENT),
)
_index("conversation_by_activity", conversation.c.last_sequence)

provider_ref = _table(
    "provider_ref",
    _must("account", WORD, key=True),
    _must("provider_message_id", WORD, key=True),
    _of_message(),
)

shelf = _table(
    "shelf",
    _must("shelf_id", NUMBER, key=True),
    _must("account", WORD),
    _must("provider_message_id", WORD),
    _must("news", JSON),
    _must("shelved_at", MOMENT),
    counted=True,
)
_index("shelf_by_ref", shelf.c.account, shelf.c.provider_message_id, shelf.c.shelf_id)

webhook = _table(
    "webhook",
    _must("webhook_id", NUMBER, key=True),
    _must("account", WORD),
    _must("method", WORD),
    _must("path", WORD),
    _must("body", LargeBinary()),
    _must("headers", JSON),
    _must("query", JSON),
    _must("arrived_at", MOMENT),
    _must("state", WORD),
    counted=True,
)
_index("webhook_pending", webhook.c.webhook_id, where="state = 'pending'")

webhook_item = _table(
    "webhook_item",
    _must("account", WORD, key=True),
    _must("key", WORD, key=True),
    _must("webhook_id", NUMBER),
    _must("state", WORD),
    _may("raw", JSON),
    _may("fault_code", WORD),
    _may("fault_message", WORD),
    _may("traceback", WORD),
    _must("updated_at", MOMENT),
)

event = _table(
    "event",
    _must("position", NUMBER, key=True),
    _must("type", WORD),
    _must("account", WORD),
    _may("message_id", MESSAGE_ID),
    _may("conversation_id", WORD),
    _must("time", MOMENT),
    _must("data", JSON),
    counted=True,
)
_index("event_by_message", event.c.message_id, event.c.position, where="message_id IS NOT NULL")
_index(
    "event_by_conversation",
    event.c.conversation_id,
    event.c.position,
    where="conversation_id IS NOT NULL",
)


def creation(dialect: Dialect) -> list[str]:
    """Write the statements that create everything, in order."""
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in indexes)
    return statements
