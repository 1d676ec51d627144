"""Threads with people, their other addresses, and news of messages not known yet."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey

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

conversation = make_table(
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
make_index("conversation_by_activity", conversation.c.account, conversation.c.last_sequence)
make_index("conversation_joined", conversation.c.joined_to, where="joined_to IS NOT NULL")

alias = make_table(
    "alias",
    must("account", WORD, key=True),
    must("lane_key", WORD, key=True),
    must("thread_key", WORD),
)
make_index("alias_by_thread", alias.c.account, alias.c.thread_key)

preference = make_table(
    "preference",
    must("account", WORD, key=True),
    must("thread_key", WORD, key=True),
    must("category", WORD, key=True),
    must("allowed", FLAG),
    must("changed_at", MOMENT),
)

provider_ref = make_table(
    "provider_ref",
    must("account", WORD, key=True),
    must("provider_message_id", WORD, key=True),
    # Null while only statuses speak of it: the row's lock orders them with the send's answer.
    Column("sequence", NUMBER, ForeignKey("message.sequence")),
)
make_index("provider_ref_by_message", provider_ref.c.sequence)

shelf = make_table(
    "shelf",
    must("shelf_id", NUMBER, key=True),
    must("account", WORD),
    must("provider_message_id", WORD),
    must("news", JSON),
    must("shelved_at", MOMENT),
    counted=True,
)
make_index("shelf_by_ref", shelf.c.account, shelf.c.provider_message_id, shelf.c.shelf_id)
make_index("shelf_by_age", shelf.c.shelved_at)
