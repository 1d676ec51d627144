"""The event log and the places in it."""

from __future__ import annotations

from relevo.engines.schema.columns import (
    JSON,
    MESSAGE_ID,
    MOMENT,
    NUMBER,
    WORD,
    index,
    may,
    must,
    table,
)

event = table(
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
index("event_by_message", event.c.message_id, event.c.position, where="message_id IS NOT NULL")
index(
    "event_by_conversation",
    event.c.conversation_id,
    event.c.position,
    where="conversation_id IS NOT NULL",
)

event_cursor = table(
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

event_in = table(
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

event_head = table(
    "event_head", must("one", NUMBER, key=True), must("position", NUMBER), only="postgresql"
)
