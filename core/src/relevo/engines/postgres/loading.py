"""Load what steps need, locked in one order everywhere, so that nobody waits in a ring.

The order: accounts, providers' ids without a message, lanes; each in key order.
A lane's row is the lock of everything about one person: thread, messages,
attempts, places, doubts and schedule change only under it. What is not there
yet is not locked: whoever writes it second finds out and begins again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from relevo.engines.json_text import parse_json
from relevo.engines.media_columns import read_media
from relevo.engines.postgres import look_ups
from relevo.engines.postgres.columns import (
    Row,
    read_account,
    read_attempt,
    read_conversation,
    read_doubt,
    read_lane,
    read_message,
)
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.lane_rows import LaneRow, Place
from relevo.engines.postgres.message_rows import Asked, Key
from relevo.engines.postgres.needs import HEADS_DEEP, HEADS_SEEN, Needs
from relevo.engines.postgres.news_rows import UPDATE, ItemCell, RefRow, WebhookRow
from relevo.engines.postgres.people import Known, read_preference
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.records import ItemFault, ItemState, PreferenceRecord, WebhookState
from relevo.engines.steps.rows import EchoRow, ItemRow, Lane, LaneState
from relevo.engines.values import moment
from relevo.messages import Priority


class Loader:
    """Fill a working set over one transaction's connection."""

    def __init__(
        self, connection: Connection, rows: WorkingSet, counter: str, known: Known
    ) -> None:
        self._connection = connection
        self.rows = rows
        self._counter = counter
        self._known = known
        self._depths: dict[Lane, int] = {}
        self._standing: dict[UUID, int] = {}
        """The first of the lanes that were read, and their sequences."""
        self.now_us = 0
        """The database's time when the last lock was taken."""

    def can_load(self, needs: Needs) -> bool:
        """Whether this can be read now: it needs no lock that was not taken yet."""
        locks = needs.locked_accounts or needs.refs or needs.messages or needs.leased or needs.media
        return not locks and all(
            lane in self._depths and not self.rows.lanes.is_changed(lane) for lane in needs.lanes
        )

    async def load(self, needs: Needs) -> None:
        """Lock and read what is needed and was not read yet."""
        rows = self.rows
        await self.accounts(needs.locked_accounts, needs.accounts)
        sequences = await self._refs(needs)
        await self._items(needs)
        sequences |= needs.sequences | await self._keys(needs)
        sequences |= await self._lanes(needs, sequences)
        told = await self._messages(sequences)
        for message_id in needs.messages:
            if message_id not in rows.messages:
                rows.messages.load(message_id, None)
        await self._rest(needs)
        await self._preferences(needs)
        await self._media(needs)
        if told is None or needs.new_messages:
            (row,) = await self._connection.fetch(look_ups.NOW, needs.new_messages, self._counter)
            rows.fresh = iter([*rows.fresh, *(row["fresh"] or ())])
            told = row["now"]
        self.now_us = told

    async def lock_lanes(self, lanes: Iterable[Lane]) -> None:
        """Lock lanes, and make those that are not there."""
        new = [lane for lane in lanes if lane not in self._depths]
        if new:
            await self._connection.execute(look_ups.LOCK_LANES, *_columns(new))

    def read(self, lanes: Iterable[Lane]) -> list[LaneRow]:
        """Give lanes that were read."""
        return [self.rows.lanes.get(lane) or LaneRow(LaneState(), 0) for lane in lanes]

    async def lanes(self, lanes: dict[Lane, int]) -> set[int]:
        """Read lanes that are locked; give their heads' sequences, all of them for deep looks."""
        lanes = {lane: heads for lane, heads in lanes.items() if self._depths.get(lane, -1) < heads}
        if not lanes:
            return set()
        self._depths |= lanes
        accounts, keys = _columns(lanes)
        rows = await self._connection.fetch(look_ups.LANES, accounts, keys, list(lanes.values()))
        wanted: set[int] = set()
        for row in rows:
            lane = Lane(row["account"], row["lane_key"])
            heads = _heads(row)
            self._standing.update(
                (head.message_id, head.sequence) for head in heads if head.message_id
            )
            complete = row["due_at"] is None or len(heads) < lanes[lane]
            self.rows.lanes.load(lane, LaneRow(read_lane(row), row["tail"], heads, complete))
            there = row["c_account"] is not None
            self.rows.threads.load(lane, read_conversation(row, "c_") if there else None)
            self.rows.aliases.load(lane, row["thread_key"])
            if row["thread_key"] is not None:
                self._known.note(lane, Lane(lane.account, row["thread_key"]))
            if lanes[lane] > HEADS_SEEN:
                wanted.update(head.sequence for head in heads[:HEADS_DEEP])
        return wanted

    async def accounts(self, locked: set[str], seen: set[str]) -> None:
        """Read accounts, and lock those that may change."""
        rows = self.rows
        locked = locked - rows.locked_accounts
        if locked:
            await self._connection.execute(look_ups.LOCK_ACCOUNTS, sorted(locked))
            rows.locked_accounts |= locked
        asked = locked | {name for name in seen if name not in rows.accounts}
        if not asked:
            return
        for name in asked:
            rows.accounts.load(name, None)
        for row in await self._connection.fetch(look_ups.ACCOUNTS, list(asked)):
            rows.accounts.load(row["account"], read_account(row))

    async def lock_refs(self, accounts: list[str], ids: list[str]) -> None:
        """Lock providers' ids of which only statuses spoke yet."""
        await self._connection.execute(look_ups.LOCK_REFS, accounts, ids)

    async def _refs(self, needs: Needs) -> set[int]:
        rows = self.rows
        if not needs.refs:
            return set()
        found = await self._connection.fetch(look_ups.REFS, *_columns(needs.refs))
        kept: dict[tuple[str, str], RefRow] = {}
        waiting = [(row["a"], row["b"]) for row in found if row["sequence"] is None]
        if waiting:
            # Somebody may have given it its message meanwhile: look again under the lock.
            await self.lock_refs(*_columns(waiting))
            found = await self._connection.fetch(look_ups.REFS, *_columns(needs.refs))
            shelved = defaultdict(list)
            for row in await self._connection.fetch(look_ups.SHELF, *_columns(waiting)):
                shelved[row["a"], row["b"]].append(row["news"])
            for ref, news in shelved.items():
                updates = tuple(UPDATE.validate_python(parse_json(one)) for one in news)
                kept[ref] = RefRow(shelved=updates)
        for row in found:
            ref = (row["a"], row["b"])
            known = kept.get(ref, RefRow())
            kept[ref] = RefRow(row["sequence"], known.shelved)
        for ref in needs.refs:
            rows.refs.load(ref, kept.get(ref))
        return {row.sequence for row in kept.values() if row.sequence is not None}

    async def _items(self, needs: Needs) -> None:
        if not needs.items:
            return
        for key in needs.items:
            self.rows.items.load(key, None)
        for row in await self._connection.fetch(look_ups.ITEMS, *_columns(needs.items)):
            fault = None
            if row["fault_code"] is not None:
                fault = ItemFault(row["fault_code"], row["fault_message"], row["traceback"] or "")
            cell = ItemCell(ItemRow(ItemState(row["state"]), fault), row["updated_at"])
            self.rows.items.load((row["a"], row["b"]), cell)

    async def _keys(self, needs: Needs) -> set[int]:
        if not needs.keys:
            return set()
        for key in needs.keys:
            self.rows.keys.load(key, None)
        used: set[int] = set()
        for row in await self._connection.fetch(look_ups.KEYS, *_columns(needs.keys)):
            found = Key(row["fingerprint"], row["sequence"], UUID(int=row["message_id"].int))
            self.rows.keys.load((row["a"], row["b"]), found)
            used.add(found.sequence)
        return used

    async def _lanes(self, needs: Needs, sequences: set[int]) -> set[int]:
        """Lock the lanes of everything that is needed; give the sequences of the messages."""
        lanes = dict.fromkeys(self._known.roots(needs.lanes), 0) | needs.lanes
        for lane in needs.leased.values():
            lanes[lane] = max(lanes.get(lane, 0), HEADS_SEEN)
        # Whoever stands in a lane that is locked needs no look for it.
        found = sequences & set(self._standing.values())
        ids, numbers = list(needs.messages), list(sequences - found)
        if ids or numbers:
            for row in await self._connection.fetch(look_ups.LANES_OF, ids, numbers):
                found.add(row["sequence"])
                lane = Lane(row["account"], row["lane_key"])
                lanes[lane] = max(lanes.get(lane, 0), HEADS_SEEN)
        await self.lock_lanes(lanes)
        found |= await self.lanes(lanes)
        found.update(self._standing[one] for one in needs.leased if one in self._standing)
        return found

    async def _messages(self, sequences: set[int]) -> int | None:
        """Read messages; give the time at which the first was."""
        rows = self.rows
        now_us: int | None = None
        if not sequences:
            return None
        for row in await self._connection.fetch(look_ups.MESSAGES, sorted(sequences)):
            record = read_message(row)
            sequence = record.sequence
            now_us = now_us or row["now"]
            rows.messages.load(record.message_id, record)
            rows.by_sequence[sequence] = record.message_id
            lane = Lane(record.account, row["lane_key"])
            rows.asked_of.setdefault(sequence, Asked(lane, row["extra"], row["max_attempts"]))
            place = row["d_place"]
            where = Lane(row["d_account"], row["d_lane_key"])
            rows.places.load(sequence, None if place is None else (where, place))
            due_at = row["s_due_at"]
            rows.scheduled.load(
                sequence, None if due_at is None else (record.account, moment(due_at))
            )
            doubted = row["o_sequence"] is not None
            rows.doubts.load(sequence, (record.account, read_doubt(row, "o_")) if doubted else None)
            if row["a_sequence"] is not None:
                rows.attempts.load((sequence, row["a_number"]), read_attempt(row, "a_"))
            rows.earlier[sequence] = row["earlier"] or 0
        return now_us

    async def _rest(self, needs: Needs) -> None:
        rows = self.rows
        if needs.attempts:
            for key in needs.attempts:
                rows.attempts.load(key, None)
            numbers = [list(column) for column in zip(*needs.attempts, strict=True)]
            for row in await self._connection.fetch(look_ups.ATTEMPTS, *numbers):
                rows.attempts.load((row["sequence"], row["number"]), read_attempt(row))
        if needs.echoes:
            for name in needs.echoes:
                rows.echoes.load(name, None)
            for row in await self._connection.fetch(look_ups.ECHOES, list(needs.echoes)):
                slowest = moment(row["slowest"]) - moment(0)
                rows.echoes.load(row["account"], EchoRow(moment(row["first_at"]), slowest))
        if needs.webhooks:
            for webhook_id in needs.webhooks:
                rows.webhooks.load(webhook_id, None)
            for row in await self._connection.fetch(look_ups.WEBHOOKS, list(needs.webhooks)):
                kept = WebhookRow(row["account"], WebhookState(row["state"]))
                rows.webhooks.load(row["webhook_id"], kept)

    async def _preferences(self, needs: Needs) -> None:
        if not needs.preferences:
            return
        liked: dict[Lane, dict[str, PreferenceRecord]] = {one: {} for one in needs.preferences}
        for row in await self._connection.fetch(look_ups.PREFERENCES, *_columns(liked)):
            preference = read_preference(row)
            liked[Lane(row["account"], row["thread_key"])][preference.category] = preference
        for root, preferences in liked.items():
            self.rows.liked.load(root, preferences)

    async def _media(self, needs: Needs) -> None:
        """Lock and read files: after the lanes, for who tells of a file holds its message's."""
        if not needs.media:
            return
        for media_id in needs.media:
            self.rows.files.load(media_id, None)
        for row in await self._connection.fetch(look_ups.MEDIA, sorted(needs.media)):
            media = read_media(row)
            self.rows.files.load(media.media_id, media)


def _columns(pairs: Iterable[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Turn pairs into two columns."""
    listed_pairs = list(pairs)
    return [pair[0] for pair in listed_pairs], [pair[1] for pair in listed_pairs]


def _heads(row: Row) -> tuple[Place, ...]:
    columns: tuple[Any, ...] = (row["places"], row["sequences"], row["priorities"], row["ids"])
    if row["places"] is None:
        return ()
    return tuple(
        Place(place, sequence, priority == Priority.BULK, message_id)
        for place, sequence, priority, message_id in zip(*columns, strict=True)
    )
