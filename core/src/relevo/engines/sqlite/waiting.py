"""What waits for a moment: scheduled messages, doubts, and whole accounts."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from relevo.engines.records import AccountState, DoubtRecord, MessageRecord
from relevo.engines.sqlite.columns import MESSAGE_COLUMNS, Row, read_message
from relevo.engines.values import (
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    read_error,
    write_error,
)
from relevo.messages import UnknownPolicy

ACCOUNT_COLUMNS: Final = "full_at, blocked_until, paused_at, pause_error, fingerprint, health_json"
ACCOUNT: Final = f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE account = ?"
_SAVE_ACCOUNT: Final = f"""
INSERT INTO account (account, {ACCOUNT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account) DO UPDATE SET
  full_at = excluded.full_at, blocked_until = excluded.blocked_until,
  paused_at = excluded.paused_at, pause_error = excluded.pause_error,
  fingerprint = excluded.fingerprint, health_json = excluded.health_json
"""
_SCHEDULE: Final = """
INSERT INTO scheduled (sequence, account, due_at) VALUES (?, ?, ?)
ON CONFLICT (sequence) DO UPDATE SET due_at = excluded.due_at
"""
_UNSCHEDULE: Final = "DELETE FROM scheduled WHERE sequence = ?"
_DUE_SCHEDULED: Final = f"""
SELECT {MESSAGE_COLUMNS} FROM scheduled JOIN message ON message.sequence = scheduled.sequence
WHERE scheduled.account = ? AND scheduled.due_at <= ?
ORDER BY scheduled.due_at, scheduled.sequence LIMIT ?
"""
DOUBT_COLUMNS: Final = "doubt.attempt, doubt.began_at, doubt.policy, doubt.look_at, doubt.held_for"
DOUBT: Final = f"SELECT {DOUBT_COLUMNS} FROM doubt WHERE sequence = ?"
_SAVE_DOUBT: Final = """
INSERT INTO doubt (sequence, account, attempt, began_at, policy, look_at, held_for)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (sequence) DO UPDATE SET
  attempt = excluded.attempt, began_at = excluded.began_at, policy = excluded.policy,
  look_at = excluded.look_at, held_for = excluded.held_for
"""
_DROP_DOUBT: Final = "DELETE FROM doubt WHERE sequence = ?"
_NOTHING = AccountState()


class WaitingTables:
    """Scheduled messages, doubts and accounts within the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.accounts_changed = False
        """Whether an account, or a message's time, may let somebody have work now."""
        self.doubts_changed = False

    def account(self, account: str) -> AccountState:
        """Tell what stands between an account and its next message."""
        row: Row | None = self._connection.execute(ACCOUNT, (account,)).fetchone()
        return read_account(row) if row else _NOTHING

    def save_account(self, account: str, state: AccountState) -> None:
        """Keep how an account is now."""
        values = (
            account,
            micros_or_none(state.full_at),
            micros_or_none(state.blocked_until),
            micros_or_none(state.paused_at),
            write_error(state.pause_error),
            state.fingerprint,
            state.health_json,
        )
        self._connection.execute(_SAVE_ACCOUNT, values)
        self.accounts_changed = True

    def schedule(self, record: MessageRecord, due_at: datetime) -> None:
        """Let a message wait for its time, outside its lane."""
        values = (record.sequence, record.account, micros(due_at))
        self._connection.execute(_SCHEDULE, values)
        self.accounts_changed = True

    def unschedule(self, record: MessageRecord) -> None:
        """Let it wait no longer."""
        self._connection.execute(_UNSCHEDULE, (record.sequence,))

    def due_scheduled(self, account: str, now: datetime, limit: int) -> Sequence[MessageRecord]:
        """Give an account's messages whose time has come, earliest first."""
        rows = self._connection.execute(_DUE_SCHEDULED, (account, micros(now), limit)).fetchall()
        return [read_message(row) for row in rows]

    def doubt(self, record: MessageRecord) -> DoubtRecord | None:
        """Find the open doubt about a message."""
        row: Row | None = self._connection.execute(DOUBT, (record.sequence,)).fetchone()
        return read_doubt(row) if row else None

    def save_doubt(self, record: MessageRecord, doubt: DoubtRecord) -> None:
        """Keep a doubt as it is now."""
        values = (
            record.sequence,
            record.account,
            doubt.attempt,
            micros(doubt.began_at),
            doubt.policy.value,
            micros_or_none(doubt.look_at),
            doubt.held_for,
        )
        self._connection.execute(_SAVE_DOUBT, values)
        self.doubts_changed = True

    def drop_doubt(self, record: MessageRecord) -> None:
        """Forget the doubt about a message, if there is one."""
        self._connection.execute(_DROP_DOUBT, (record.sequence,))


def read_account(row: Row) -> AccountState:
    """Read an account from `ACCOUNT_COLUMNS`."""
    return AccountState(
        full_at=moment_or_none(row[0]),
        blocked_until=moment_or_none(row[1]),
        paused_at=moment_or_none(row[2]),
        pause_error=read_error(row[3]),
        fingerprint=row[4],
        health_json=row[5],
    )


def read_doubt(row: Row) -> DoubtRecord:
    """Read a doubt from `DOUBT_COLUMNS`."""
    return DoubtRecord(
        attempt=row[0],
        began_at=moment(row[1]),
        policy=UnknownPolicy(row[2]),
        look_at=moment_or_none(row[3]),
        held_for=row[4],
    )
