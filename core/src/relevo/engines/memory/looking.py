"""What can be seen of the memory engine's rows."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from relevo.engines.memory.rows import MemoryRows
from relevo.engines.outages import outage_s
from relevo.engines.outcomes import unknown_conversation, unknown_message
from relevo.engines.paging import page_of, read_cursor, read_mark, write_mark
from relevo.engines.readiness import ready_at
from relevo.engines.records import (
    ConversationRecord,
    Direction,
    Doubt,
    Evidence,
    LaneStanding,
    MessageQuery,
    MessageRecord,
    Page,
    PersonRecord,
    QuarantinedItem,
    ReplayQuery,
    Standing,
)
from relevo.engines.sight import Sight, sees, sight_of
from relevo.engines.steps.handing_out import LOOKED_AT, PendingWebhook
from relevo.engines.steps.rows import Lane
from relevo.engines.transitions import dead
from relevo.events import DeliveryStatus
from relevo.terms import AccountTerms


def find_message(rows: MemoryRows, message_id: UUID) -> MessageRecord:
    """Give one message."""
    record = rows.message(message_id)
    if record is None:
        raise unknown_message(message_id)
    return record


def find_messages(rows: MemoryRows, query: MessageQuery) -> Page[MessageRecord]:
    """Give messages of both directions, newest first."""
    top = len(rows.order) if query.before is None else max(query.before - 1, 0)
    newest_first = (
        rows.messages[rows.order[index]] for index in range(min(top, len(rows.order)) - 1, -1, -1)
    )
    sight = sight_of(query.account, query.visible)
    parts = _parts(rows, query, sight)
    found = (record for record in newest_first if _answers(rows, record, query, sight, parts))
    return page_of(
        list(islice(found, query.limit + 1)),
        query.limit,
        row=lambda record: record,
        cursor=lambda record: record.sequence,
    )


def find_conversations(
    rows: MemoryRows, sight: Sight, cursor: str | None, limit: int
) -> Page[ConversationRecord]:
    """Give threads, newest activity first."""
    below = read_cursor(cursor)
    threads = (
        thread
        for thread in rows.threads.values()
        if sees(sight, thread.account)
        and thread.joined_to is None
        and (below is None or thread.last_sequence < below)
    )
    return page_of(
        heapq.nlargest(limit + 1, threads, key=lambda thread: thread.last_sequence),
        limit,
        row=lambda thread: thread,
        cursor=lambda thread: thread.last_sequence,
    )


def find_conversation(rows: MemoryRows, conversation_id: str) -> PersonRecord:
    """Give a thread, or the one it is a part of, and what its person wants."""
    lane = rows.lane_of_thread(conversation_id)
    if lane is None:
        raise unknown_conversation(conversation_id)
    return rows.person(lane)


def find_dead(rows: MemoryRows, query: ReplayQuery) -> list[UUID]:
    """Give the dead letters a query means, in order of acceptance."""
    sight = sight_of(query.account, query.visible)
    parts = _parts(rows, query, sight)
    found = (
        record
        for record in map(rows.messages.__getitem__, rows.dead)
        if _meant(record, query, sight, parts)
    )
    oldest = heapq.nsmallest(query.limit, found, key=lambda record: record.sequence)
    return [record.message_id for record in oldest]


def find_named(rows: MemoryRows, query: ReplayQuery) -> list[UUID]:
    """Give the messages a query names, in order of acceptance, and last those nobody may know."""

    def sequence(message_id: UUID) -> int:
        record = rows.message(message_id)
        known = record is not None and sees(query.visible, record.account)
        return record.sequence if record and known else len(rows.order) + 1

    return sorted(query.message_ids, key=lambda one: (sequence(one), one))[: query.limit]


def find_pending(rows: MemoryRows) -> Iterator[PendingWebhook]:
    """Give each account's oldest pending webhooks."""
    accounts = defaultdict(list)
    for webhook_id in rows.pending:
        accounts[rows.webhooks[webhook_id].account].append(webhook_id)
    for account, found in accounts.items():
        for webhook_id in heapq.nsmallest(LOOKED_AT, found):
            yield PendingWebhook(account, webhook_id, rows.pending[webhook_id])


