"""Who is written to: threads, aliases, and what people want."""

from __future__ import annotations

from sqlalchemy import Column

from relevo.engines.schema.columns import (
    FLAG,
    MESSAGE_ID,
    MOMENT,
    NUMBER,
    WORD,
    index,
    may,
    must,
    table,
)

conversation = table(
    "conversation",
    must("account", WORD, key=True),
    must("lane_key", WORD, key=True),
    Column("conversation_id", WORD, unique=True, nullable=False),
    must("provider", WORD),
    must("person_scheme", WORD),
    must("person_value", WORD),
    may("person_name", WORD),
    must("messages", NUMBER),
    must("last_message_id", MESSAGE_ID),
    must("first_sequence", NUMBER),
    must("last_sequence", NUMBER),
    may("last_inbound_at", MOMENT),
    may("refused_at", MOMENT),
    must("updated_at", MOMENT),
    may("joined_to", WORD),
)
index("conversation_by_activity", conversation.c.account, conversation.c.last_sequence)
index("conversation_joined", conversation.c.joined_to, where="joined_to IS NOT NULL")

alias = table(
    "alias",
    must("account", WORD, key=True),
    must("lane_key", WORD, key=True),
    must("thread_key", WORD),
)
index("alias_by_thread", alias.c.account, alias.c.thread_key)

preference = table(
    "preference",
    must("account", WORD, key=True),
    must("thread_key", WORD, key=True),
    must("category", WORD, key=True),
    must("allowed", FLAG),
    must("changed_at", MOMENT),
)
