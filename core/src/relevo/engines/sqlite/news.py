"""The shelf, echoes and the log: what the one writer does with them."""

# ruff: noqa: S608 - statements are joined from our own constants; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter

from relevo.engines.json_text import json_text, parse_json
from relevo.engines.outcomes import conversation_of
from relevo.engines.records import MessageRecord
from relevo.engines.sqlite.columns import Row
from relevo.engines.steps.rows import EchoRow
from relevo.engines.values import micros, moment
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
_ANY_SHELVED: Final = "SELECT 1 FROM shelf WHERE shelf_id > 0 LIMIT 1"
_EVENT: Final = "(?, ?, ?, ?, ?, ?)"
_TELL: Final = f"""
INSERT INTO event (type, account, message_id, conversation_id, time, data) VALUES {_EVENT}
"""
_AT_ONCE: Final = 32
# One statement for many events: it costs much less than as many statements.
_TELL_MANY: Final = _TELL.rstrip() + f", {_EVENT}" * (_AT_ONCE - 1)


class NewsTables:
    """What providers told us and what we tell, within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.untold: list[tuple[object, ...]] = []
        """Events that are still to be written, in order; the writer does it before it commits."""
        self.log_grew = False
        """Whether events were told; the writer asks after each commit."""
        self._shelf_is_empty: bool | None = None

    def shelve(self, account: str, update: StatusUpdate, now: datetime) -> None:
        """Keep a status whose message is not known yet."""
        news = json_text(_UPDATE.dump_python(update, mode="json"))
        values = (account, update.provider_message_id, news, micros(now))
        self._connection.execute(_SHELVE, values)
        self._shelf_is_empty = False

    def unshelve(self, account: str, provider_message_id: str) -> Sequence[StatusUpdate]:
        """Take shelved statuses off the shelf, in order of arrival."""
        if self._shelf_is_empty is None:
            self._shelf_is_empty = self._connection.execute(_ANY_SHELVED).fetchone() is None
        if self._shelf_is_empty:
            return []
        key = (account, provider_message_id)
        rows: list[Row] = self._connection.execute(_SHELVED, key).fetchall()
        if rows:
            self._connection.execute(_UNSHELVE, key)
            self.forget_shelf()
        return [_read_update(news) for (news,) in rows]

    def forget_shelf(self) -> None:
        """Look again whether there is anything on the shelf."""
        self._shelf_is_empty = None

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
        self.untold.append(
            (
                draft.type.value,
                account,
                str(about.message_id) if about else None,
                conversation_of(draft.data, about),
                micros(now),
                json_text(draft.data),
            )
        )
        self.log_grew = True

    def write_log(self) -> None:
        """Write the events that were told, many with one statement."""
        untold, self.untold = self.untold, []
        whole = len(untold) - len(untold) % _AT_ONCE
        for first in range(0, whole, _AT_ONCE):
            values = [value for row in untold[first : first + _AT_ONCE] for value in row]
            self._connection.execute(_TELL_MANY, values)
        self._connection.executemany(_TELL, untold[whole:])


def read_echo(row: Row) -> EchoRow:
    """Read how echoes came."""
    return EchoRow(moment(row[0]), timedelta(microseconds=row[1]))


def _read_update(news: str) -> StatusUpdate:
    return _UPDATE.validate_python(parse_json(news))
