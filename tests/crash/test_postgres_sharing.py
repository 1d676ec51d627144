"""Two workers on one PostgreSQL: a dead one's lanes go on, and both keep one rate."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import anyio
import pytest
from tests.crash.drill import nothing_waits
from tests.crash.filling import fill
from tests.crash.ground import CALM, LEASE_S, TEAM, Ground, made_ground
from tests.crash.options import Tell
from tests.crash.points import Order
from tests.crash.processes import died_of_kill
from tests.crash.verdict import Store, read_store

import relevo
from relevo.engines.choosing import open_engine
from relevo.engines.steps.claiming import LEASE_ENDED
from relevo.events import DeliveryStatus

WORKERS = {name: role for name, role in TEAM.items() if role.works}
ONE_API = {"api 1": relevo.Role.API, **WORKERS}
RATE = 200
_MEASURED_WITHIN_S = 150
_LATE_S = 3.0
"""More than polls, the doubt's wait and a busy machine take."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _leases_lost(dsn: str, store: Store) -> int:
    async with open_engine(dsn) as engine:
        attempts = [one for key in store.messages for one in await engine.attempts(key)]
    return sum(LEASE_ENDED in one.error.message for one in attempts if one.error)


@pytest.mark.anyio
async def test_lanes_of_a_killed_worker_go_on_after_its_lease(
    tmp_path: Path, postgres_dsn: str, drill_seed: int, tell: Tell
) -> None:
    """Killed with a dozen answers outstanding: their echoes come, then each lane goes on."""
    async with made_ground(
        tmp_path,
        postgres_dsn,
        ONE_API,
        drill_seed,
        slots=12,
        on_unknown="reconcile",
        reconcile_after_s=2,
    ) as ground:
        await fill(ground, people=24, each=6)
        ground.vendor.behave(**CALM, answer_delay_s=0.2)
        await ground.start()
        killed = ground.servers["worker 1"]
        # The first of the answers it waits for: the others are outstanding.
        killed.order(Order("send.after", 1))
        assert died_of_kill(await killed.ended(10))
        killed_at = time.time()
        await ground.until(nothing_waits, 40)
        taken = ground.vendor.taken()
        for name in ("api 1", "worker 2"):
            assert await ground.servers[name].stop() == 0
        store = await read_store(ground.engine)
    waits = {
        person: min(one.at for one in taken if one.person == person and one.at > killed_at)
        - killed_at
        for person in {one.person for one in taken}
    }
    held = await _leases_lost(postgres_dsn, store)
    tell(
        f"seed {drill_seed}: the killed worker held {held} of 24 lanes; "
        f"the slowest went on after {max(waits.values()):.1f} s (lease {LEASE_S:g} s)"
    )
    assert held >= 1
    assert max(waits.values()) < LEASE_S + _LATE_S
    assert set(Counter(one.message_id for one in taken).values()) == {1}
    assert len(taken) == len(store.messages) == 24 * 6
    assert {record.status for record in store.messages.values()} <= {
        DeliveryStatus.ACCEPTED,
        DeliveryStatus.SENT,
        DeliveryStatus.DELIVERED,
    }


async def _measure(ground: Ground, people: int, each: int) -> float:
    """Let the workers hand so many messages over; give how many a second in the steady part."""
    ground.vendor.forget()
    count = people * each
    await fill(ground, people, each)
    await ground.start()
    with anyio.fail_after(_MEASURED_WITHIN_S):
        while ground.vendor.total() < count:
            await anyio.sleep(0.3)
    for server in ground.servers.values():
        assert await server.stop() == 0
    steady = sorted(one.at for one in ground.vendor.taken())[count // 5 : -count // 20]
    return (len(steady) - 1) / (steady[-1] - steady[0])


@pytest.mark.anyio
async def test_two_workers_keep_one_rate(
    tmp_path: Path, postgres_dsn: str, drill_seed: int, tell: Tell
) -> None:
    """A machine that is too busy for 200 a second is asked for what it can do easily.

    The rate is never passed. How nearly it is reached is also the machine's affair: other tests
    run beside this one.
    """
    async with made_ground(
        tmp_path, postgres_dsn, WORKERS, drill_seed, slots=32, rate=10_000, on_unknown="hold"
    ) as ground:
        ground.vendor.behave(story=[])
        capacity = await _measure(ground, people=150, each=4)
        rate = RATE if capacity > 2 * RATE else round(capacity / 3)
        ground.change_account(rate=rate)
        measured = await _measure(ground, people=150, each=max(rate * 6 // 150, 2))
    tell(f"rate {rate}/s over two workers: {measured:.1f}/s (without it {capacity:.0f}/s)")
    assert 0.85 * rate < measured < 1.05 * rate
