"""A provider, its workers and its people, and an account of what was really handed over.

`World` lives a history on one engine. It decides itself which attempts the
provider took, so it knows the truth that the engine has to find out; and it
reads the log like anybody else, to see whether the engine's story is possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from relevo.engines.port import Engine
from relevo.engines.records import (
    Claim,
    Direction,
    MessageQuery,
    MessageRecord,
    Resolution,
    Retention,
)
from relevo.events import (
    LATTICE,
    OPEN,
    REPLAYABLE,
    TRANSITIONS,
    DeliveryStatus,
    Event,
    EventType,
    Receipt,
    StatusUpdate,
)
from relevo.messages import Priority, UnknownPolicy
from relevo.terms import PairPace
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.people import teach
from relevo.testing.engine_rules.scene import AWAY, CLINIC, DOUBT, REFUSED, SHOP
from relevo.testing.engine_rules.stage import LOCKED_OUT, Stage

_S = DeliveryStatus
_EVERYTHING = 100_000
_LONG_S = 3_600.0
_DRAINS = 60
_REPEATED_EVERY = 7
_ERRORS = {_S.QUEUED: AWAY, _S.UNKNOWN: DOUBT, _S.FAILED: REFUSED}
PEOPLE = ("ana", "bea")
ACCOUNTS = (SHOP, CLINIC)
Lane = tuple[str, str]


@dataclass
class Try:
    """One attempt as the provider knows it."""

    claim: Claim
    took: bool
    said: bool = False
    """Its worker has told what became of it."""

    @property
    def provider_id(self) -> str:
        return f"v-{self.claim.message.message_id}-{self.claim.attempt}"


@dataclass
class Known:
    """What the world knows about one message."""

    lane: Lane
    policy: UnknownPolicy
    status: DeliveryStatus | None = None
    """Where the log last told that it stands."""
    attempts: int = 0
    proven: set[int] = field(default_factory=set)
    """Attempts that the engine was told were taken."""
    risked: bool = False
    """A person or the rule had it sent again without knowing."""


@dataclass
class Watcher:
    """Follows the log, and knows from it alone who waits where."""

    position: int = 0
    lanes: dict[Lane, list[UUID]] = field(default_factory=dict)
    held: dict[Lane, tuple[int, datetime]] = field(default_factory=dict)
    """Lanes with the token and the end of their lease."""


class World:
    """One engine, its provider, and everybody who writes."""

    def __init__(self, engine: Engine, clock: FakeClock) -> None:
        self.clock = clock
        self.known: dict[UUID, Known] = {}
        self.ids: list[UUID] = []
        self.tries: list[Try] = []
        self.watcher = Watcher()
        self.use(engine)

    def use(self, engine: Engine) -> None:
        """Go on with the same store, opened again."""
        self.stage = Stage(engine, self.clock)
        for account in ACCOUNTS:
            self.stage.change_terms(account, unknown_lane_wait_s=60, reconcile_after_s=20)
        self.stage.limit(CLINIC, rate=0.2, burst=2, pair_pace=PairPace(burst=2, every_s=5))

    # What can happen. Numbers choose among what there is.

    async def enter(
        self,
        person: int,
        account: int,
        policy: UnknownPolicy,
        life_s: int | None,
        send_in_s: int | None,
        priority: Priority,
    ) -> None:
        message_id = UUID(int=len(self.ids) + 1)
        name = ACCOUNTS[account]
        record = await self.stage.enter(
            PEOPLE[person],
            str(message_id.int),
            account=name,
            message_id=message_id,
            on_unknown=policy,
            expires_at=self.stage.at(life_s) if life_s else None,
            send_at=self.stage.at(send_in_s) if send_in_s else None,
            priority=priority,
        )
        self.ids.append(record.message_id)
        self.known[message_id] = Known((name, record.person.uri()), policy)
        await self.check()

    async def claim(self, limit: int, lease_s: int, taken: Sequence[bool]) -> list[tuple[int, int]]:
        now = self.clock()
        claims = await self.stage.claim(limit, lease_s=lease_s)
        assert len(claims) <= limit
        assert len({(claim.account, claim.lane_key) for claim in claims}) == len(claims)
        held = self.watcher.held
        for claim in claims:
            lane = (claim.account, claim.lane_key)
            assert lane not in held or held[lane][1] <= now, "a lane has two holders"
        await self.check()
        for claim, took in zip(claims, taken, strict=False):
            held[claim.account, claim.lane_key] = (claim.token, claim.lease_until)
            self.tries.append(Try(claim, took))
            self._judge(claim.message.message_id)
        return [(claim.message.message_id.int, claim.attempt) for claim in claims]

    async def send(self, taken: Sequence[bool], outcome: DeliveryStatus, in_s: int) -> None:
        """Let a worker claim, and tell at once what became of each attempt."""
        before = len(self.tries)
        await self.claim(len(taken), 20, taken)
        for one in self.tries[before:]:
            await self._tell(one, outcome, in_s, 0)

    async def finish(self, number: int, outcome: DeliveryStatus, in_s: int, block_s: int) -> None:
        """Let a worker tell what became of an attempt, true to what the provider did."""
        silent = [one for one in self.tries if not one.said]
        one = _chosen(silent if number % _REPEATED_EVERY else self.tries, number)
        if one is not None:
            await self._tell(one, outcome, in_s, block_s)

    async def _tell(self, one: Try, outcome: DeliveryStatus, in_s: int, block_s: int) -> None:
        claim, lane = one.claim, (one.claim.account, one.claim.lane_key)
        truth = outcome if outcome is _S.UNKNOWN else _S.ACCEPTED if one.took else outcome
        if truth is _S.ACCEPTED and not one.took:
            truth = _S.FAILED
        known = self.known[claim.message.message_id]
        receipt = None
        if truth is _S.ACCEPTED:
            receipt = Receipt(one.provider_id if in_s else None)
            known.proven |= {claim.attempt} if not one.said else set()
        await self.stage.finish(
            claim,
            truth,
            receipt=receipt,
            error=_ERRORS.get(truth),
            retry_in_s=in_s,
            block_s=block_s if truth is _S.QUEUED else 0,
            uses_attempt=bool(in_s),
        )
        one.said = True
        if self.watcher.held.get(lane, (0,))[0] == claim.token:
            del self.watcher.held[lane]
        await self.check()

    async def news(self, number: int, status: DeliveryStatus | None, *, echoes: bool) -> None:
        """Let the provider tell a status of an attempt that it took."""
        one = _chosen([one for one in self.tries if one.took], number)
        if one is None:
            return
        message_id = one.claim.message.message_id
        if echoes:
            self.known[message_id].proven.add(one.claim.attempt)
        update = StatusUpdate(
            one.provider_id,
            status,
            message_id=message_id if echoes else None,
            attempt=one.claim.attempt if echoes else None,
            error=REFUSED if status is _S.FAILED else None,
        )
        await self.stage.hear(update, account=one.claim.account)
        await self.check()

    async def cancel(self, number: int) -> None:
        message_id = _chosen(self.ids, number)
        if message_id is not None:
            await self.stage.engine.cancel(message_id)
            await self.check()

    async def look(self, resolution: Resolution | None, *, later: bool) -> list[int]:
        """Let the rule look at doubts that are due."""
        doubts = await self.stage.looks(*ACCOUNTS, limit=2)
        for doubt in doubts:
            record = await self.stage.engine.message(doubt.message.message_id)
            assert record.status is _S.UNKNOWN
            assert doubt.record.attempt == record.attempts
            assert await self.stage.settle(record, resolution, look_in_s=30 if later else None)
            self._decided(record, resolution)
            await self.check()
        return [doubt.message.message_id.int for doubt in doubts]

    async def resolve(self, number: int, resolution: Resolution) -> None:
        """Let a person end a doubt."""
        doubtful = [one for one in self.ids if self.known[one].status is _S.UNKNOWN]
        message_id = _chosen(doubtful, number)
        if message_id is not None:
            record = await self.stage.engine.message(message_id)
            await self.stage.engine.resolve(message_id, resolution)
            self._decided(record, resolution)
            await self.check()

    async def replay(self) -> list[int]:
        """Let a person put all dead letters back."""
        dead = [one for one in await self.records() if _dead(one)]
        given = await self.stage.replay()
        assert given == [record.message_id for record in dead]
        await self.check()
        return [message_id.int for message_id in given]

    async def pause(self, account: int) -> None:
        await self.stage.engine.pause(ACCOUNTS[account], LOCKED_OUT)

    async def resume(self) -> None:
        for account in ACCOUNTS:
            await self.stage.engine.resume(account, why="by_hand")

    async def write(self, person: int) -> None:
        """Let a person write to us."""
        await self.stage.hear_from(PEOPLE[person])
        await self.check()

    async def alias(self, person: int, account: int) -> None:
        """Let an account learn that somebody is another of the people."""
        one, other = PEOPLE[person], PEOPLE[(person + 1) % len(PEOPLE)]
        await teach(self.stage, one, other, account=ACCOUNTS[account])
        await self.check()

    async def tidy(self) -> None:
        await self.stage.engine.tidy(Retention())
        await self.check()

    async def drain(self) -> None:
        """Let everything go well from now on: whatever is not in doubt must come to an end."""
        await self.resume()
        for _ in range(_DRAINS):
            self.clock.advance(_LONG_S)
            while await self.claim(10, 20, [True] * 10):
                for one in self.tries:
                    if not one.said:
                        await self._tell(one, _S.ACCEPTED, 1, 0)
            pulse = await self.stage.engine.pulse()
            waits = pulse.scheduled + pulse.queued + pulse.sending
            if not waits and not any(self.watcher.lanes.values()):
                break
        stuck = {_S.SCHEDULED, _S.QUEUED, _S.SENDING}
        assert [one for one in await self.records() if one.status in stuck] == []
        for record in await self.records():
            standing = await self.stage.engine.standing(record.message_id)
            assert (standing.doubt is None) is (record.status is not _S.UNKNOWN)
            assert standing.lane is None or standing.lane.due_at is None or standing.lane.ahead == 0
        assert not any(self.watcher.lanes.values())

    # What must be true after each of them.

    async def records(self, direction: Direction | None = Direction.OUT) -> list[MessageRecord]:
        """Give all messages, oldest first."""
        query = MessageQuery(direction=direction, limit=_EVERYTHING)
        return (await self.stage.engine.messages(query)).items[::-1]

    async def check(self) -> None:
        events = await self.stage.engine.events(self.watcher.position, limit=_EVERYTHING)
        for event in events:
            self.watcher.position += 1
            assert event.position == self.watcher.position, "the log has a gap"
            if event.type in {EventType.OUTBOUND, EventType.STATUS}:
                self._follow(event)
        records = await self.records()
        assert [record.message_id for record in records] == self.ids, "one was lost"
        for record in records:
            self._compare(record)
        pulse = await self.stage.engine.pulse()
        statuses = [record.status for record in records]
        assert pulse.head == self.watcher.position
        assert [pulse.scheduled, pulse.queued, pulse.sending, pulse.unknown] == [
            statuses.count(one) for one in (_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.UNKNOWN)
        ]
        assert pulse.dead == sum(_dead(record) for record in records)
        assert pulse.doubled == sum(record.handovers > 1 for record in records)

    def _follow(self, event: Event) -> None:
        """Read one event of a message: is the step possible, and whose turn was it?"""
        message_id = UUID(event.data["message_id"])
        known, data = self.known[message_id], event.data
        waiting = self.watcher.lanes.setdefault(known.lane, [])
        before, status = known.status, DeliveryStatus(data["message_status"])
        replayed, first = bool(data.get("replayed")), len(known.proven) <= 1
        assert _possible(before, status, replayed=replayed, first=first), f"{before} -> {status}"
        known.status = status
        if status is _S.SENDING and before is not _S.SENDING:
            assert waiting[:1] == [message_id], "one was overtaken"
            assert data["attempt"] == known.attempts + 1
            known.attempts += 1
        if data.get("lane") == "went_on" or status not in OPEN:
            waiting[:] = [one for one in waiting if one != message_id]
        elif status is _S.QUEUED and message_id not in waiting:
            waiting.append(message_id)
        sending = [one for one in waiting if self.known[one].status is _S.SENDING]
        assert len(sending) <= 1, "two messages to one person are under way"

    def _compare(self, record: MessageRecord) -> None:
        """Compare a record with the log and with the truth."""
        known = self.known[record.message_id]
        assert record.status is known.status, "the log tells another status"
        assert record.attempts == known.attempts
        assert record.handovers == len(known.proven), "handovers are miscounted"
        assert (record.closed_at is None) is (record.status in OPEN)
        if record.status.handed_over:
            assert record.handovers
            assert record.error is None

    def _judge(self, message_id: UUID) -> None:
        """No message is handed over again unless somebody took the risk."""
        known = self.known[message_id]
        took = [
            one for one in self.tries if one.took and one.claim.message.message_id == message_id
        ]
        if known.policy is not UnknownPolicy.RESEND and not known.risked:
            assert len(took) <= 1, "handed over twice"

    def _decided(self, record: MessageRecord, resolution: Resolution | None) -> None:
        known = self.known[record.message_id]
        if resolution is Resolution.SENT:
            known.proven.add(record.attempts)
        elif resolution is not None:
            known.risked = True


def _possible(
    before: DeliveryStatus | None, after: DeliveryStatus, *, replayed: bool, first: bool
) -> bool:
    if before is None:
        return after in {_S.SCHEDULED, _S.QUEUED}
    if replayed:
        return before in REPLAYABLE and after is _S.QUEUED
    if after is before or after in TRANSITIONS.get(before, ()):
        return True
    if after not in LATTICE:
        return False
    # The first proof of a handover goes over our own word that it failed.
    ours = before not in LATTICE or (before is _S.FAILED and first)
    return ours or LATTICE.index(after) > LATTICE.index(before)


def _dead(record: MessageRecord) -> bool:
    unhanded = record.provider_message_id is None and record.handovers == 0
    return record.status in REPLAYABLE and unhanded


def _chosen(things: Sequence[Any], number: int) -> Any:
    return things[number % len(things)] if things else None
