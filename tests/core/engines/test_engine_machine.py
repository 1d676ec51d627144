"""Random histories: both engines tell the same story, and no rule of safety breaks in it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.engines.memory import MemoryEngine
from relevo.engines.port import Engine
from relevo.engines.records import Claim, MessageQuery, MessageRecord
from relevo.engines.sqlite import SqliteEngine
from relevo.events import LATTICE, DeliveryStatus, Receipt
from relevo.messages import new_message_id
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import AWAY, DOUBT, REFUSED, Scene

_S = DeliveryStatus
_PEOPLE = ("ana", "bea")
_EVERYTHING = 100_000

_number = st.integers(0, 30)
_step = st.one_of(
    st.tuples(st.just("accept"), st.sampled_from(_PEOPLE), st.sampled_from([None, 5, 40])),
    st.tuples(st.just("claim"), st.integers(1, 3), st.sampled_from([5, 20])),
    st.tuples(st.just("claim"), st.integers(1, 3), st.sampled_from([5, 20])),
    st.tuples(
        st.just("complete"),
        _number,
        st.sampled_from([_S.ACCEPTED, _S.ACCEPTED, _S.QUEUED, _S.UNKNOWN, _S.FAILED]),
    ),
    st.tuples(st.just("status"), _number, st.sampled_from([None, *LATTICE]), st.booleans()),
    st.tuples(st.just("cancel"), _number, st.none()),
    st.tuples(st.just("advance"), st.sampled_from([1, 4, 20, 60]), st.none()),
    st.tuples(st.just("write"), st.sampled_from(_PEOPLE), st.none()),
)


@dataclass
class _History:
    """One engine living through the steps, watched for broken rules."""

    scene: Scene
    ids: list[UUID] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    over: dict[UUID, str] = field(default_factory=dict)
    """Messages that must not be claimed any more, and why."""
    held: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Lanes with the token and the end of their lease."""
    highest: dict[UUID, int] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    """Lanes with the place of the last message that began."""

    async def accept(self, message_id: UUID, person: str, life_s: int | None) -> None:
        expires_at = self.scene.clock() + timedelta(seconds=life_s) if life_s else None
        self.ids.append(message_id)
        await self.scene.accept(person, message_id=message_id, expires_at=expires_at)

    async def claim(self, limit: int, lease_s: int) -> list[tuple[int, int, int]]:
        now = self.scene.clock()
        claims = await self.scene.claim(limit, lease_s=lease_s)
        for claim in claims:
            message_id = claim.message.message_id
            assert message_id not in self.over, f"claimed again after {self.over[message_id]}"
            if claim.lane_key in self.held:
                assert self.held[claim.lane_key][1] <= now, "a lane has two holders"
            if claim.attempt == 1:
                place = self.ids.index(message_id)
                assert place > self.order.get(claim.lane_key, -1), "one was overtaken"
                self.order[claim.lane_key] = place
            self.held[claim.lane_key] = (claim.token, claim.lease_until)
            # Unless it is completed as not sent: then it may be tried again.
            self.over[message_id] = "an attempt began"
        assert len({claim.lane_key for claim in claims}) == len(claims) <= limit
        self.claims += claims
        return [
            (self.ids.index(claim.message.message_id), claim.attempt, claim.counted_attempts)
            for claim in claims
        ]

    async def complete(self, number: int, outcome: DeliveryStatus) -> None:
        if not self.claims:
            return
        claim = self.claims[number % len(self.claims)]
        message_id = claim.message.message_id
        holds = self.held.get(claim.lane_key, (0,))[0] == claim.token
        receipt = Receipt(self._provider_id(message_id)) if outcome is _S.ACCEPTED else None
        error = {_S.QUEUED: AWAY, _S.UNKNOWN: DOUBT, _S.FAILED: REFUSED}.get(outcome)
        await self.scene.complete(
            claim, outcome, receipt=receipt, error=error, retry_in_s=number, uses_attempt=number > 5
        )
        if holds:
            del self.held[claim.lane_key]
            if (await self.scene.engine.message(message_id)).status is _S.QUEUED:
                assert outcome is _S.QUEUED
                del self.over[message_id]

    async def status(self, number: int, status: DeliveryStatus | None, *, echoes: bool) -> None:
        if not self.ids:
            return
        message_id = self.ids[number % len(self.ids)]
        echo = message_id if echoes else None
        await self.scene.hear_status(self._provider_id(message_id), status, echo=echo)
        if echoes and status is not None:
            self.over[message_id] = "its echo came"

    async def cancel(self, number: int) -> str | None:
        if not self.ids:
            return None
        message_id = self.ids[number % len(self.ids)]
        outcome = await self.scene.engine.cancel(message_id)
        if (await self.scene.engine.message(message_id)).status is _S.CANCELLED:
            self.over[message_id] = "it was cancelled"
        return outcome.value

    async def records(self) -> list[MessageRecord]:
        page = await self.scene.engine.messages(MessageQuery(limit=_EVERYTHING))
        return page.items[::-1]

    async def check(self) -> None:
        """No status ever moves back once the provider has the message."""
        for record in await self.records():
            before = self.highest.get(record.message_id, -1)
            rank = LATTICE.index(record.status) if record.status in LATTICE else -1
            assert rank >= before, f"{record.status} after {LATTICE[before]}"
            self.highest[record.message_id] = rank

    async def visible(self) -> str:
        """Write down everything that can be seen, with ids told apart by order only."""
        engine = self.scene.engine
        records = await self.records()
        events = await engine.events(0, limit=_EVERYTHING)
        assert [event.position for event in events] == list(range(1, len(events) + 1))
        threads = (await engine.conversations(limit=_EVERYTHING)).items
        pulse = await engine.pulse()
        seen: dict[str, Any] = {
            "messages": [asdict(record) for record in records],
            "attempts": [await _attempts(engine, record) for record in records],
            "threads": [asdict(thread) for thread in threads],
            "events": [event.model_dump(mode="json") for event in events],
            "pulse": [pulse.head, pulse.queued, pulse.sending, pulse.unknown],
        }
        text = json.dumps(seen, default=str, indent=1, sort_keys=True).replace(engine.epoch, "E")
        for record in records:
            text = text.replace(str(record.message_id), f"message-{record.sequence}")
            text = text.replace(record.conversation_id, f"thread-with-{record.person.value}")
        return text

    def _provider_id(self, message_id: UUID) -> str:
        return f"v-{self.ids.index(message_id)}"


