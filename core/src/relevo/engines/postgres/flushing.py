"""Write what the steps changed: one statement for each table, the events last.

Rows that are new to everybody are written in key order, and each says whether
somebody else was first; then the transaction begins again and sees theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from relevo.engines.json_text import json_text
from relevo.engines.media_columns import MEDIA_COLUMNS, write_media
from relevo.engines.postgres import changes
from relevo.engines.postgres.columns import (
    Row,
    write_attempt,
    write_message,
    write_new_message,
)
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.needs import Overtaken
from relevo.engines.postgres.news_rows import UPDATE
from relevo.engines.postgres.people import write_aliases, write_preferences, write_threads
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.postgres.statements import together, values_of
from relevo.engines.values import micros, micros_or_none, write_error, write_json

_MICROSECOND: Final = timedelta(microseconds=1)


async def flush(connection: Connection, rows: WorkingSet) -> None:
    """Write every change.

    Raises:
        Overtaken: Somebody else wrote one of the new rows first.
    """
    write = _Writing(connection)
    await _flush_messages(write, rows)
    await _flush_people(write, rows)
    await _flush_lanes(write, rows)
    await _flush_news(write, rows)
    files = [write_media(media) for _, media in rows.files.changes()]
    write(changes.SAVE_MEDIA, MEDIA_COLUMNS, files)
    write(changes.TELL, changes.EVENT, rows.events)
    await write.now()


class _Writing:
    """Gather batched statements, skipping those without rows, for one trip to the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._statements: list[str] = []
        self._values: list[Sequence[Any]] = []

    def __call__(self, statement: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        if rows:
            self._statements.append(statement)
            self._values += values_of(columns, rows)

    def drop(self, statement: str, sequences: Sequence[int]) -> None:
        if sequences:
            self._statements.append(statement)
            self._values.append(list(sequences))

    async def now(self) -> None:
        """Carry out what was gathered; those that follow see what it wrote."""
        if self._statements:
            await self._connection.execute(together(tuple(self._statements)), *self._values)
            self._statements, self._values = [], []

    async def new(
        self,
        statement: str,
        columns: Sequence[str],
        rows: list[dict[str, Any]],
        by: Callable[[dict[str, Any]], Any],
        *more: Sequence[Any],
    ) -> None:
        """Write rows of which somebody else may have been first."""
        if not rows:
            return
        rows = sorted(rows, key=by)
        kept = await self._connection.fetch(statement, *values_of(columns, rows), *more)
        if len(kept) < len(rows):
            raise Overtaken


async def _flush_messages(write: _Writing, rows: WorkingSet) -> None:
    added, changed, answered = [], [], []
    for message_id, record in rows.messages.changes():
        before = rows.messages.before(message_id)
        if before is None:
            asked = rows.asked_of[record.sequence]
            added.append(write_new_message(record, asked.lane.lane_key, asked.message))
            continue
        if record.raw is before.raw:
            changed.append(write_message(record))
        else:
            answered.append({**write_message(record), "raw": write_json(record.raw)})
    await write.new(
        changes.ADD_MESSAGES, changes.NEW_MESSAGE, added, lambda row: row["message_id"].int
    )
    write(changes.SAVE_MESSAGES, changes.CHANGED_MESSAGE, changed)
    write(changes.SAVE_WITH_RAW, [*changes.CHANGED_MESSAGE, "raw"], answered)
    attempts = [write_attempt(key[0], row) for key, row in rows.attempts.changes()]
    write(changes.SAVE_ATTEMPTS, changes.ATTEMPT, attempts)


async def _flush_people(write: _Writing, rows: WorkingSet) -> None:
    write(changes.SAVE_THREADS, changes.THREAD, write_threads(rows))
    write(changes.SAVE_ALIASES, changes.ALIAS, write_aliases(rows))
    write(changes.SAVE_PREFERENCES, changes.PREFERENCE, write_preferences(rows))
    # One after the other: a thread that became a part of one may become a part of a third.
    for led in rows.led:
        await write.now()
        write(changes.LEAD_ALL, ["account", "thread_key", "was"], [led])
    for joined in rows.rejoined:
        await write.now()
        write(changes.REJOIN, ["was", "joined_to"], [joined])


async def _flush_lanes(write: _Writing, rows: WorkingSet) -> None:
    accounts = [
        {
            "account": name,
            "full_at": micros_or_none(state.full_at),
            "blocked_until": micros_or_none(state.blocked_until),
            "paused_at": micros_or_none(state.paused_at),
            "pause_error": write_error(state.pause_error),
            "fingerprint": state.fingerprint,
            "health_json": state.health_json,
        }
        for name, state in rows.accounts.changes()
    ]
    write(changes.SAVE_ACCOUNTS, changes.ACCOUNT, accounts)
    lanes = [
        {
            "account": lane.account,
            "lane_key": lane.lane_key,
            "tail": row.tail,
            "due_at": micros_or_none(row.state.due_at),
            "token": row.state.lease.token if row.state.lease else None,
            "worker": row.state.lease.worker if row.state.lease else None,
            "bulk": row.state.bulk,
            "pace_began_at": micros_or_none(row.state.pace.began_at) if row.state.pace else None,
            "pace_sent": row.state.pace.sent if row.state.pace else 0,
            "throttles": row.state.throttles,
        }
        for lane, row in rows.lanes.changes()
    ]
    write(changes.SAVE_LANES, changes.LANE, lanes)
    # A message that left its lane and joined it again has another place.
    moved = [key for key, _ in rows.places.changes() if rows.places.before(key) is not None]
    write.drop(changes.DROP_PLACES, [*rows.places.removals(), *moved])
    if moved:
        await write.now()
    places = [
        {"account": lane.account, "lane_key": lane.lane_key, "place": place, "sequence": sequence}
        for sequence, (lane, place) in rows.places.changes()
    ]
    write(changes.ADD_PLACES, changes.DELIVERY, places)
    schedules = [
        {"sequence": sequence, "account": account, "due_at": micros(due_at)}
        for sequence, (account, due_at) in rows.scheduled.changes()
    ]
    write(changes.SAVE_SCHEDULES, changes.SCHEDULED, schedules)
    write.drop(changes.DROP_SCHEDULES, rows.scheduled.removals())
    doubts = [
        {
            "sequence": sequence,
            "account": account,
            "attempt": doubt.attempt,
            "began_at": micros(doubt.began_at),
            "policy": doubt.policy.value,
            "look_at": micros_or_none(doubt.look_at),
            "held_for": doubt.held_for,
        }
        for sequence, (account, doubt) in rows.doubts.changes()
    ]
    write(changes.SAVE_DOUBTS, changes.DOUBT, doubts)
    write.drop(changes.DROP_DOUBTS, rows.doubts.removals())


async def _flush_news(write: _Writing, rows: WorkingSet) -> None:
    keys, was = [], []
    for (account, key), used in rows.keys.changes():
        before = rows.keys.before((account, key))
        keys.append(
            {
                "account": account,
                "key": key,
                "fingerprint": used.fingerprint,
                "sequence": used.sequence,
            }
        )
        if before is not None:
            was.append(before.sequence)
    await write.new(
        changes.SAVE_KEYS, changes.KEY, keys, lambda row: (row["account"], row["key"]), was
    )
    await _flush_refs(write, rows)
    items = [(key, cell) for key, cell in rows.items.changes() if cell.columns is not None]
    known = [(key, cell) for key, _ in items if (cell := rows.items.before(key))]
    await write.new(
        changes.SAVE_ITEMS,
        changes.ITEM,
        [cell.columns for _, cell in items if cell.columns is not None],
        lambda row: (row["account"], row["key"]),
        [key[0] for key, _ in known],
        [key[1] for key, _ in known],
        [cell.updated_at for _, cell in known],
        [cell.row.state.value for _, cell in known],
    )
    webhooks = [
        {"webhook_id": webhook_id, "state": row.state.value}
        for webhook_id, row in sorted(rows.webhooks.changes())
    ]
    write(changes.CLOSE_WEBHOOKS, ["webhook_id", "state"], webhooks)
    echoes = [
        {
            "account": account,
            "first_at": micros(row.first_at),
            "slowest": row.slowest // _MICROSECOND,
        }
        for account, row in rows.echoes.changes()
    ]
    write(changes.SAVE_ECHOES, ["account", "first_at", "slowest"], echoes)


async def _flush_refs(write: _Writing, rows: WorkingSet) -> None:
    added, changed, cleared, shelved = [], [], [], []
    for ref, row in rows.refs.changes():
        before = rows.refs.before(ref)
        columns = {"account": ref[0], "provider_message_id": ref[1], "sequence": row.sequence}
        if before is None:
            added.append(columns)
        elif before.sequence != row.sequence:
            changed.append(columns)
        if row.cleared:
            cleared.append(columns)
        shelved += [
            {
                "account": ref[0],
                "provider_message_id": ref[1],
                "news": json_text(UPDATE.dump_python(news, mode="json")),
                "shelved_at": micros(at),
            }
            for news, at in row.shelved_here
        ]
    await write.new(
        changes.ADD_REFS,
        changes.REF,
        added,
        lambda row: (row["account"], row["provider_message_id"]),
    )
    write(changes.SAVE_REFS, changes.REF, changed)
    write(changes.CLEAR_SHELF, changes.REF_KEY, cleared)
    write(changes.ADD_SHELF, changes.SHELF, shelved)
