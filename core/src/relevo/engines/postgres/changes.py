"""The statements that write what steps changed, one for each table, and their columns."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

from typing import Final

from relevo.engines import schema
from relevo.engines.media_columns import MEDIA_COLUMNS
from relevo.engines.postgres.statements import (
    arrays,
    delete,
    insert,
    insert_new,
    update,
    upsert,
)

NEW_MESSAGE: Final = [column.name for column in schema.message.c]
CHANGED_MESSAGE: Final = [
    "sequence", "status", "provider_message_id", "error", "attempts", "updated_at",
    "expires_at", "closed_at", "handovers", "replayed_attempts", "life_began_at",
]  # fmt: skip
LANE: Final = [column.name for column in schema.lane.c]
THREAD: Final = [column.name for column in schema.conversation.c]
ALIAS: Final = [column.name for column in schema.alias.c]
PREFERENCE: Final = [column.name for column in schema.preference.c]
ATTEMPT: Final = [column.name for column in schema.attempt.c]
DOUBT: Final = [column.name for column in schema.doubt.c]
ACCOUNT: Final = [column.name for column in schema.account.c]
ITEM: Final = [column.name for column in schema.webhook_item.c]
DELIVERY: Final = ["account", "lane_key", "place", "sequence"]
SCHEDULED: Final = ["sequence", "account", "due_at"]
REF: Final = ["account", "provider_message_id", "sequence"]
SHELF: Final = ["account", "provider_message_id", "news", "shelved_at"]
EVENT: Final = ["type", "account", "message_id", "conversation_id", "time", "data"]
LANE_KEY: Final = ["account", "lane_key"]
REF_KEY: Final = ["account", "provider_message_id"]

KEY: Final = ["account", "key", "fingerprint", "sequence"]
SAVE_KEYS: Final = """
INSERT INTO idempotency AS i (account, key, fingerprint, sequence)
SELECT n.account, n.key, n.fingerprint, n.sequence
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
  AS n(account, key, fingerprint, sequence)
ORDER BY n.account, n.key
ON CONFLICT (account, key) DO UPDATE SET
  fingerprint = excluded.fingerprint, sequence = excluded.sequence
WHERE i.sequence IN (SELECT unnest($5::bigint[]))
RETURNING i.account
"""
ITEM_CHANGES: Final = ", ".join(
    f"{name} = excluded.{name}" for name in ITEM if name not in {"account", "key"}
)
SAVE_ITEMS: Final = f"""
INSERT INTO webhook_item AS i ({", ".join(ITEM)})
SELECT {", ".join(f"n.{name}" for name in ITEM)} FROM {arrays(schema.webhook_item, ITEM)}
ORDER BY n.account, n.key
ON CONFLICT (account, key) DO UPDATE SET {ITEM_CHANGES}
WHERE (i.account, i.key, i.updated_at, i.state) IN (
  SELECT * FROM unnest(${len(ITEM) + 1}::text[], ${len(ITEM) + 2}::text[],
    ${len(ITEM) + 3}::bigint[], ${len(ITEM) + 4}::text[])
)
RETURNING i.account
"""
SAVE_ECHOES: Final = """
INSERT INTO echo AS e (account, first_at, slowest)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS n ORDER BY 1
ON CONFLICT (account) DO UPDATE SET
  first_at = greatest(e.first_at, excluded.first_at),
  slowest = CASE WHEN e.first_at < excluded.first_at THEN excluded.slowest
    ELSE greatest(e.slowest, excluded.slowest) END
"""
ADD_MESSAGES: Final = insert_new(schema.message, NEW_MESSAGE, ["message_id"])
SAVE_MESSAGES: Final = update(schema.message, CHANGED_MESSAGE, ["sequence"])
SAVE_WITH_RAW: Final = update(schema.message, [*CHANGED_MESSAGE, "raw"], ["sequence"])
SAVE_THREADS: Final = upsert(schema.conversation, THREAD, LANE_KEY)
SAVE_ALIASES: Final = upsert(schema.alias, ALIAS, LANE_KEY)
SAVE_PREFERENCES: Final = upsert(
    schema.preference, PREFERENCE, ["account", "thread_key", "category"]
)
# One row each, by its value: a join with an array lets the planner read the whole table.
LEAD_ALL: Final = """
UPDATE alias SET thread_key = ($2::text[])[1]
WHERE account = ($1::text[])[1] AND thread_key = ($3::text[])[1]
"""
REJOIN: Final = """
UPDATE conversation SET joined_to = ($2::text[])[1] WHERE joined_to = ($1::text[])[1]
"""
SAVE_LANES: Final = update(schema.lane, LANE, LANE_KEY)
SAVE_ACCOUNTS: Final = update(schema.account, ACCOUNT, ["account"])
SAVE_ATTEMPTS: Final = upsert(schema.attempt, ATTEMPT, ["sequence", "number"])
ADD_PLACES: Final = insert(schema.delivery, DELIVERY)
DROP_PLACES: Final = delete(schema.delivery, ["sequence"])
SAVE_SCHEDULES: Final = upsert(schema.scheduled, SCHEDULED, ["sequence"])
DROP_SCHEDULES: Final = delete(schema.scheduled, ["sequence"])
SAVE_DOUBTS: Final = upsert(schema.doubt, DOUBT, ["sequence"])
DROP_DOUBTS: Final = delete(schema.doubt, ["sequence"])
ADD_REFS: Final = insert_new(schema.provider_ref, REF, REF_KEY)
SAVE_REFS: Final = update(schema.provider_ref, REF, REF_KEY)
CLEAR_SHELF: Final = delete(schema.shelf, REF_KEY)
ADD_SHELF: Final = insert(schema.shelf, SHELF)
CLOSE_WEBHOOKS: Final = update(schema.webhook, ["webhook_id", "state"], ["webhook_id"])
SAVE_MEDIA: Final = upsert(schema.media, MEDIA_COLUMNS, ["media_id"])
TELL: Final = insert(schema.event_in, EVENT)
