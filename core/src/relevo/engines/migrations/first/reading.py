"""Keys, tickets, the event log, and who works on the store."""

from __future__ import annotations

from relevo.engines.migrations.first.columns import (
    FLAG,
    JSON,
    MESSAGE_ID,
    MOMENT,
    NUMBER,
    WORD,
    make_index,
    make_table,
    may,
    must,
)

api_key = make_table(
    "api_key",
    must("key_id", WORD, key=True),
    must("name", WORD),
    must("digest", WORD),
    must("scopes", JSON),
    may("accounts", JSON),
    may("rate", NUMBER),
    must("created_at", MOMENT),
    may("expires_at", MOMENT),
    may("revoked_at", MOMENT),
    may("last_used_at", MOMENT),
)

ticket = make_table(
    "ticket",
    must("digest", WORD, key=True),
    may("key_id", WORD),
    may("accounts", JSON),
    must("filters", JSON),
    must("created_at", MOMENT),
    must("expires_at", MOMENT),
)
make_index("ticket_by_end", ticket.c.expires_at)

event = make_table(
    "event",
    must("position", NUMBER, key=True),
    must("type", WORD),
    must("account", WORD),
    may("message_id", MESSAGE_ID),
    may("conversation_id", WORD),
    must("time", MOMENT),
    must("data", JSON),
    counted=True,
)
make_index("event_by_message", event.c.message_id, event.c.position, where="message_id IS NOT NULL")
make_index(
    "event_by_conversation",
    event.c.conversation_id,
    event.c.position,
    where="conversation_id IS NOT NULL",
)

event_cursor = make_table(
    "event_cursor",
    must("name", WORD, key=True),
    must("position", NUMBER),
    must("epoch", WORD),
    must("moved_at", MOMENT),
    must("failures", NUMBER),
    may("error", WORD),
    may("token", NUMBER),
    may("worker", WORD),
    may("lease_until", MOMENT),
)

event_in = make_table(
    "event_in",
    must("event_id", NUMBER, key=True),
    must("type", WORD),
    must("account", WORD),
    may("message_id", MESSAGE_ID),
    may("conversation_id", WORD),
    must("time", MOMENT),
    must("data", JSON),
    counted=True,
    only="postgresql",
)

process = make_table(
    "process",
    must("name", WORD, key=True),
    must("works", FLAG),
    must("receives", FLAG),
    must("started_at", MOMENT),
    must("seen_at", MOMENT),
    must("every_us", NUMBER),
)

event_head = make_table(
    "event_head", must("one", NUMBER, key=True), must("position", NUMBER), only="postgresql"
)
