"""What can be read about messages, threads and webhooks. Each is one short look."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from heapq import nlargest
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from relevo.engines.outcomes import unknown_message, unknown_webhook
from relevo.engines.paging import Mark, page_of, write_mark
from relevo.engines.records import (
    AttemptRecord,
    ConversationRecord,
    ItemFault,
    MessageRecord,
    Page,
    QuarantinedItem,
    ReplayQuery,
    WebhookRecord,
)
from relevo.engines.retention import PURGED_CONTENT
from relevo.engines.sight import Sight, sees, sight_of
from relevo.engines.sqlite.attempts import ATTEMPT_COLUMNS, read_attempt
from relevo.engines.sqlite.columns import Row, read_message
from relevo.engines.sqlite.conditions import among, places, where
from relevo.engines.sqlite.finding import find_threads, known_accounts
from relevo.engines.sqlite.messages import MESSAGE
from relevo.engines.sqlite.threads import CONVERSATION_COLUMNS, read_conversation
from relevo.engines.sqlite.webhooks import WEBHOOK_COLUMNS, read_webhook
from relevo.engines.steps.inbox import state_told
from relevo.engines.values import micros_or_none, moment, read_json, write_content

Reader = sqlite3.Connection

_ATTEMPTS: Final = f"SELECT {ATTEMPT_COLUMNS} FROM attempt WHERE sequence = ? ORDER BY number"
_WEBHOOK: Final = f"SELECT {WEBHOOK_COLUMNS} FROM webhook WHERE webhook_id = ?"
_ASIDE: Final = """
SELECT 1 FROM webhook_item WHERE webhook_id = ? AND state = 'quarantined' LIMIT 1
"""
_ITEM_COLUMNS: Final = (
    "account, key, webhook_id, raw, fault_code, fault_message, traceback, updated_at"
)
_LAST_COLUMN: Final = -1


def find_message(reader: Reader, message_id: UUID) -> MessageRecord:
    """Give one message."""
    row: Row | None = reader.execute(MESSAGE, (str(message_id),)).fetchone()
    if row is None:
        raise unknown_message(message_id)
    return read_message(row)


def find_attempts(reader: Reader, message_id: UUID) -> list[AttemptRecord]:
    """Give a message's attempts, first to last."""
    record = find_message(reader, message_id)
    rows = reader.execute(_ATTEMPTS, (record.sequence,)).fetchall()
    return [read_attempt(row).record for row in rows]


def find_dead(reader: Reader, query: ReplayQuery) -> list[UUID]:
    """Give the dead letters a query means, in order of acceptance; purged ones say nothing."""
    sight = sight_of(query.account, query.visible)
    if sight is not None and not sight:
        return []  # SQLite refuses an index where nothing can be found
    threads = find_threads(reader, query, sight)
    if threads is not None and not threads:
        return []
    asked, values = where(
        {
            **among("account", sight),
            **among("conversation_id", threads),
            **among("status", query.statuses or None),
            "created_at >= ?": micros_or_none(query.created_from),
            "created_at < ?": micros_or_none(query.created_until),
            "json_extract(error, '$.code') = ?": query.error_code,
            "closed_at >= ?": micros_or_none(query.closed_from),
            "closed_at < ?": micros_or_none(query.closed_until),
            "content <> ?": write_content(PURGED_CONTENT),
        }
    )
    statement = (
        f"SELECT message_id FROM message INDEXED BY message_dead {asked} "
        "AND status IN ('failed', 'expired') AND provider_message_id IS NULL "
        "ORDER BY sequence LIMIT ?"
    )
    rows = reader.execute(statement, (*values, query.limit)).fetchall()
    return [UUID(message_id) for (message_id,) in rows]


def find_named(reader: Reader, query: ReplayQuery) -> list[UUID]:
    """Give the messages a query names, in order of acceptance, and last those nobody may know."""
    asked = sorted(query.message_ids)
    statement = (
        "SELECT message_id, account FROM message "
        f"WHERE message_id IN ({places(asked)}) ORDER BY sequence"
    )
    rows = reader.execute(statement, [str(one) for one in asked]).fetchall()
    known = [UUID(message_id) for message_id, account in rows if sees(query.visible, account)]
    unknown = [one for one in asked if one not in set(known)]
    return [*known, *unknown][: query.limit]


def find_conversations(
    reader: Reader, sight: Sight, below: int | None, limit: int
) -> Page[ConversationRecord]:
    """Give threads, newest activity first: the newest of each account, merged."""
    rows: list[Row] = []
    for account in known_accounts(reader, sight):
        asked, values = where({"account = ?": account, "last_sequence < ?": below})
        statement = (
            f"SELECT {CONVERSATION_COLUMNS} FROM conversation {asked} AND joined_to IS NULL "
            "ORDER BY last_sequence DESC LIMIT ?"
        )
        rows += reader.execute(statement, (*values, limit + 1)).fetchall()
    rows = nlargest(limit + 1, rows, key=itemgetter(_LAST_COLUMN))
    return page_of(rows, limit, row=read_conversation, cursor=lambda row: int(row[_LAST_COLUMN]))


def find_webhook(reader: Reader, webhook_id: int) -> WebhookRecord:
    """Give one raw webhook."""
    row: Row | None = reader.execute(_WEBHOOK, (webhook_id,)).fetchone()
    if row is None:
        raise unknown_webhook(webhook_id)
    aside = reader.execute(_ASIDE, (webhook_id,)).fetchone() is not None
    webhook = read_webhook(row)
    return replace(webhook, state=state_told(webhook.state, aside=aside))


def find_quarantined(
    reader: Reader, sight: Sight, webhook_ids: Collection[int], below: Mark | None, limit: int
) -> Page[QuarantinedItem]:
    """Give items that were set aside, newest first."""
    wanted: dict[str, Any] = {
        "state = ?": "quarantined",
        **among("account", sight),
        **among("webhook_id", webhook_ids or None),
        "(webhook_id, account, key) < (?, ?, ?)": list(below) if below else None,
    }
    asked, values = where(wanted)
    statement = (
        f"SELECT {_ITEM_COLUMNS} FROM webhook_item {asked} "
        "ORDER BY webhook_id DESC, account DESC, key DESC LIMIT ?"
    )
    rows = reader.execute(statement, (*values, limit + 1)).fetchall()
    return page_of(
        rows, limit, row=_read_quarantined, cursor=lambda row: write_mark((row[2], row[0], row[1]))
    )


def _read_quarantined(row: Row) -> QuarantinedItem:
    account, key, webhook_id, raw, code, message, traceback, updated_at = row
    return QuarantinedItem(
        account=account,
        key=key,
        webhook_id=webhook_id,
        raw=read_json(raw),
        fault=ItemFault(code, message, traceback),
        updated_at=moment(updated_at),
    )
