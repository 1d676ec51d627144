"""The statements that find and remove what need not be kept, a few rows at a time."""

from __future__ import annotations

from typing import Final

# The oldest events go first, so only the first of them need to be looked at.
EVENTS: Final = """
WITH old AS (
  SELECT position, time FROM event ORDER BY position LIMIT $2
), gone AS (
  DELETE FROM event WHERE position = ANY(ARRAY(
    SELECT position FROM old WHERE position < coalesce(
      (SELECT min(position) FROM old WHERE time > $1), 9223372036854775807
    )
  )) RETURNING position
), floor AS (
  INSERT INTO meta AS m (name, value)
  SELECT 'floor', max(position)::text FROM gone HAVING count(*) > 0
  ON CONFLICT (name) DO UPDATE SET value = greatest(m.value::bigint, excluded.value::bigint)::text
)
SELECT count(*) AS gone FROM gone
"""
WEBHOOKS: Final = """
WITH gone AS (
  DELETE FROM webhook WHERE webhook_id = ANY(ARRAY(
    SELECT w.webhook_id FROM (
      SELECT webhook_id, arrived_at FROM webhook AS d WHERE state = 'done' AND NOT EXISTS (
        SELECT FROM webhook_item AS i
        WHERE i.webhook_id = d.webhook_id AND i.state = 'quarantined'
      ) ORDER BY webhook_id LIMIT $2
    ) AS w WHERE w.arrived_at <= $1
  )) AND state = 'done' RETURNING 1
) SELECT count(*) AS gone FROM gone
"""
# A discarded item can be brought back as long as its webhook is kept.
ITEMS: Final = """
WITH gone AS (
  DELETE FROM webhook_item AS t USING (
    SELECT account, key, updated_at, state FROM webhook_item AS i
    WHERE state = 'applied' OR state = 'discarded' AND (
      SELECT webhook_id FROM webhook WHERE webhook_id = i.webhook_id LIMIT 1
    ) IS NULL ORDER BY webhook_id LIMIT $2
  ) AS o WHERE t.account = o.account AND t.key = o.key
    AND o.updated_at <= $1 AND t.state = o.state RETURNING 1
) SELECT count(*) AS gone FROM gone
"""
OUTAGES: Final = """
WITH gone AS (
  DELETE FROM outage WHERE outage_id = ANY(ARRAY(
    SELECT outage_id FROM outage WHERE ended_at <= $1 ORDER BY ended_at LIMIT $2
  )) RETURNING 1
) SELECT count(*) AS gone FROM gone
"""
TICKETS: Final = """
WITH gone AS (
  DELETE FROM ticket WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM ticket WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2
    FOR UPDATE SKIP LOCKED
  )) RETURNING 1
) SELECT count(*) AS gone FROM gone
"""
MEDIA: Final = """
WITH old AS (
  SELECT media_id FROM (
    (SELECT media_id FROM media WHERE state = 'stored' AND created_at <= $1
     ORDER BY created_at LIMIT $2)
    UNION ALL
    (SELECT media_id FROM media WHERE state = 'failed' AND created_at <= $1
     ORDER BY created_at LIMIT $2)
  ) AS found LIMIT $2
), mine AS (
  SELECT m.media_id FROM old CROSS JOIN LATERAL (
    SELECT media_id FROM media WHERE media_id = old.media_id AND state IN ('stored', 'failed')
    LIMIT 1 FOR UPDATE SKIP LOCKED
  ) AS m
), gone AS (
  UPDATE media AS t SET state = 'gone', updated_at = $3, filename = NULL, next_at = NULL
  FROM mine WHERE t.media_id = mine.media_id RETURNING 1
), uploads AS (
  DELETE FROM media_upload AS u USING mine WHERE u.media_id = mine.media_id
)
SELECT count(*) AS gone FROM gone
"""
WALK_LANES: Final = """
SELECT account, lane_key, due_at IS NULL AND token IS NULL
  AND (pace_began_at IS NULL OR pace_began_at + pace_sent * $1 <= $2) AS rests
FROM lane WHERE (account, lane_key) > ($3, $4) ORDER BY account, lane_key LIMIT $5
"""
# A lane nobody ever waited in was only made for its lock, and is not counted.
DROP_LANES: Final = """
WITH gone AS (
  DELETE FROM lane AS t USING (
    SELECT l.account, l.lane_key FROM unnest($1::text[], $2::text[]) AS k(a, b)
    JOIN lane AS l ON l.account = k.a AND l.lane_key = k.b
    WHERE due_at IS NULL AND token IS NULL AND NOT EXISTS (
      SELECT FROM delivery AS d WHERE d.account = k.a AND d.lane_key = k.b
    ) FOR UPDATE OF l SKIP LOCKED
  ) AS o WHERE t.account = o.account AND t.lane_key = o.lane_key RETURNING t.tail
) SELECT count(*) FILTER (WHERE tail > 0) AS gone FROM gone
"""
# What might be sent again must not be emptied while somebody puts it back.
LOCK_DEAD: Final = """
INSERT INTO lane (account, lane_key, tail, bulk, pace_sent, throttles)
SELECT DISTINCT account, lane_key, 0, false, 0, 0 FROM (
  SELECT account, lane_key, status, provider_message_id FROM message
  WHERE closed_at >= coalesce((SELECT value::bigint FROM meta WHERE name = $4), 0)
    AND closed_at <= $1 AND content::text <> $3
  ORDER BY closed_at, sequence LIMIT $2
) AS old
WHERE status IN ('failed', 'expired') AND provider_message_id IS NULL
ORDER BY account, lane_key
ON CONFLICT (account, lane_key) DO UPDATE SET account = excluded.account WHERE false
"""
# Messages close in the order of time, so what was looked at once need not be looked at again.
CONTENTS: Final = """
WITH old AS (
  SELECT sequence, closed_at FROM message
  WHERE closed_at >= coalesce((SELECT value::bigint FROM meta WHERE name = $4), 0)
    AND closed_at <= $1 AND content::text <> $3
  ORDER BY closed_at, sequence LIMIT $2
), emptied AS (
  UPDATE message AS m SET content = $3::text::json, raw = NULL, extra = NULL
  FROM old WHERE m.sequence = old.sequence AND m.closed_at = old.closed_at RETURNING 1
), plain AS (
  UPDATE attempt SET detail = '{}' WHERE sequence = ANY(ARRAY(SELECT sequence FROM old))
), mark AS (
  INSERT INTO meta (name, value) SELECT $4, max(closed_at)::text FROM old HAVING count(*) > 0
  ON CONFLICT (name) DO UPDATE SET value = excluded.value
)
SELECT count(*) AS gone FROM emptied
"""
KEYS: Final = """
WITH old AS (
  SELECT sequence, closed_at FROM message
  WHERE closed_at >= coalesce((SELECT value::bigint FROM meta WHERE name = $4), 0)
    AND closed_at <= $1
  ORDER BY closed_at, sequence LIMIT $3
), used AS (
  SELECT i.account, i.key, o.closed_at FROM old AS o JOIN idempotency AS i USING (sequence)
  ORDER BY o.closed_at, o.sequence LIMIT $2
), gone AS (
  DELETE FROM idempotency AS i USING used AS u
  WHERE i.account = u.account AND i.key = u.key RETURNING 1
), mark AS (
  INSERT INTO meta (name, value)
  SELECT $4, max(closed_at)::text FROM (
    SELECT closed_at FROM used UNION ALL
    SELECT closed_at FROM old WHERE (SELECT count(*) FROM used) < $2
  ) AS seen HAVING count(*) > 0
  ON CONFLICT (name) DO UPDATE SET value = excluded.value
)
SELECT count(*) AS gone FROM gone
"""
OLD_SHELF: Final = """
SELECT DISTINCT account, provider_message_id FROM (
  SELECT account, provider_message_id FROM shelf WHERE shelved_at <= $1
  ORDER BY shelved_at LIMIT $2
) AS s
"""
TAKE_OFF: Final = """
WITH gone AS (
  DELETE FROM shelf WHERE shelf_id = ANY(ARRAY(
    SELECT shelf_id FROM shelf WHERE shelved_at <= $1 ORDER BY shelved_at LIMIT $2
  )) AND (account, provider_message_id) IN (SELECT * FROM unnest($3::text[], $4::text[]))
  RETURNING shelf_id, account, news
) SELECT account, news FROM gone ORDER BY shelf_id
"""
DROP_REFS: Final = """
DELETE FROM provider_ref AS r USING unnest($1::text[], $2::text[]) AS k(a, b)
WHERE r.account = k.a AND r.provider_message_id = k.b AND r.sequence IS NULL
  AND NOT EXISTS (
    SELECT FROM shelf AS s
    WHERE s.account = r.account AND s.provider_message_id = r.provider_message_id
  )
"""
