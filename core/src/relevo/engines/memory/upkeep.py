"""What the memory engine forgets, each kind in a unit of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar

from relevo.engines.memory.lanes import LaneRow
from relevo.engines.memory.rows import MemoryRows
from relevo.engines.records import (
    ItemState,
    MediaState,
    MessageRecord,
    Purged,
    Retention,
    WebhookState,
)
from relevo.engines.retention import PACE_UNIT_S, PURGED_CONTENT, cutoffs
from relevo.engines.steps.media import forgotten
from relevo.engines.steps.shelving import age
from relevo.engines.steps.withdrawing import expire

KeyT = TypeVar("KeyT")
RowT = TypeVar("RowT")


def tidy(rows: MemoryRows, retention: Retention, limit: int, now: datetime) -> Purged:
    """Remove at most `limit` of each kind."""
    until = cutoffs(retention, now)
    purges: dict[str, Callable[[int], int]] = {
        "expired": lambda most: expire_due(rows, most, now),
        "events": partial(_purge_events, rows, until.events),
        "webhooks": partial(_purge_webhooks, rows, until.webhooks),
        "items": partial(_purge_items, rows, until.items),
        "contents": partial(_purge_contents, rows, until.contents),
        "keys": partial(_purge_keys, rows, until.keys),
        "lanes": partial(_purge_lanes, rows, now),
        "shelved": partial(_age_shelf, rows, until.shelf, now),
        "outages": partial(_purge_outages, rows, until.outages),
        "media": partial(_purge_media, rows, until.media, now),
        "tickets": partial(_purge_tickets, rows, now),
    }
    gone: dict[str, int] = {}
    for kind, purge in purges.items():
        with rows.journal.unit():
            gone[kind] = purge(limit)
    more = any(count >= limit for count in gone.values())
    for untold in ("items", "outages", "tickets"):
        del gone[untold]
    return Purged(**gone, more=more)


def _purge_events(rows: MemoryRows, before: datetime | None, limit: int) -> int:
    return 0 if before is None else rows.purge(before, limit)


def _purge_webhooks(rows: MemoryRows, before: datetime | None, limit: int) -> int:
    if before is None:
        return 0
    needed = {item.webhook_id for item in rows.set_aside.values()}
    old = (
        webhook.webhook_id
        for webhook in rows.webhooks.values()
        if webhook.state is WebhookState.DONE
        and webhook.arrived_at <= before
        and webhook.webhook_id not in needed
    )
    return _drop(rows.webhooks, old, limit)


def _purge_items(rows: MemoryRows, before: datetime | None, limit: int) -> int:
    if before is None:
        return 0
    old = (
        place
        for place, item in rows.items.items()
        if item.updated_at <= before and _is_over(rows, place, item.row.state)
    )
    gone = list(islice(old, limit))
    for place in gone:
        del rows.items[place]
        rows.discarded.pop(place, None)
    return len(gone)


def _is_over(rows: MemoryRows, place: tuple[str, str], state: ItemState) -> bool:
    """Whether an item was applied, or was discarded and its webhook is no longer kept."""
    if state is ItemState.DISCARDED:
        return rows.discarded[place].webhook_id not in rows.webhooks
    return state is ItemState.APPLIED


def _purge_contents(rows: MemoryRows, before: datetime | None, limit: int) -> int:
    if before is None:
        return 0
    old = (record for record in rows.messages.values() if _is_old(record, before))
    emptied = list(islice(old, limit))
    for record in emptied:
        rows.save_message(replace(record, content=PURGED_CONTENT, raw=None, extra={}), record)
        rows.outgoing.pop(record.message_id, None)
        for row in rows.attempts_of(record):
            rows.save_attempt(record, replace(row, record=replace(row.record, detail={})))
    return len(emptied)


def _is_old(record: MessageRecord, before: datetime) -> bool:
    closed = record.closed_at is not None and record.closed_at <= before
    return closed and record.content != PURGED_CONTENT


def _purge_keys(rows: MemoryRows, before: datetime, limit: int) -> int:
    def is_old(record: MessageRecord) -> bool:
        return record.closed_at is not None and record.closed_at <= before

    old = (place for place, key in rows.keys.items() if is_old(rows.messages[key.message_id]))
    return _drop(rows.keys, old, limit)


def _purge_lanes(rows: MemoryRows, now: datetime, limit: int) -> int:
    old = (lane for lane, row in rows.lanes.items() if _rests(row, now))
    return _drop(rows.lanes, old, limit)


def _rests(row: LaneRow, now: datetime) -> bool:
    state = row.state
    if row.waiting or state.due_at is not None or state.lease is not None:
        return False
    pace = state.pace
    return pace is None or pace.began_at + timedelta(seconds=PACE_UNIT_S) * pace.sent <= now


def _age_shelf(rows: MemoryRows, before: datetime, now: datetime, limit: int) -> int:
    old = (
        (key[0], shelved.update)
        for key, waiting in rows.shelf.items()
        for shelved in waiting
        if shelved.shelved_at <= before
    )
    aged = list(islice(old, limit))
    for account, update in aged:
        rows.take_off_shelf(account, update)
        age(rows, account, update, now)
    return len(aged)


def _purge_outages(rows: MemoryRows, before: datetime, limit: int) -> int:
    kept = [outage for outage in rows.outages if outage.ended_at > before]
    gone = min(len(rows.outages) - len(kept), limit)
    rows.outages = rows.outages[gone:]
    return gone


def _purge_media(rows: MemoryRows, before: datetime | None, now: datetime, limit: int) -> int:
    if before is None:
        return 0
    done = {MediaState.STORED, MediaState.FAILED}
    old = (one for one in rows.files.values() if one.state in done and one.created_at <= before)
    gone = list(islice(old, limit))
    for media in gone:
        rows.save_media(forgotten(media, now))
        for place in [place for place in rows.uploads if place[0] == media.media_id]:
            del rows.uploads[place]
    return len(gone)


def _purge_tickets(rows: MemoryRows, now: datetime, limit: int) -> int:
    over = (digest for digest, ticket in rows.tickets.items() if ticket.expires_at <= now)
    return _drop(rows.tickets, over, limit)


def expire_due(rows: MemoryRows, limit: int, now: datetime) -> int:
    """Retire waiting messages whose time is over."""
    return expire(rows, rows.overdue(now, limit), now)


def _drop(table: dict[KeyT, RowT], old: Iterable[KeyT], limit: int) -> int:
    gone = list(islice(old, limit))
    for key in gone:
        del table[key]
    return len(gone)