async def _attempts(engine: Engine, record: MessageRecord) -> list[dict[str, Any]]:
    return [asdict(attempt) for attempt in await engine.attempts(record.message_id)]


async def _live(steps: Sequence[tuple[Any, ...]], path: Path) -> None:
    clock = FakeClock()
    async with MemoryEngine(clock) as memory, SqliteEngine(path, clock) as sqlite:
        histories = [_History(Scene(memory, clock)), _History(Scene(sqlite, clock))]
        for verb, first, second, *rest in steps:
            message_id = new_message_id()
            if verb == "advance":
                clock.advance(first)
                continue
            answers: list[object] = []
            for history in histories:
                match verb:
                    case "accept":
                        await history.accept(message_id, first, second)
                    case "claim":
                        answers.append(await history.claim(first, second))
                    case "complete":
                        await history.complete(first, second)
                    case "status":
                        await history.status(first, second, echoes=rest[0])
                    case "cancel":
                        answers.append(await history.cancel(first))
                    case _:
                        await history.scene.hear_from(first)
                await history.check()
            assert answers[:1] == answers[1:]
        assert await histories[0].visible() == await histories[1].visible()


@settings(max_examples=40, deadline=None)
@given(st.lists(_step, min_size=15, max_size=60))
def test_engines_tell_the_same_story(steps: list[tuple[Any, ...]]) -> None:
    """Order, one holder, no second handover, the lattice, a log without gaps; in both alike."""
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(_live, steps, Path(folder) / "relevo.db")
