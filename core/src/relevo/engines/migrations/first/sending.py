"""What waits, what was tried, and what is in doubt."""

from __future__ import annotations

from sqlalchemy import Column

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
    of_message,
)

meta = make_table("meta", must("name", WORD, key=True), must("value", WORD))

message = make_table(
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
make_index("message_by_status", message.c.status, message.c.sequence)
make_index("message_by_account", message.c.account, message.c.sequence)
make_index("message_by_conversation", message.c.conversation_id, message.c.sequence)
make_index(
    "message_by_closing", message.c.closed_at, message.c.sequence, where="closed_at IS NOT NULL"
)
make_index(
    "message_dead",
    message.c.sequence,
    where="status IN ('failed', 'expired') AND provider_message_id IS NULL",
)
make_index(
    "message_inbound_ref",
    message.c.account,
    message.c.provider_message_id,
    where="direction = 'in' AND provider_message_id IS NOT NULL",
)
make_index(
    "message_by_expiry",
    message.c.expires_at,
    message.c.sequence,
    where="status IN ('queued', 'scheduled') AND expires_at IS NOT NULL",
)
make_index("message_doubled", message.c.sequence, where="handovers > 1")
make_index(
    "message_failing",
    message.c.account,
    message.c.sequence,
    where="attempts > replayed_attempts AND (status = 'queued' "
    "OR (status = 'sending' AND attempts > replayed_attempts + 1))",
)

attempt = make_table(
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

account = make_table(
    "account",
    must("account", WORD, key=True),
    may("full_at", MOMENT),
    may("blocked_until", MOMENT),
    may("paused_at", MOMENT),
    may("pause_error", JSON),
    may("fingerprint", WORD),
    may("health_json", JSON),
)

lane = make_table(
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
make_index(
    "lane_by_due",
    lane.c.account,
    lane.c.bulk,
    lane.c.due_at,
    lane.c.lane_key,
    where="due_at IS NOT NULL",
)
make_index("lane_held", lane.c.account, lane.c.lane_key, where="token IS NOT NULL")

delivery = make_table(
    "delivery",
    must("account", WORD, key=True),
    must("lane_key", WORD, key=True),
    must("place", NUMBER, key=True),
    of_message(unique=True),
)

scheduled = make_table(
    "scheduled",
    of_message(key=True),
    must("account", WORD),
    must("due_at", MOMENT),
)
make_index("scheduled_by_due", scheduled.c.account, scheduled.c.due_at, scheduled.c.sequence)

doubt = make_table(
    "doubt",
    of_message(key=True),
    must("account", WORD),
    must("attempt", NUMBER),
    must("began_at", MOMENT),
    must("policy", WORD),
    may("look_at", MOMENT),
    may("held_for", WORD),
)
make_index("doubt_by_look", doubt.c.account, doubt.c.look_at, where="look_at IS NOT NULL")
make_index("doubt_by_account", doubt.c.account, doubt.c.sequence)

idempotency = make_table(
    "idempotency",
    must("account", WORD, key=True),
    must("key", WORD, key=True),
    must("fingerprint", WORD),
    of_message(),
)
make_index("idempotency_by_message", idempotency.c.sequence)
