"""Providers' ids, the shelf, webhooks and the log: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from relevo.engines.json_text import json_text, parse_json, plain_text
from relevo.engines.records import ItemFault, ItemState, MessageRecord, WebhookState
from relevo.engines.sqlite.columns import MESSAGE_COLUMNS, Row, micros, read_message, write_json
from relevo.engines.steps.rows import ItemRow
from relevo.events import StatusUpdate
from relevo.middleware import EventDraft
from relevo.webhooks import WebhookItem, WebhookRequest

_UPDATE = TypeAdapter(StatusUpdate)

_BY_REF: Final = f"""
SELECT {MESSAGE_COLUMNS} FROM provider_ref
JOIN message ON message.sequence = provider_ref.sequence
WHERE provider_ref.account = ? AND provider_ref.provider_message_id = ?
"""
_LINK: Final = """
INSERT INTO provider_ref (account, provider_message_id, sequence) VALUES (?, ?, ?)
ON CONFLICT (account, provider_message_id) DO UPDATE SET sequence = excluded.sequence
"""
_SHELVE: Final = """
INSERT INTO shelf (account, provider_message_id, news, shelved_at) VALUES (?, ?, ?, ?)
"""
_SHELVED: Final = """
SELECT news FROM shelf WHERE account = ? AND provider_message_id = ? ORDER BY shelf_id
"""
_UNSHELVE: Final = "DELETE FROM shelf WHERE account = ? AND provider_message_id = ?"
_ADD_WEBHOOK: Final = """
INSERT INTO webhook (account, method, path, body, headers, query, arrived_at, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_WEBHOOK_ACCOUNT: Final = "SELECT account FROM webhook WHERE webhook_id = ?"
_CLOSE_WEBHOOK: Final = "UPDATE webhook SET state = ? WHERE webhook_id = ?"
_ITEM: Final = """
SELECT state, fault_code, fault_message, traceback FROM webhook_item
WHERE account = ? AND key = ?
"""
_SAVE_ITEM: Final = """
INSERT OR REPLACE INTO webhook_item
  (account, key, webhook_id, state, raw, fault_code, fault_message, traceback, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TELL: Final = """
INSERT INTO event (type, account, message_id, conversation_id, time, data)
VALUES (?, ?, ?, ?, ?, ?)
"""
_NOTE_CHECK: Final = "INSERT OR REPLACE INTO meta (name, value) VALUES ('checked_at', ?)"


class NewsTables:
    """What providers told us and what we tell, within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.log_grew = False
        """Whether events were told; the writer asks after each commit."""
        self.webhooks_came = False

    def message_by_ref(self, account: str, provider_message_id: str) -> MessageRecord | None:
        """Find a message by the provider's id."""
        row = self._connection.execute(_BY_REF, (account, provider_message_id)).fetchone()
        return read_message(row) if row else None

    def link(self, provider_message_id: str, record: MessageRecord) -> None:
        """Remember the provider's id of a message."""
        values = (record.account, provider_message_id, record.sequence)
        self._connection.execute(_LINK, values)

    def shelve(self, account: str, update: StatusUpdate, now: datetime) -> None:
        """Keep a status whose message is not known yet."""
        news = json_text(_UPDATE.dump_python(update, mode="json"))
        values = (account, update.provider_message_id, news, micros(now))
        self._connection.execute(_SHELVE, values)

    def unshelve(self, account: str, provider_message_id: str) -> Sequence[StatusUpdate]:
        """Take shelved statuses off the shelf, in order of arrival."""
        key = (account, provider_message_id)
        rows: list[Row] = self._connection.execute(_SHELVED, key).fetchall()
        if rows:
            self._connection.execute(_UNSHELVE, key)
        return [_UPDATE.validate_python(parse_json(news)) for (news,) in rows]

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

    def webhook_account(self, webhook_id: int) -> str | None:
        """Tell whose webhook it is."""
        row: Row | None = self._connection.execute(_WEBHOOK_ACCOUNT, (webhook_id,)).fetchone()
        return row[0] if row else None

    def close_webhook(self, webhook_id: int, state: WebhookState) -> None:
        """Note how far a webhook got."""
        self._connection.execute(_CLOSE_WEBHOOK, (state.value, webhook_id))

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

    def tell(
        self, draft: EventDraft, account: str, about: MessageRecord | None, now: datetime
    ) -> None:
        """Append an event to the log."""
        values = (
            draft.type.value,
            account,
            str(about.message_id) if about else None,
            about.conversation_id if about else None,
            micros(now),
            json_text(draft.data),
        )
        self._connection.execute(_TELL, values)
        self.log_grew = True

    def note_check(self, now: datetime) -> None:
        """Write something, to see that it can be written."""
        self._connection.execute(_NOTE_CHECK, (str(micros(now)),))