@dataclass(frozen=True, slots=True)
class Chosen:
    """Tell the items that are meant and may be seen."""

    sight: Sight
    webhook_ids: Collection[int] = ()
    key: str | None = None

    def __call__(self, item: QuarantinedItem) -> bool:
        """Whether this is one of them."""
        return (
            sees(self.sight, item.account)
            and (not self.webhook_ids or item.webhook_id in self.webhook_ids)
            and self.key in {None, item.key}
        )


def find_reopenable(rows: MemoryRows, items: Iterable[QuarantinedItem], limit: int) -> list[int]:
    """Give the items' webhooks, oldest first, that are kept and not being worked on."""
    found = {item.webhook_id for item in items} & rows.webhooks.keys() - rows.pending.keys()
    return heapq.nsmallest(limit, found)


def find_discardable(rows: MemoryRows, wanted: Chosen, limit: int) -> list[QuarantinedItem]:
    """Give items set aside, those of the oldest webhook first."""
    found = filter(wanted, rows.set_aside.values())
    return heapq.nsmallest(limit, found, key=lambda item: (item.webhook_id, item.account, item.key))


def find_quarantined(
    rows: MemoryRows, wanted: Chosen, cursor: str | None, limit: int
) -> Page[QuarantinedItem]:
    """Give items that were set aside, newest first."""
    below = read_mark(cursor)
    marked = (((item.webhook_id, item.account, item.key), item) for item in rows.set_aside.values())
    found = (
        (mark, item) for mark, item in marked if wanted(item) and (below is None or mark < below)
    )
    return page_of(
        heapq.nlargest(limit + 1, found, key=lambda one: one[0]),
        limit,
        row=lambda one: one[1],
        cursor=lambda one: write_mark(one[0]),
    )


def earliest_ready(
    rows: MemoryRows, terms: Mapping[str, AccountTerms], now: datetime
) -> datetime | None:
    """Tell when a message of these accounts may be claimed."""
    moments: list[datetime] = []
    for account, one in terms.items():
        waits = (rows.earliest_lane(account), rows.earliest_scheduled(account))
        due_at = min((at for at in waits if at is not None), default=None)
        at = ready_at(rows.account(account), one, due_at, now)
        if at is not None:
            moments.append(at)
    return min(moments, default=None)


def find_doubts(
    rows: MemoryRows, accounts: Iterable[str], limit: int, now: datetime
) -> list[Doubt]:
    """Give doubts that are due for a look, with what is known about them."""
    due = map(rows.numbered, rows.due_doubts(set(accounts), now, limit))
    return [_doubt(rows, record, now) for record in due if record.status is DeliveryStatus.UNKNOWN]


def find_standing(rows: MemoryRows, message_id: UUID, now: datetime) -> Standing:
    """Give all that decides what happens to a message next."""
    record = find_message(rows, message_id)
    standing = Standing(
        at=now,
        record=record,
        attempts=[row.record for row in rows.attempts_of(record)],
        account=rows.account(record.account),
        lane=_lane_standing(rows, record),
        doubt=rows.doubt(record),
    )
    head_id = standing.head_id
    head = None if head_id is None else find_standing(rows, head_id, now)
    return replace(standing, head=head)


