"""What holds when everything happens at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

import anyio
import pytest

from relevo.engines.records import Claim, EventQuery, MessageRecord, Resolution
from relevo.events import AccountUpdate, DeliveryStatus, ErrorDetail, EventType
from relevo.messages import UnknownPolicy
from relevo.testing.engine_rules.scene import AWAY, DOUBT, REFUSED
from relevo.testing.engine_rules.stage import Stage, StageSetup

_S = DeliveryStatus
_ROUNDS = 25
_STATUSES = frozenset({EventType.STATUS})


@pytest.mark.anyio
class TogetherRules(StageSetup):
    """Workers, receivers, people and readers, all at once."""

    async def test_status_and_completion_at_once_always_meet(self, stage: Stage) -> None:
        """Whichever is first: the status is applied once, and nothing stays on the shelf."""
        for number in range(_ROUNDS):
            await stage.enter(f"person-{number}")
        claims = await stage.claim(limit=_ROUNDS)
        for claim in claims:
            provider_id = f"v-{claim.attempt}-{claim.lane_key}"
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stage.hear_status, provider_id, _S.SENT)
                tasks.start_soon(stage.hand_over, claim, provider_id)
                tasks.start_soon(stage.hear_status, provider_id, _S.DELIVERED)
            assert (await stage.now_of(claim)).status is _S.DELIVERED
        statuses = await stage.log(EventQuery(types=_STATUSES))
        subjects = Counter(event.subject for event in statuses)
        assert set(subjects.values()) == {2}
        assert len(subjects) == _ROUNDS
        assert None not in subjects

    async def test_echo_and_completion_at_once_are_one_handover(self, stage: Stage) -> None:
        """Whichever is first."""
        records = [await stage.enter(f"person-{number}") for number in range(_ROUNDS)]
        claims = {claim.message.message_id: claim for claim in await stage.claim(limit=_ROUNDS)}
        for record in records:
            claim = claims[record.message_id]
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stage.echo, record, 1)
                tasks.start_soon(stage.hand_over, claim, f"v-{record.message_id}-1")
            now = await stage.now(record)
            assert (now.status, now.handovers) == (_S.SENT, 1)
        assert (await stage.engine.pulse()).sending == 0

    async def test_lane_of_a_person_has_one_holder(self, stage: Stage) -> None:
        """However many claim, complete and write at the same moment."""
        people = ("ana", "bea", "cid")
        holders: dict[str, str] = {}
        order: dict[str, list[str]] = {person: [] for person in people}
        done = 0

        async def work(name: str) -> None:
            nonlocal done
            while done < 45:
                for claim in await stage.claim(limit=2, worker=name):
                    assert claim.lane_key not in holders, "a lane has two holders"
                    holders[claim.lane_key] = name
                    await anyio.lowlevel.checkpoint()
                    if claim.attempt % 2:
                        del holders[claim.lane_key]
                        await stage.retry(claim)
                        continue
                    order[claim.message.to.value].append(claim.message.text)
                    del holders[claim.lane_key]
                    await stage.hand_over(claim)
                    done += 1
                await anyio.lowlevel.checkpoint()

        async def write(person: str) -> None:
            for number in range(15):
                await stage.enter(person, str(number))

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for number in range(4):
                    tasks.start_soon(work, f"worker-{number}")
                for person in people:
                    tasks.start_soon(write, person)
        assert set(map(tuple, order.values())) == {tuple(str(number) for number in range(15))}

    async def test_log_has_no_gap_whatever_happens_at_once(self, stage: Stage) -> None:
        """A reader that follows sees each position, in order, while all write."""
        seen = [0]
        writers: list[Callable[[int], Awaitable[object]]] = [
            lambda number: stage.enter(f"person-{number % 5}"),
            lambda _: stage.hear(AccountUpdate("quality")),
            lambda _: _send_some(stage),
        ]
        writing = len(writers)

        async def follow() -> None:
            while writing or seen[-1] < await stage.engine.head():
                found = await stage.engine.events(seen[-1], limit=7)
                seen.extend(event.position for event in found)
                await stage.engine.wait_for_events(seen[-1], 0.01)

        async def write(step: Callable[[int], Awaitable[object]]) -> None:
            nonlocal writing
            for number in range(40):
                await step(number)
            writing -= 1

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(follow)
                for step in writers:
                    tasks.start_soon(write, step)
        assert seen == list(range(await stage.engine.head() + 1))
        assert len(seen) > 80

    @pytest.mark.parametrize("outcome", [_S.ACCEPTED, _S.QUEUED, _S.FAILED, _S.UNKNOWN])
    async def test_late_completion_and_decision_at_once_leave_one_truth(
        self, stage: Stage, outcome: DeliveryStatus
    ) -> None:
        """Worker, echo, person and rule end one doubt: nothing is stuck, nothing is told twice."""
        error = {_S.QUEUED: AWAY, _S.FAILED: REFUSED, _S.UNKNOWN: DOUBT}.get(outcome)
        records = [
            await stage.enter(f"person-{number}", on_unknown=UnknownPolicy.RECONCILE)
            for number in range(8)
        ]
        claims = {claim.message.message_id: claim for claim in await stage.claim()}
        stage.clock.advance(20)
        assert await stage.claim() == []

        async def decide(record: MessageRecord) -> None:
            await stage.settle(record, Resolution.RESEND, attempt=1)

        for record in records:
            claim = claims[record.message_id]
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(decide, record)
                tasks.start_soon(_finish, stage, claim, outcome, error)
                tasks.start_soon(_hear_delivered, stage, record)
            now = await stage.now(record)
            assert (now.status, now.handovers) == (_S.DELIVERED, 1)
            settled = [event for event in await stage.told(record) if event.data.get("settled")]
            assert len(settled) == 1
            assert (await stage.engine.standing(record.message_id)).doubt is None
        assert await stage.claim() == []
        assert (await stage.engine.pulse()).unknown == 0


async def _send_some(stage: Stage) -> None:
    for claim in await stage.claim(limit=3):
        await stage.hand_over(claim)


async def _hear_delivered(stage: Stage, record: MessageRecord) -> None:
    await stage.echo(record, 1, status=_S.DELIVERED)


async def _finish(
    stage: Stage, claim: Claim, outcome: DeliveryStatus, error: ErrorDetail | None
) -> None:
    if outcome is _S.ACCEPTED:
        await stage.hand_over(claim, f"v-{claim.message.message_id}-1")
    else:
        await stage.finish(claim, outcome, error=error)
