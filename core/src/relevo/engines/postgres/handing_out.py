"""Pending webhooks, handed out to one machine at a time, and back if it is gone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from relevo.engines.postgres.columns import Row
from relevo.engines.postgres.connections import Connection
from relevo.engines.retention import HANDED_OUT_FOR
from relevo.engines.steps.handing_out import LOOKED_AT, PendingWebhook, choose
from relevo.engines.values import micros, moment_or_none

# From account to account along the index, taking the oldest of each.
_PENDING: Final = """
WITH RECURSIVE a AS (
  (SELECT account FROM webhook WHERE state = 'pending' ORDER BY account LIMIT 1)
  UNION ALL
  SELECT (
    SELECT account FROM webhook WHERE state = 'pending' AND account > a.account
    ORDER BY account LIMIT 1
  ) FROM a WHERE a.account IS NOT NULL
)
SELECT w.account, w.webhook_id, w.taken_until, w.taken_by FROM a CROSS JOIN LATERAL (
  SELECT * FROM webhook WHERE state = 'pending' AND account = a.account
  ORDER BY webhook_id LIMIT $1
) AS w
"""
# An open engine holds the lock of its own key as long as it is connected.
_GONE: Final = """
SELECT k.owner FROM unnest($1::bigint[]) AS k(owner)
WHERE pg_try_advisory_xact_lock_shared(k.owner)
"""
# The oldest of an account stands for it: of two machines that chose it, one locks it.
_TAKE: Final = """
WITH first AS (
  SELECT account FROM webhook
  WHERE webhook_id = ANY($5) AND state = 'pending'
    AND (taken_until IS NULL OR taken_until <= $1 OR taken_by = ANY($4))
  ORDER BY webhook_id FOR UPDATE SKIP LOCKED
), mine AS (
  SELECT webhook_id FROM webhook
  WHERE webhook_id = ANY($6) AND account IN (SELECT account FROM first) AND state = 'pending'
    AND (taken_until IS NULL OR taken_until <= $1 OR taken_by = ANY($4))
  ORDER BY webhook_id FOR UPDATE SKIP LOCKED
)
UPDATE webhook SET taken_until = $2, taken_by = $3
WHERE webhook_id IN (SELECT webhook_id FROM mine) RETURNING *
"""
_HAND_BACK: Final = """
UPDATE webhook SET taken_until = NULL, taken_by = NULL WHERE webhook_id = ANY(ARRAY(
  SELECT webhook_id FROM webhook
  WHERE webhook_id = ANY($1) AND state = 'pending' AND taken_by = $2
  ORDER BY webhook_id FOR UPDATE
))
"""


async def find_pending(connection: Connection) -> list[PendingWebhook]:
    """Give each account's oldest pending webhooks."""
    return [_read(row) for row in await connection.fetch(_PENDING, LOOKED_AT)]


async def take(connection: Connection, limit: int, now: datetime, owner: int) -> list[Row]:
    """Take the oldest pending webhooks that are in nobody's hands; within a transaction."""
    rows = await connection.fetch(_PENDING, LOOKED_AT)
    gone = await _gone(connection, {row["taken_by"] for row in rows} - {None, owner})
    free = [
        replace(_read(row), taken_until=None) if row["taken_by"] in gone else _read(row)
        for row in rows
    ]
    chosen = choose(free, limit, now)
    if not chosen:
        return []
    accounts = {one.webhook_id: one.account for one in free}
    first = {accounts[one]: one for one in reversed(chosen)}
    until = micros(now + HANDED_OUT_FOR)
    found = await connection.fetch(
        _TAKE, micros(now), until, owner, list(gone), sorted(first.values()), chosen
    )
    return sorted(found, key=lambda row: int(row["webhook_id"]))


async def hand_back(connection: Connection, webhook_ids: Collection[int], owner: int) -> None:
    """Let others take what is still pending here."""
    await connection.execute(_HAND_BACK, list(webhook_ids), owner)


async def _gone(connection: Connection, owners: set[int]) -> set[int]:
    """Tell which engines are no longer open anywhere."""
    if not owners:
        return set()
    return {row["owner"] for row in await connection.fetch(_GONE, list(owners))}


def _read(row: Row) -> PendingWebhook:
    return PendingWebhook(row["account"], row["webhook_id"], moment_or_none(row["taken_until"]))
