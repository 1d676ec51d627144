"""Why messages stand where they stand: their lanes, their accounts, and what is in doubt."""

# ruff: noqa: S608 - statements are joined from our own column lists; values are always bound.

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Final
from uuid import UUID

from relevo.engines.outages import Outage, outage_s
from relevo.engines.records import (
    AccountState,
    Doubt,
    DoubtRecord,
    Evidence,
    LaneStanding,
    MessageRecord,
    Standing,
)
from relevo.engines.sqlite.archive import find_attempts, find_message
from relevo.engines.sqlite.columns import OUTGOING_COLUMNS, Row, read_outgoing
from relevo.engines.sqlite.facts import read_pulse
from relevo.engines.sqlite.lanes import LANE, read_lane
from relevo.engines.sqlite.news import ECHO, read_echo
from relevo.engines.sqlite.waiting import (
    ACCOUNT,
    ACCOUNT_COLUMNS,
    DOUBT,
    DOUBT_COLUMNS,
    read_account,
    read_doubt,
)
from relevo.engines.steps.rows import Lane
from relevo.engines.values import micros, moment
from relevo.events import DeliveryStatus

Reader = sqlite3.Connection

_ACCOUNTS: Final = f"SELECT account, {ACCOUNT_COLUMNS} FROM account"
_LANE_KEY: Final = "SELECT lane_key FROM message WHERE sequence = ?"
_PLACE: Final = "SELECT place FROM delivery WHERE sequence = ?"
_AHEAD: Final = """
SELECT count(*) FROM delivery WHERE account = ? AND lane_key = ? AND place < ?
"""
_HEAD: Final = """
SELECT message_id, status FROM delivery JOIN message ON message.sequence = delivery.sequence
WHERE delivery.account = ? AND delivery.lane_key = ? ORDER BY place LIMIT 1
"""
_DUE_DOUBTS: Final = f"""
SELECT look_at, doubt.sequence, {DOUBT_COLUMNS}, {OUTGOING_COLUMNS} FROM doubt
JOIN message ON message.sequence = doubt.sequence
WHERE doubt.account = ? AND look_at <= ? AND message.status = 'unknown'
ORDER BY look_at LIMIT ?
"""
_DOUBT_BEGINS: Final = 2
_MESSAGE_BEGINS: Final = _DOUBT_BEGINS + len(DOUBT_COLUMNS.split(","))
_NEWEST_BEFORE: Final = """
SELECT arrived_at FROM webhook WHERE account = ? AND webhook_id < ?
ORDER BY webhook_id DESC LIMIT 1
"""
_BEYOND_ALL: Final = 2**63 - 1
_PENDING: Final = """
SELECT count(*), min(webhook_id) FROM webhook INDEXED BY webhook_pending
WHERE state = 'pending' AND account = ?
"""
# What a person discarded may have been an echo all the same.
_SET_ASIDE: Final = tuple(
    f"""
SELECT count(*), min(webhook_id) FROM webhook_item INDEXED BY webhook_item_{state}
WHERE state = '{state}' AND account = ? AND updated_at >= ?
"""
    for state in ("quarantined", "discarded")
)
_OUTAGES: Final = "SELECT began_at, ended_at FROM outage WHERE ended_at > ? ORDER BY ended_at"


def find_standing(reader: Reader, message_id: UUID, now: datetime) -> Standing:
    """Give all that decides what happens to a message next."""
    record = find_message(reader, message_id)
    doubt: Row | None = reader.execute(DOUBT, (record.sequence,)).fetchone()
    state: Row | None = reader.execute(ACCOUNT, (record.account,)).fetchone()
    standing = Standing(
        at=now,
        record=record,
        attempts=find_attempts(reader, message_id),
        account=read_account(state) if state else AccountState(),
        lane=_lane_standing(reader, record),
        doubt=read_doubt(doubt) if doubt else None,
    )
    head_id = standing.head_id
    head = None if head_id is None else find_standing(reader, head_id, now)
    return replace(standing, head=head)


def find_accounts(reader: Reader) -> dict[str, AccountState]:
    """Give the state of every account that has one."""
    return {row[0]: read_account(row[1:]) for row in reader.execute(_ACCOUNTS).fetchall()}


def find_doubts(reader: Reader, accounts: Iterable[str], limit: int, now: datetime) -> list[Doubt]:
    """Give doubts that are due for a look, longest due first, with what is known about them."""
    due: list[Row] = []
    for account in sorted(set(accounts)):
        due.extend(reader.execute(_DUE_DOUBTS, (account, micros(now), limit)).fetchall())
    witness = _Witness(reader, now)
    return [_read_due(row, witness) for row in sorted(due, key=itemgetter(0, 1))[:limit]]


class _Witness:
    """What is known of accounts' echo channels at one moment."""

    def __init__(self, reader: Reader, now: datetime) -> None:
        self._reader = reader
        self.now = now
        self._pulse = read_pulse(reader)

    def evidence(self, account: str, doubt: DoubtRecord) -> Evidence:
        """Tell what is known about one doubt."""
        unread = [self._unread(_PENDING, account)]
        unread += [self._unread(one, account, micros(doubt.began_at)) for one in _SET_ASIDE]
        before = (account, min(first for _, first in unread))
        read: Row | None = self._reader.execute(_NEWEST_BEFORE, before).fetchone()
        echo: Row | None = self._reader.execute(ECHO, (account,)).fetchone()
        return Evidence(
            read_until=moment(read[0]) if read else None,
            unread_webhooks=sum(count for count, _ in unread),
            slowest_echo_s=read_echo(echo).slowest.total_seconds() if echo else None,
            outage_s=self._outage_s(doubt.began_at),
        )

    def _outage_s(self, began_at: datetime) -> float:
        rows: list[Row] = self._reader.execute(_OUTAGES, (micros(began_at),)).fetchall()
        outages = [Outage(moment(began), moment(ended)) for began, ended in rows]
        return outage_s(outages, self._pulse, began_at, self.now)

    def _unread(self, statement: str, *values: object) -> tuple[int, int]:
        """Count webhooks, and give the oldest one's id."""
        count, first = self._reader.execute(statement, values).fetchone()
        return count, _BEYOND_ALL if first is None else first


def _read_due(row: Row, witness: _Witness) -> Doubt:
    doubt = read_doubt(row[_DOUBT_BEGINS:_MESSAGE_BEGINS])
    record, message = read_outgoing(row[_MESSAGE_BEGINS:])
    return Doubt(
        at=witness.now,
        message=message.for_attempt(doubt.attempt),
        account=record.account,
        record=doubt,
        evidence=witness.evidence(record.account, doubt),
        provider_message_id=record.provider_message_id,
    )


def _lane_standing(reader: Reader, record: MessageRecord) -> LaneStanding | None:
    (lane_key,) = reader.execute(_LANE_KEY, (record.sequence,)).fetchone()
    lane = Lane(record.account, lane_key)
    row: Row | None = reader.execute(LANE, lane).fetchone()
    if row is None:
        return None
    state = read_lane(row)
    place: Row | None = reader.execute(_PLACE, (record.sequence,)).fetchone()
    head: Row | None = reader.execute(_HEAD, lane).fetchone()
    return LaneStanding(
        due_at=state.due_at,
        worker=state.lease.worker if state.lease else None,
        ahead=int(reader.execute(_AHEAD, (*lane, *place)).fetchone()[0]) if place else 0,
        head_id=UUID(head[0]) if head else None,
        head_status=DeliveryStatus(head[1]) if head else None,
        pace=state.pace,
        waiting_here=place is not None,
    )
