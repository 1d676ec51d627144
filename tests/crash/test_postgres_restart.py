"""PostgreSQL goes away under load: everything heals without a restart of ours."""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from tests.crash.drill import drill
from tests.crash.ground import TEAM, made_ground
from tests.crash.options import Tell
from tests.postgres_server import PostgresServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_restarted_and_killed_database_loses_nothing(
    tmp_path: Path,
    private_postgres: PostgresServer,
    drill_s: float,
    drill_seed: int,
    tell: Tell,
) -> None:
    async with made_ground(
        tmp_path,
        private_postgres.dsn,
        TEAM,
        drill_seed,
        on_unknown="reconcile",
        reconcile_after_s=2,
    ) as ground:
        pids = {}

        async def trouble() -> None:
            pids.update({name: server.pid for name, server in ground.servers.items()})
            until = anyio.current_time() + drill_s
            done = 0
            while done < 2 or anyio.current_time() < until:
                await anyio.sleep(ground.chance.uniform(1.0, 2.0 if done < 2 else 6.0))
                end = (private_postgres.stop, private_postgres.kill)[done % 2]
                await anyio.to_thread.run_sync(end)
                await anyio.sleep(ground.chance.uniform(0, 0.5))
                await anyio.to_thread.run_sync(private_postgres.start)
                ground.kills.append(f"postgres {end.__name__}")
                ground.check_alive()
                done += 1
            await anyio.sleep(1)

        verdict = await drill(ground, trouble)
        tell(f"seed {drill_seed}: {verdict.words()}")
        assert pids == {name: server.pid for name, server in ground.servers.items()}
    assert verdict.lost == []
    assert verdict.doubled == {}
    assert verdict.store.unknown == set()
    for person in verdict.people:
        assert verdict.first_numbers(person) == verdict.numbers(person)
