"""The statements that lock and read what steps need, each a walk down one index per key."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

from typing import Final

from relevo.engines import schema
from relevo.engines.media_columns import MEDIA_COLUMNS
from relevo.engines.postgres.statements import listed

_PAIRS: Final = "unnest($1::text[], $2::text[]) AS k(a, b)"
# `LIMIT` inside LATERAL keeps each look-up a walk down one index, whatever the statistics say.
LOCK_ACCOUNTS: Final = """
INSERT INTO account (account) SELECT k FROM unnest($1::text[]) AS k ORDER BY k
ON CONFLICT (account) DO UPDATE SET account = excluded.account WHERE false
"""
ACCOUNTS: Final = "SELECT * FROM account WHERE account = ANY($1::text[])"
REFS: Final = f"""
SELECT k.a, k.b, r.sequence FROM {_PAIRS} CROSS JOIN LATERAL (
  SELECT sequence FROM provider_ref WHERE account = k.a AND provider_message_id = k.b LIMIT 1
) AS r
"""
LOCK_REFS: Final = """
INSERT INTO provider_ref (account, provider_message_id)
SELECT a, b FROM unnest($1::text[], $2::text[]) AS k(a, b) ORDER BY a, b
ON CONFLICT (account, provider_message_id) DO UPDATE SET account = excluded.account WHERE false
"""
SHELF: Final = f"""
SELECT k.a, k.b, s.news FROM {_PAIRS} CROSS JOIN LATERAL (
  SELECT news, shelf_id FROM shelf WHERE account = k.a AND provider_message_id = k.b
  ORDER BY shelf_id LIMIT 100000
) AS s ORDER BY s.shelf_id
"""
ITEMS: Final = f"""
SELECT k.a, k.b, i.* FROM {_PAIRS} CROSS JOIN LATERAL (
  SELECT state, fault_code, fault_message, traceback, updated_at FROM webhook_item
  WHERE account = k.a AND key = k.b LIMIT 1
) AS i
"""
KEYS: Final = f"""
SELECT k.a, k.b, i.fingerprint, i.sequence, m.message_id FROM {_PAIRS} CROSS JOIN LATERAL (
  SELECT fingerprint, sequence FROM idempotency WHERE account = k.a AND key = k.b LIMIT 1
) AS i CROSS JOIN LATERAL (
  SELECT message_id FROM message WHERE sequence = i.sequence LIMIT 1
) AS m
"""
LANES_OF: Final = """
SELECT m.sequence, m.account, m.lane_key FROM unnest($1::uuid[]) AS k(id) CROSS JOIN LATERAL (
  SELECT sequence, account, lane_key FROM message WHERE message_id = k.id LIMIT 1
) AS m
UNION
SELECT m.sequence, m.account, m.lane_key FROM unnest($2::bigint[]) AS k(id) CROSS JOIN LATERAL (
  SELECT sequence, account, lane_key FROM message WHERE sequence = k.id LIMIT 1
) AS m
"""
LOCK_LANES: Final = """
INSERT INTO lane (account, lane_key, tail, bulk, pace_sent, throttles)
SELECT a, b, 0, false, 0, 0 FROM unnest($1::text[], $2::text[]) AS k(a, b) ORDER BY a, b
ON CONFLICT (account, lane_key) DO UPDATE SET account = excluded.account WHERE false
"""
LANES: Final = f"""
SELECT l.*, h.places, h.sequences, h.priorities, h.ids, x.thread_key,
  {listed(schema.conversation, prefix="c_", of="c")}
FROM unnest($1::text[], $2::text[], $3::int[]) AS k(a, b, heads)
CROSS JOIN LATERAL (
  SELECT * FROM lane WHERE account = k.a AND lane_key = k.b LIMIT 1
) AS l
LEFT JOIN LATERAL (
  SELECT * FROM conversation WHERE account = k.a AND lane_key = k.b LIMIT 1
) AS c ON true
LEFT JOIN LATERAL (
  SELECT thread_key FROM alias WHERE account = k.a AND lane_key = k.b LIMIT 1
) AS x ON true
LEFT JOIN LATERAL (
  SELECT array_agg(w.place ORDER BY w.place) AS places,
    array_agg(w.sequence ORDER BY w.place) AS sequences,
    array_agg(m.priority ORDER BY w.place) AS priorities,
    array_agg(m.message_id ORDER BY w.place) AS ids
  FROM (
    SELECT place, sequence FROM delivery WHERE account = k.a AND lane_key = k.b
    ORDER BY place LIMIT k.heads
  ) AS w CROSS JOIN LATERAL (
    SELECT priority, message_id FROM message WHERE sequence = w.sequence LIMIT 1
  ) AS m
) AS h ON k.heads > 0
"""
PREFERENCES: Final = f"""
SELECT p.* FROM {_PAIRS} CROSS JOIN LATERAL (
  SELECT * FROM preference WHERE account = k.a AND thread_key = k.b LIMIT 1000
) AS p
"""
_CLOCK: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
# Read under the last lock, so it tells the time as well.
MESSAGES: Final = f"""
SELECT m.*, {_CLOCK} AS now, d.account AS d_account, d.lane_key AS d_lane_key, d.place AS d_place,
  s.due_at AS s_due_at, {listed(schema.doubt, prefix="o_", of="o")},
  {listed(schema.attempt, prefix="a_", of="a")}, e.earlier
FROM unnest($1::bigint[]) AS k(sequence)
CROSS JOIN LATERAL (SELECT * FROM message WHERE sequence = k.sequence LIMIT 1) AS m
LEFT JOIN LATERAL (SELECT * FROM delivery WHERE sequence = k.sequence LIMIT 1) AS d ON true
LEFT JOIN LATERAL (SELECT * FROM scheduled WHERE sequence = k.sequence LIMIT 1) AS s ON true
LEFT JOIN LATERAL (SELECT * FROM doubt WHERE sequence = k.sequence LIMIT 1) AS o ON true
LEFT JOIN LATERAL (
  SELECT * FROM attempt WHERE sequence = k.sequence AND number = m.attempts LIMIT 1
) AS a ON m.attempts > 0
LEFT JOIN LATERAL (
  SELECT count(*) AS earlier FROM attempt WHERE sequence = k.sequence AND uses_attempt
  AND number > m.replayed_attempts AND number < m.attempts
) AS e ON m.attempts > 1
"""
ATTEMPTS: Final = """
SELECT a.* FROM unnest($1::bigint[], $2::bigint[]) AS k(sequence, number) CROSS JOIN LATERAL (
  SELECT * FROM attempt WHERE sequence = k.sequence AND number = k.number LIMIT 1
) AS a
"""
ECHOES: Final = "SELECT * FROM echo WHERE account = ANY($1::text[])"
WEBHOOKS: Final = "SELECT webhook_id, account, state FROM webhook WHERE webhook_id = ANY($1)"
MEDIA: Final = f"""
SELECT {", ".join(MEDIA_COLUMNS)} FROM media WHERE media_id = ANY($1::uuid[])
ORDER BY media_id FOR UPDATE
"""
NOW: Final = f"""
SELECT {_CLOCK} AS now,
  CASE WHEN $1 > 0 THEN ARRAY(SELECT nextval($2::text::regclass) FROM generate_series(1, $1)) END
    AS fresh
"""
