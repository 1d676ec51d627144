"""The first revision: every table of the first release.

A frozen copy of how `relevo.engines.schema` was then, so that later changes
there do not change what this revision made.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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
from sqlalchemy.dialects.postgresql import JSON as POSTGRES_JSON
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None

tables = MetaData()

# STRICT tables know INTEGER, TEXT and BLOB only.
NUMBER: TypeEngine[Any] = BigInteger().with_variant(Integer(), "sqlite")
MOMENT: TypeEngine[Any] = NUMBER
FLAG: TypeEngine[Any] = Boolean().with_variant(Integer(), "sqlite")
MESSAGE_ID: TypeEngine[Any] = Uuid().with_variant(Text(), "sqlite")
# Not JSONB: it would refuse texts with NUL and forget the vendor's own order.
JSON: TypeEngine[Any] = Text().with_variant(POSTGRES_JSON(), "postgresql")
WORD: TypeEngine[Any] = Text()


def _must(name: str, kind: TypeEngine[Any], *, key: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=key, nullable=False)


def _may(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind)


def _of_message(*, key: bool = False, unique: bool = False) -> Column[Any]:
    there = ForeignKey("message.sequence")
    return Column("sequence", NUMBER, there, primary_key=key, unique=unique, nullable=False)


def _table(
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
    _may("send_at", MOMENT),
    _may("closed_at", MOMENT),
    _must("priority", WORD),
    _may("on_unknown", WORD),
    _may("max_attempts", NUMBER),
    _must("handovers", NUMBER),
    _must("replayed_attempts", NUMBER),
    _may("extra", JSON),
    _may("raw", JSON),
    _may("warnings", JSON),
    _may("arrival", JSON),
    _may("trace", WORD),
    counted=True,
)
_index("message_by_status", message.c.status, message.c.sequence)
_index("message_by_account", message.c.account, message.c.sequence)
_index("message_by_conversation", message.c.conversation_id, message.c.sequence)
_index("message_by_closing", message.c.closed_at, message.c.sequence, where="closed_at IS NOT NULL")
_index(
    "message_dead",
    message.c.sequence,
    where="status IN ('failed', 'expired') AND provider_message_id IS NULL",
)
_index(
    "message_inbound_ref",
    message.c.account,
    message.c.provider_message_id,
    where="direction = 'in' AND provider_message_id IS NOT NULL",
)
_index(
    "message_by_expiry",
    message.c.expires_at,
    message.c.sequence,
    where="status IN ('queued', 'scheduled') AND expires_at IS NOT NULL",
)
_index("message_doubled", message.c.sequence, where="handovers > 1")

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
    _may("echoed_at", MOMENT),
)

account = _table(
    "account",
    _must("account", WORD, key=True),
    _may("full_at", MOMENT),
    _may("blocked_until", MOMENT),
    _may("paused_at", MOMENT),
    _may("pause_error", JSON),
    _may("fingerprint", WORD),
    _may("health_json", JSON),
)

lane = _table(
    "lane",
    _must("account", WORD, key=True),
    _must("lane_key", WORD, key=True),
    _must("tail", NUMBER),
    _may("due_at", MOMENT),
    _may("token", NUMBER),
    _may("worker", WORD),
    _must("bulk", FLAG),
    _may("pace_began_at", MOMENT),
    _must("pace_sent", NUMBER),
    _must("throttles", NUMBER),
)
_index(
    "lane_by_due",
    lane.c.account,
    lane.c.bulk,
    lane.c.due_at,
    lane.c.lane_key,
    where="due_at IS NOT NULL",
)
_index("lane_held", lane.c.account, lane.c.lane_key, where="token IS NOT NULL")

delivery = _table(
    "delivery",
    _must("account", WORD, key=True),
    _must("lane_key", WORD, key=True),
    _must("place", NUMBER, key=True),
    _of_message(unique=True),
)

scheduled = _table(
    "scheduled",
    _of_message(key=True),
    _must("account", WORD),
    _must("due_at", MOMENT),
)
_index("scheduled_by_due", scheduled.c.account, scheduled.c.due_at, scheduled.c.sequence)

doubt = _table(
    "doubt",
    _of_message(key=True),
    _must("account", WORD),
    _must("attempt", NUMBER),
    _must("began_at", MOMENT),
    _must("policy", WORD),
    _may("look_at", MOMENT),
    _may("held_for", WORD),
)
_index("doubt_by_look", doubt.c.account, doubt.c.look_at, where="look_at IS NOT NULL")

idempotency = _table(
    "idempotency",
    _must("account", WORD, key=True),
    _must("key", WORD, key=True),
    _must("fingerprint", WORD),
    _of_message(),
)
_index("idempotency_by_message", idempotency.c.sequence)

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
    _must("first_sequence", NUMBER),
    _must("last_sequence", NUMBER),
    _may("last_inbound_at", MOMENT),
    _may("refused_at", MOMENT),
    _must("updated_at", MOMENT),
    _may("joined_to", WORD),
)
_index("conversation_by_activity", conversation.c.account, conversation.c.last_sequence)
_index("conversation_joined", conversation.c.joined_to, where="joined_to IS NOT NULL")

alias = _table(
    "alias",
    _must("account", WORD, key=True),
    _must("lane_key", WORD, key=True),
    _must("thread_key", WORD),
)
_index("alias_by_thread", alias.c.account, alias.c.thread_key)

preference = _table(
    "preference",
    _must("account", WORD, key=True),
    _must("thread_key", WORD, key=True),
    _must("category", WORD, key=True),
    _must("allowed", FLAG),
    _must("changed_at", MOMENT),
)

provider_ref = _table(
    "provider_ref",
    _must("account", WORD, key=True),
    _must("provider_message_id", WORD, key=True),
    # Null while only statuses speak of it: the row's lock orders them with the send's answer.
    Column("sequence", NUMBER, ForeignKey("message.sequence")),
)
_index("provider_ref_by_message", provider_ref.c.sequence)

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
_index("shelf_by_age", shelf.c.shelved_at)

webhook = _table(
    "webhook",
    _must("webhook_id", NUMBER, key=True),
    _must("account", WORD),
    _must("state", WORD),
    _must("arrived_at", MOMENT),
    _may("taken_until", MOMENT),
    _may("taken_by", NUMBER),
    _must("method", WORD),
    _must("path", WORD),
    _must("headers", JSON),
    _must("query", JSON),
    # Last, for SQLite reads a row from its beginning, and bodies are long.
    _must("body", LargeBinary()),
    counted=True,
)
_index("webhook_pending", webhook.c.account, webhook.c.webhook_id, where="state = 'pending'")
_index("webhook_by_account", webhook.c.account, webhook.c.webhook_id)

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
_index("webhook_item_by_webhook", webhook_item.c.webhook_id)
_index(
    "webhook_item_quarantined",
    webhook_item.c.account,
    webhook_item.c.webhook_id,
    where="state = 'quarantined'",
)

echo = _table(
    "echo",
    _must("account", WORD, key=True),
    _must("first_at", MOMENT),
    _must("slowest", NUMBER),
)

outage = _table(
    "outage",
    _must("outage_id", NUMBER, key=True),
    _must("began_at", MOMENT),
    _must("ended_at", MOMENT),
    counted=True,
)
_index("outage_by_end", outage.c.ended_at)

media = _table(
    "media",
    _must("media_id", MESSAGE_ID, key=True),
    _must("direction", WORD),
    _must("state", WORD),
    _may("account", WORD),
    _may("message_id", MESSAGE_ID),
    _may("mime_type", WORD),
    _may("filename", WORD),
    _may("size", NUMBER),
    _may("sha256", WORD),
    _may("store_key", WORD),
    _may("provider_media_id", WORD),
    _must("attempts", NUMBER),
    _may("next_at", MOMENT),
    _may("deadline", MOMENT),
    _may("error", JSON),
    _must("created_at", MOMENT),
    _must("updated_at", MOMENT),
)
_index("media_by_due", media.c.account, media.c.next_at, where="next_at IS NOT NULL")
_index("media_by_message", media.c.message_id, where="message_id IS NOT NULL")
_index("media_by_state", media.c.state, media.c.created_at)
_index("media_by_file", media.c.store_key, media.c.state, where="store_key IS NOT NULL")
_index("media_leaving", media.c.media_id, where="state = 'gone' AND store_key IS NOT NULL")

media_upload = _table(
    "media_upload",
    _must("media_id", MESSAGE_ID, key=True),
    _must("account", WORD, key=True),
    _must("provider_media_id", WORD),
    _may("expires_at", MOMENT),
)

api_key = _table(
    "api_key",
    _must("key_id", WORD, key=True),
    _must("name", WORD),
    _must("digest", WORD),
    _must("scopes", JSON),
    _may("accounts", JSON),
    _may("rate", NUMBER),
    _must("created_at", MOMENT),
    _may("expires_at", MOMENT),
    _may("revoked_at", MOMENT),
    _may("last_used_at", MOMENT),
)

ticket = _table(
    "ticket",
    _must("digest", WORD, key=True),
    _may("key_id", WORD),
    _may("accounts", JSON),
    _must("filters", JSON),
    _must("created_at", MOMENT),
    _must("expires_at", MOMENT),
)
_index("ticket_by_end", ticket.c.expires_at)

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

event_cursor = _table(
    "event_cursor",
    _must("name", WORD, key=True),
    _must("position", NUMBER),
    _must("epoch", WORD),
    _must("moved_at", MOMENT),
    _must("failures", NUMBER),
    _may("error", WORD),
    _may("token", NUMBER),
    _may("worker", WORD),
    _may("lease_until", MOMENT),
)

event_in = _table(
    "event_in",
    _must("event_id", NUMBER, key=True),
    _must("type", WORD),
    _must("account", WORD),
    _may("message_id", MESSAGE_ID),
    _may("conversation_id", WORD),
    _must("time", MOMENT),
    _must("data", JSON),
    counted=True,
    only="postgresql",
)

process = _table(
    "process",
    _must("name", WORD, key=True),
    _must("works", FLAG),
    _must("receives", FLAG),
    _must("started_at", MOMENT),
    _must("seen_at", MOMENT),
    _must("every_us", NUMBER),
)

event_head = _table(
    "event_head", _must("one", NUMBER, key=True), _must("position", NUMBER), only="postgresql"
)


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
