"""What is to be sent, and how far it came."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey

from relevo.engines.schema.columns import (
    FLAG,
    JSON,
    MESSAGE_ID,
    MOMENT,
    NUMBER,
    WORD,
    index,
    may,
    must,
    of_message,
    table,
)

message = table(
    "message",
    must("sequence", NUMBER, key=True),
    Column("message_id", MESSAGE_ID, unique=True, nullable=False),
    must("direction", WORD),
    must("account", WORD),
    must("provider", WORD),
    must("lane_key", WORD),
    must("conversation_id", WORD),
    must("person_scheme", WORD),
    must("person_value", WORD),
    must("content", JSON),
    must("status", WORD),
    must("created_at", MOMENT),
    must("updated_at", MOMENT),
    must("attempts", NUMBER),
    may("provider_message_id", WORD),
    may("reply_to", WORD),
    may("error", JSON),
    may("expires_at", MOMENT),
    may("send_at", MOMENT),
    may("closed_at", MOMENT),
    must("priority", WORD),
    may("on_unknown", WORD),
    may("max_attempts", NUMBER),
    must("handovers", NUMBER),
    must("replayed_attempts", NUMBER),
    may("life_began_at", MOMENT),
    may("extra", JSON),
    may("raw", JSON),
    may("warnings", JSON),
    may("arrival", JSON),
    may("trace", WORD),
    counted=True,
)
index("message_by_status", message.c.status, message.c.sequence)
index("message_by_account", message.c.account, message.c.sequence)
index("message_by_conversation", message.c.conversation_id, message.c.sequence)
index("message_by_closing", message.c.closed_at, message.c.sequence, where="closed_at IS NOT NULL")
index(
    "message_dead",
    message.c.sequence,
    where="status IN ('failed', 'expired') AND provider_message_id IS NULL",
)
index(
    "message_inbound_ref",
    message.c.account,
    message.c.provider_message_id,
    where="direction = 'in' AND provider_message_id IS NOT NULL",
)
index(
    "message_by_expiry",
    message.c.expires_at,
    message.c.sequence,
    where="status IN ('queued', 'scheduled') AND expires_at IS NOT NULL",
)
index("message_doubled", message.c.sequence, where="handovers > 1")
index(
    "message_failing",
    message.c.account,
    message.c.sequence,
    where="attempts > replayed_attempts AND (status = 'queued' "
    "OR (status = 'sending' AND attempts > replayed_attempts + 1))",
)

attempt = table(
    "attempt",
    of_message(key=True),
    must("number", NUMBER, key=True),
    must("started_at", MOMENT),
    may("finished_at", MOMENT),
    must("status", WORD),
    may("phase", WORD),
    may("provider_message_id", WORD),
    may("error", JSON),
    must("detail", JSON),
    must("uses_attempt", FLAG),
    must("reported", FLAG),
    may("echoed_at", MOMENT),
)

lane = table(
    "lane",
    must("account", WORD, key=True),
    must("lane_key", WORD, key=True),
    must("tail", NUMBER),
    may("due_at", MOMENT),
    may("token", NUMBER),
    may("worker", WORD),
    must("bulk", FLAG),
    may("pace_began_at", MOMENT),
    must("pace_sent", NUMBER),
    must("throttles", NUMBER),
)
index(
    "lane_by_due",
    lane.c.account,
    lane.c.bulk,
    lane.c.due_at,
    lane.c.lane_key,
    where="due_at IS NOT NULL",
)
index("lane_held", lane.c.account, lane.c.lane_key, where="token IS NOT NULL")

delivery = table(
    "delivery",
    must("account", WORD, key=True),
    must("lane_key", WORD, key=True),
    must("place", NUMBER, key=True),
    of_message(unique=True),
)

scheduled = table(
    "scheduled",
    of_message(key=True),
    must("account", WORD),
    must("due_at", MOMENT),
)
index("scheduled_by_due", scheduled.c.account, scheduled.c.due_at, scheduled.c.sequence)

doubt = table(
    "doubt",
    of_message(key=True),
    must("account", WORD),
    must("attempt", NUMBER),
    must("began_at", MOMENT),
    must("policy", WORD),
    may("look_at", MOMENT),
    may("held_for", WORD),
)
index("doubt_by_look", doubt.c.account, doubt.c.look_at, where="look_at IS NOT NULL")
index("doubt_by_account", doubt.c.account, doubt.c.sequence)

idempotency = table(
    "idempotency",
    must("account", WORD, key=True),
    must("key", WORD, key=True),
    must("fingerprint", WORD),
    of_message(),
)
index("idempotency_by_message", idempotency.c.sequence)

provider_ref = table(
    "provider_ref",
    must("account", WORD, key=True),
    must("provider_message_id", WORD, key=True),
    # Null while only statuses speak of it: the row's lock orders them with the send's answer.
    Column("sequence", NUMBER, ForeignKey("message.sequence")),
)
index("provider_ref_by_message", provider_ref.c.sequence)

shelf = table(
    "shelf",
    must("shelf_id", NUMBER, key=True),
    must("account", WORD),
    must("provider_message_id", WORD),
    must("news", JSON),
    must("shelved_at", MOMENT),
    counted=True,
)
index("shelf_by_ref", shelf.c.account, shelf.c.provider_message_id, shelf.c.shelf_id)
index("shelf_by_age", shelf.c.shelved_at)
