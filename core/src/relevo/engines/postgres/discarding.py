"""Items that were set aside: given up, or worked through again with their webhook."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from relevo.engines.postgres.columns import key_text
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.loading import Loader
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.postgres.webhooks import listed, named, read_fault
from relevo.engines.records import DiscardedItem
from relevo.engines.sight import Sight
from relevo.engines.steps.inbox import tell_discarded

# Items before webhooks, and each in key order, as whoever applies them writes.
_LOCK_DISCARDED: Final = """
SELECT 1 FROM webhook_item
WHERE state = 'discarded' AND ($1::text[] IS NULL OR account = ANY($1))
  AND ($2::bigint[] IS NULL OR webhook_id = ANY($2))
ORDER BY account, key FOR UPDATE
"""
_REOPEN: Final = """
UPDATE webhook SET state = 'pending', taken_until = NULL, taken_by = NULL
WHERE webhook_id = ANY(ARRAY(
  SELECT w.webhook_id FROM (
    SELECT webhook_id FROM webhook_item
    WHERE state = 'quarantined' AND ($1::text[] IS NULL OR account = ANY($1))
      AND ($2::bigint[] IS NULL OR webhook_id = ANY($2))
    UNION
    SELECT webhook_id FROM webhook_item
    WHERE $4 AND state = 'discarded' AND ($1::text[] IS NULL OR account = ANY($1))
      AND ($2::bigint[] IS NULL OR webhook_id = ANY($2))
  ) AS i JOIN webhook AS w USING (webhook_id)
  WHERE w.state <> 'pending' ORDER BY w.webhook_id LIMIT $3
)) RETURNING webhook_id
"""
_FORGET: Final = """
DELETE FROM webhook_item
WHERE webhook_id = ANY($2) AND state = 'discarded' AND ($1::text[] IS NULL OR account = ANY($1))
"""
_DISCARD: Final = """
WITH chosen AS (
  SELECT account, key FROM webhook_item
  WHERE state = 'quarantined' AND ($1::text[] IS NULL OR account = ANY($1))
    AND ($2::bigint[] IS NULL OR webhook_id = ANY($2)) AND ($3::text IS NULL OR key = $3)
  ORDER BY webhook_id, account, key LIMIT $4
), mine AS (
  SELECT account, key FROM webhook_item
  WHERE (account, key) IN (SELECT account, key FROM chosen) AND state = 'quarantined'
  ORDER BY account, key FOR UPDATE
)
UPDATE webhook_item AS i SET state = 'discarded', raw = NULL FROM mine
WHERE i.account = mine.account AND i.key = mine.key
RETURNING i.account, i.key, i.webhook_id, i.fault_code, i.fault_message, i.traceback
"""


async def reopen(
    connection: Connection,
    sight: Sight,
    webhook_ids: Collection[int],
    limit: int,
    *,
    discarded: bool,
) -> list[int]:
    """Let webhooks with items set aside be pending again, oldest first."""
    accounts, asked = listed(sight), named(webhook_ids)
    if discarded:
        await connection.execute(_LOCK_DISCARDED, accounts, asked)
    rows = await connection.fetch(_REOPEN, accounts, asked, max(limit, 0), discarded)
    reopened = sorted(int(row["webhook_id"]) for row in rows)
    if discarded:
        await connection.execute(_FORGET, accounts, reopened)
    return reopened


class Discards:
    """Give items up and tell each, in one transaction.

    Args:
        sight: Of these accounts.
        webhook_ids: Of these webhooks; none: of all.
        key: Only with this key.
        providers: Of accounts, to be told.
        limit: How many, at most.
    """

    def __init__(
        self,
        sight: Sight,
        webhook_ids: Collection[int],
        key: str | None,
        providers: Mapping[str, str],
        limit: int,
    ) -> None:
        self._chosen = (
            listed(sight),
            named(webhook_ids),
            None if key is None else key_text(key),
            max(limit, 0),
        )
        self._providers = providers
        self._gone: list[DiscardedItem] = []

    async def mark(self, connection: Connection, loader: Loader, needs: Needs) -> None:
        """Set them aside no more."""
        del loader, needs
        rows = await connection.fetch(_DISCARD, *self._chosen)
        self._gone = sorted(
            (
                DiscardedItem(row["account"], row["key"], row["webhook_id"], read_fault(row))
                for row in rows
            ),
            key=lambda item: (item.webhook_id, item.account, item.key),
        )

    def tell(self, rows: WorkingSet, now: datetime) -> list[DiscardedItem]:
        """Tell them as events."""
        tell_discarded(rows, self._gone, self._providers, now)
        return self._gone
