"""The shelf, echoes and the log: what the one writer does with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter

from relevo.engines.json_text import json_text, parse_json
from relevo.engines.records import MessageRecord
from relevo.engines.sqlite.columns import Row, micros, moment
from relevo.engines.steps.rows import EchoRow
from relevo.events import StatusUpdate
from relevo.middleware import EventDraft

_UPDATE = TypeAdapter(StatusUpdate)
_MICROSECOND = timedelta(microseconds=1)

_SHELVE: Final = """
INSERT INTO shelf (account, provider_message_id, news, shelved_at) VALUES (?, ?, ?, ?)
"""
_SHELVED: Final = """
SELECT news FROM shelf WHERE account = ? AND provider_message_id = ? ORDER BY shelf_id
"""
_UNSHELVE: Final = "DELETE FROM shelf WHERE account = ? AND provider_message_id = ?"
_OLD_SHELVED: Final = """
SELECT shelf_id, account, news FROM shelf WHERE shelved_at <= ? ORDER BY shelved_at LIMIT ?
"""
_TAKE_OFF: Final = "DELETE FROM shelf WHERE shelf_id = ?"
ECHO: Final = "SELECT first_at, slowest FROM echo WHERE account = ?"
_SAVE_ECHO: Final = """
INSERT INTO echo (account, first_at, slowest) VALUES (?, ?, ?)
ON CONFLICT (account) DO UPDATE SET first_at = excluded.first_at, slowest = excluded.slowest
"""
_TELL: Final = """
INSERT INTO event (type, account, message_id, conversation_id, time, data)
VALUES (?, ?, ?, ?, ?, ?)
"""


class NewsTables:
    """What providers told us and what we tell, within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.log_grew = False
        """Whether events were told; the writer asks after each commit."""

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
        return [_read_update(news) for (news,) in rows]

    def take_old(self, until: datetime, limit: int) -> Sequence[tuple[str, StatusUpdate]]:
        """Take statuses that were shelved so long ago off the shelf, with their accounts."""
        rows: list[Row] = self._connection.execute(_OLD_SHELVED, (micros(until), limit)).fetchall()
        self._connection.executemany(_TAKE_OFF, [(shelf_id,) for shelf_id, _, _ in rows])
        return [(account, _read_update(news)) for _, account, news in rows]

    def echo(self, account: str) -> EchoRow | None:
        """Tell how an account's echoes came until now."""
        row: Row | None = self._connection.execute(ECHO, (account,)).fetchone()
        return read_echo(row) if row else None

    def save_echo(self, account: str, row: EchoRow) -> None:
        """Keep how an account's echoes come."""
        values = (account, micros(row.first_at), row.slowest // _MICROSECOND)
        self._connection.execute(_SAVE_ECHO, values)

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


def read_echo(row: Row) -> EchoRow:
    """Read how echoes came."""
    return EchoRow(moment(row[0]), timedelta(microseconds=row[1]))


def _read_update(news: str) -> StatusUpdate:
    return _UPDATE.validate_python(parse_json(news))