def _doubt(rows: MemoryRows, record: MessageRecord, now: datetime) -> Doubt:
    doubt = rows.doubts[record.sequence]
    account = record.account
    echo = rows.echo(account)
    unread = [one for one in rows.pending if rows.webhooks[one].account == account]
    unread += [
        item.webhook_id
        for item in (*rows.set_aside.values(), *rows.discarded.values())
        if item.account == account and item.updated_at >= doubt.began_at
    ]
    evidence = Evidence(
        read_until=_read_until(rows, account, min(unread, default=None)),
        unread_webhooks=len(unread),
        slowest_echo_s=echo.slowest.total_seconds() if echo else None,
        outage_s=outage_s(rows.outages, rows.pulse, doubt.began_at, now),
    )
    message = rows.asked(record).for_attempt(doubt.attempt)
    return Doubt(now, message, account, doubt, evidence, record.provider_message_id)


def _read_until(rows: MemoryRows, account: str, first_unread: int | None) -> datetime | None:
    if first_unread is None:
        return rows.last_arrived.get(account)
    return next(
        (
            webhook.arrived_at
            for webhook in reversed(rows.webhooks.values())
            if webhook.account == account and webhook.webhook_id < first_unread
        ),
        None,
    )


def _lane_standing(rows: MemoryRows, record: MessageRecord) -> LaneStanding | None:
    lane = rows.lane_of(record)
    row = rows.lanes.get(lane)
    if row is None:
        return None
    places = row.waiting
    here = places.get(record.sequence)
    head = rows.head_of(lane)
    lease = row.state.lease
    first = rows.numbered(head.sequence) if head else None
    return LaneStanding(
        due_at=row.state.due_at,
        worker=lease.worker if lease else None,
        ahead=sum(one.number < here.number for one in places.values()) if here else 0,
        head_id=first.message_id if first else None,
        head_status=first.status if first else None,
        pace=row.state.pace,
        waiting_here=here is not None,
    )


def _parts(
    rows: MemoryRows, query: MessageQuery | ReplayQuery, sight: Sight
) -> frozenset[str] | None:
    """Find the threads that are meant; None: any."""
    asked: list[frozenset[str]] = []
    if query.conversation_id is not None:
        asked.append(rows.parts_of(query.conversation_id))
    if query.lane_key is not None:
        accounts = {lane.account for lane in rows.threads if sees(sight, lane.account)}
        threads = [rows.conversation(Lane(account, query.lane_key)) for account in accounts]
        asked.append(
            frozenset(part for one in threads if one for part in rows.parts_of(one.conversation_id))
        )
    return frozenset.intersection(*asked) if asked else None


def _answers(
    rows: MemoryRows,
    record: MessageRecord,
    query: MessageQuery,
    sight: Sight,
    parts: Collection[str] | None,
) -> bool:
    return (
        sees(sight, record.account)
        and query.direction in {None, record.direction}
        and (not query.statuses or record.status in query.statuses)
        and (parts is None or record.conversation_id in parts)
        and query.dead in {None, dead(record)}
        and (query.created_from is None or query.created_from <= record.created_at)
        and (query.created_until is None or record.created_at < query.created_until)
        and (query.provider_message_id is None or _is_named(rows, record, query))
    )


def _is_named(rows: MemoryRows, record: MessageRecord, query: MessageQuery) -> bool:
    """Tell whether a provider's id is this message's, or that of one of its attempts."""
    if record.direction is Direction.IN:
        return record.provider_message_id == query.provider_message_id
    return rows.refs.get((record.account, query.provider_message_id or "")) == record.sequence


def _meant(
    record: MessageRecord, query: ReplayQuery, sight: Sight, parts: Collection[str] | None
) -> bool:
    closed_at = record.closed_at or record.updated_at
    return (
        dead(record)
        and sees(sight, record.account)
        and (not query.statuses or record.status in query.statuses)
        and (parts is None or record.conversation_id in parts)
        and (query.created_from is None or query.created_from <= record.created_at)
        and (query.created_until is None or record.created_at < query.created_until)
        and query.error_code in {None, record.error.code if record.error else None}
        and (query.closed_from is None or query.closed_from <= closed_at)
        and (query.closed_until is None or closed_at < query.closed_until)
    )
