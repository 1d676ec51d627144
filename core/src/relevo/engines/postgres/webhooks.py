"""Raw webhooks, kept as they came, and their items that were set aside."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from relevo.engines.json_text import json_text, plain_text
from relevo.engines.outcomes import unknown_webhook
from relevo.engines.paging import Mark, page_of, write_mark
from relevo.engines.postgres.columns import Row
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.waiting import SEEN, read_pulse
from relevo.engines.records import (
    ItemFault,
    Page,
    QuarantinedItem,
    WebhookRecord,
    WebhookState,
)
from relevo.engines.sight import Sight
from relevo.engines.steps.inbox import state_told
from relevo.engines.values import micros, moment, read_json
from relevo.webhooks import WebhookRequest

LARGEST: Final = 2**63 - 1
_KEEP: Final = """
INSERT INTO webhook (account, method, path, body, headers, query, arrived_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending') RETURNING webhook_id
"""
_WEBHOOK: Final = """
SELECT *, EXISTS (
  SELECT FROM webhook_item AS i WHERE i.webhook_id = w.webhook_id AND i.state = 'quarantined'
) AS aside FROM webhook AS w WHERE webhook_id = $1
"""
_QUARANTINED: Final = """
SELECT * FROM webhook_item WHERE state = 'quarantined' AND ($1::text[] IS NULL OR account = ANY($1))
  AND ($2::bigint IS NULL OR (webhook_id, account, key) < ($2, $3, $4))
  AND ($6::bigint[] IS NULL OR webhook_id = ANY($6))
ORDER BY webhook_id DESC, account DESC, key DESC LIMIT $5
"""
_FIRST_BEAT: Final = """
INSERT INTO meta (name, value) VALUES ('receiver_seen_at', $1) ON CONFLICT (name) DO NOTHING
RETURNING name
"""
_LOCK_BEAT: Final = "SELECT name FROM meta WHERE name = 'receiver_seen_at' FOR UPDATE"
_BEAT: Final = """
INSERT INTO meta (name, value)
VALUES ('receiver_seen_at', $1), ('receiver_every_us', $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_OUTAGE: Final = "INSERT INTO outage (began_at, ended_at) VALUES ($1, $2)"


async def keep(connection: Connection, account: str, request: WebhookRequest, now: datetime) -> int:
    """Keep a webhook that nothing was made of yet."""
    (row,) = await connection.fetch(
        _KEEP,
        account,
        plain_text(request.method),
        plain_text(request.path),
        request.body,
        json_text(dict(request.headers)),
        json_text(dict(request.query)),
        micros(now),
    )
    return int(row["webhook_id"])


async def find(connection: Connection, webhook_id: int) -> WebhookRecord:
    """Give one raw webhook."""
    rows = await connection.fetch(_WEBHOOK, webhook_id) if 0 < webhook_id <= LARGEST else []
    if not rows:
        raise unknown_webhook(webhook_id)
    webhook = read_webhook(rows[0])
    return replace(webhook, state=state_told(webhook.state, aside=rows[0]["aside"]))


async def find_quarantined(
    connection: Connection,
    sight: Sight,
    webhook_ids: Collection[int],
    below: Mark | None,
    limit: int,
) -> Page[QuarantinedItem]:
    """Give items that were set aside, newest first."""
    mark = below or (None, None, None)
    rows = await connection.fetch(_QUARANTINED, listed(sight), *mark, limit + 1, named(webhook_ids))
    return page_of(
        rows,
        limit,
        row=_read_item,
        cursor=lambda row: write_mark((row["webhook_id"], row["account"], row["key"])),
    )


async def beat(connection: Connection, now: datetime, every_s: float) -> None:
    """Note that a receiver is up, and what its silence meant; within a transaction."""
    if not await connection.fetch(_FIRST_BEAT, str(micros(now))):
        await connection.fetch(_LOCK_BEAT)
        last = read_pulse(await connection.fetch(SEEN))
        outage = last.outage_until(now) if last else None
        if outage is not None:
            await connection.execute(_OUTAGE, micros(outage.began_at), micros(outage.ended_at))
    await connection.execute(_BEAT, str(micros(now)), str(int(every_s * 1_000_000)))


def read_webhook(row: Row) -> WebhookRecord:
    """Read a webhook from its columns."""
    return WebhookRecord(
        webhook_id=row["webhook_id"],
        account=row["account"],
        method=row["method"],
        path=row["path"],
        body=row["body"],
        headers=read_json(row["headers"]),
        query=read_json(row["query"]),
        arrived_at=moment(row["arrived_at"]),
        state=WebhookState(row["state"]),
    )


def read_fault(row: Row) -> ItemFault:
    """Read why an item was set aside."""
    return ItemFault(row["fault_code"] or "", row["fault_message"] or "", row["traceback"] or "")


def _read_item(row: Row) -> QuarantinedItem:
    return QuarantinedItem(
        account=row["account"],
        key=row["key"],
        webhook_id=row["webhook_id"],
        raw=read_json(row["raw"]),
        fault=read_fault(row),
        updated_at=moment(row["updated_at"]),
    )


def named(webhook_ids: Collection[int]) -> list[int] | None:
    """Name webhooks that there can be; None: all."""
    return [one for one in webhook_ids if 0 < one <= LARGEST] if webhook_ids else None


def listed(sight: Sight) -> list[str] | None:
    """Name the accounts that may be seen; None: all."""
    return None if sight is None else [plain_text(account) for account in sorted(sight)]
