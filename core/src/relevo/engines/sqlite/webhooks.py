"""Webhooks and their items: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final

from relevo.engines.json_text import json_text, plain_text
from relevo.engines.records import (
    DiscardedItem,
    ItemFault,
    ItemState,
    WebhookRecord,
    WebhookState,
)
from relevo.engines.sight import Sight
from relevo.engines.sqlite.columns import Row
from relevo.engines.steps.handing_out import LOOKED_AT, PendingWebhook, choose
from relevo.engines.steps.rows import ItemRow
from relevo.engines.values import micros, moment, moment_or_none, read_json, write_json
from relevo.webhooks import WebhookItem, WebhookRequest

WEBHOOK_COLUMNS: Final = (
    "webhook_id, account, method, path, body, headers, query, arrived_at, state"
)
_ADD_WEBHOOK: Final = """
INSERT INTO webhook (account, method, path, body, headers, query, arrived_at, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEXT_ACCOUNT: Final = """
SELECT account FROM webhook WHERE state = 'pending' AND account > ? ORDER BY account LIMIT 1
"""
_OLDEST: Final = """
SELECT webhook_id, taken_until FROM webhook
WHERE state = 'pending' AND account = ? ORDER BY webhook_id LIMIT ?
"""
_OLDEST_ARRIVAL: Final = """
SELECT arrived_at FROM webhook
WHERE state = 'pending' AND account = ? ORDER BY webhook_id LIMIT 1
"""
_HAND_OUT: Final = f"""
UPDATE webhook SET taken_until = ? WHERE webhook_id = ? RETURNING {WEBHOOK_COLUMNS}
"""
_HAND_BACK: Final = """
UPDATE webhook SET taken_until = NULL WHERE webhook_id = ? AND state = 'pending'
"""
_WEBHOOK_ACCOUNT: Final = "SELECT account FROM webhook WHERE webhook_id = ?"
_CLOSE_WEBHOOK: Final = "UPDATE webhook SET state = ?, taken_until = NULL WHERE webhook_id = ?"
_REOPENABLE: Final = """
SELECT DISTINCT item.webhook_id
FROM webhook_item AS item INDEXED BY webhook_item_{state}
JOIN webhook ON webhook.webhook_id = item.webhook_id
WHERE item.state = '{state}' AND webhook.state <> 'pending' AND {wanted}
ORDER BY item.webhook_id LIMIT ?
"""
_FORGET: Final = """
DELETE FROM webhook_item AS item
WHERE item.webhook_id = ? AND item.state = 'discarded' AND {wanted}
"""
_DISCARDABLE: Final = """
SELECT account, key, webhook_id, fault_code, fault_message, traceback
FROM webhook_item AS item INDEXED BY webhook_item_quarantined
WHERE item.state = 'quarantined' AND {wanted}
ORDER BY webhook_id, account, key LIMIT ?
"""
_DISCARD: Final = """
UPDATE webhook_item SET state = 'discarded', raw = NULL WHERE account = ? AND key = ?
"""
_ITEM: Final = """
SELECT state, fault_code, fault_message, traceback FROM webhook_item
WHERE account = ? AND key = ?
"""
_SAVE_ITEM: Final = """
INSERT OR REPLACE INTO webhook_item
  (account, key, webhook_id, state, raw, fault_code, fault_message, traceback, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class WebhookTables:
    """Find and keep webhooks within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.webhooks_came = False
        """Whether a webhook waits now; the writer asks after each commit."""

    def add_webhook(self, account: str, request: WebhookRequest, now: datetime) -> int:
        """Keep a webhook that nothing was made of yet."""
        values = (
            account,
            request.method,
            plain_text(request.path),
            request.body,
            json_text(dict(request.headers)),
            json_text(dict(request.query)),
            micros(now),
            WebhookState.PENDING.value,
        )
        added = self._connection.execute(_ADD_WEBHOOK, values)
        self.webhooks_came = True
        return added.lastrowid or 0

    def hand_out(self, limit: int, now: datetime, until: datetime) -> list[WebhookRecord]:
        """Give the oldest pending webhooks in nobody's hands, and keep them from others."""
        return [
            read_webhook(self._connection.execute(_HAND_OUT, (micros(until), one)).fetchone())
            for one in choose(find_pending(self._connection), limit, now)
        ]

    def hand_back(self, webhook_ids: Collection[int]) -> None:
        """Let others have pending webhooks."""
        self._connection.executemany(_HAND_BACK, [(one,) for one in webhook_ids])
        self.webhooks_came = True

    def webhook_account(self, webhook_id: int) -> str | None:
        """Tell whose webhook it is."""
        row: Row | None = self._connection.execute(_WEBHOOK_ACCOUNT, (webhook_id,)).fetchone()
        return row[0] if row else None

    def close_webhook(self, webhook_id: int, state: WebhookState) -> None:
        """Note how far a webhook got."""
        self._connection.execute(_CLOSE_WEBHOOK, (state.value, webhook_id))

    def reopen(
        self, sight: Sight, webhook_ids: Collection[int], limit: int, *, discarded: bool
    ) -> list[int]:
        """Let webhooks with items set aside be worked through again, oldest first."""
        wanted, values = _chosen(sight, webhook_ids)
        found: set[int] = set()
        for state in ("quarantined", "discarded") if discarded else ("quarantined",):
            statement = _REOPENABLE.format(state=state, wanted=wanted)
            rows = self._connection.execute(statement, (*values, limit)).fetchall()
            found.update(webhook_id for (webhook_id,) in rows)
        reopened = sorted(found)[:limit]
        for webhook_id in reopened:
            if discarded:
                forget = _FORGET.format(wanted=wanted)
                self._connection.execute(forget, (webhook_id, *values))
            self.close_webhook(webhook_id, WebhookState.PENDING)
        self.webhooks_came = True
        return reopened

    def discard(
        self, sight: Sight, webhook_ids: Collection[int], key: str | None, limit: int
    ) -> list[DiscardedItem]:
        """Set items aside no more, those of the oldest webhook first."""
        wanted, values = _chosen(sight, webhook_ids, key)
        statement = _DISCARDABLE.format(wanted=wanted)
        rows: list[Row] = self._connection.execute(statement, (*values, limit)).fetchall()
        self._connection.executemany(_DISCARD, [row[:2] for row in rows])
        return [DiscardedItem(row[0], row[1], row[2], ItemFault(*row[3:])) for row in rows]

    def item(self, account: str, key: str) -> ItemRow | None:
        """Tell what became of an item when it came before."""
        row: Row | None = self._connection.execute(_ITEM, (account, key)).fetchone()
        if row is None:
            return None
        return ItemRow(ItemState(row[0]), None if row[1] is None else ItemFault(*row[1:]))

    def save_item(
        self, account: str, item: WebhookItem, row: ItemRow, webhook_id: int, now: datetime
    ) -> None:
        """Keep what became of an item; its raw object only while it is quarantined."""
        fault = row.fault
        values = (
            account,
            item.key,
            webhook_id,
            row.state.value,
            write_json(item.raw) if fault else None,
            fault.code if fault else None,
            fault.message if fault else None,
            fault.traceback if fault else None,
            micros(now),
        )
        self._connection.execute(_SAVE_ITEM, values)


def _chosen(
    sight: Sight, webhook_ids: Collection[int], key: str | None = None
) -> tuple[str, list[Any]]:
    """Write which items are meant and may be seen, and its values."""
    wanted = ["1"]
    values: list[Any] = []
    if sight is not None:
        wanted.append("item.account IN (SELECT value FROM json_each(?))")
        values.append(json_text(sorted(sight)))
    if webhook_ids:
        wanted.append("item.webhook_id IN (SELECT value FROM json_each(?))")
        values.append(json_text(sorted(webhook_ids)))
    if key is not None:
        wanted.append("item.key = ?")
        values.append(plain_text(key))
    return " AND ".join(wanted), values


def find_pending(connection: sqlite3.Connection) -> Iterator[PendingWebhook]:
    """Give each account's oldest pending webhooks; from account to account along the index."""
    account = ""
    while row := connection.execute(_NEXT_ACCOUNT, (account,)).fetchone():
        (account,) = row
        for webhook_id, taken_until in connection.execute(_OLDEST, (account, LOOKED_AT)):
            yield PendingWebhook(account, webhook_id, moment_or_none(taken_until))


def find_oldest_arrivals(connection: sqlite3.Connection) -> Iterator[int]:
    """Give when each account's oldest pending webhook came."""
    account = ""
    while row := connection.execute(_NEXT_ACCOUNT, (account,)).fetchone():
        (account,) = row
        yield connection.execute(_OLDEST_ARRIVAL, (account,)).fetchone()[0]


def read_webhook(row: Row) -> WebhookRecord:
    """Read a webhook from `WEBHOOK_COLUMNS`."""
    return WebhookRecord(
        webhook_id=row[0],
        account=row[1],
        method=row[2],
        path=row[3],
        body=row[4],
        headers=read_json(row[5]),
        query=read_json(row[6]),
        arrived_at=moment(row[7]),
        state=WebhookState(row[8]),
    )
