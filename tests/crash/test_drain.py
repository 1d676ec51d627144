"""SIGTERM: attempts under way finish, and nothing stays `sending`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx
import pytest
from tests.crash.filling import fill
from tests.crash.ground import ALONE, CALM, Ground, made_ground
from tests.crash.options import Tell
from tests.crash.verdict import read_store

from relevo.events import DeliveryStatus

RELEVO = Path(sys.executable).with_name("relevo")
_IN_TIME_S = 30
_PEOPLE = 80
_UNDER_WAY = 6
_SLOW = {**CALM, "story": [], "answer_delay_s": 0.7}
"""Answers that are outstanding when the signal comes, and come within an attempt's time."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def _serving(ground: Ground, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the real command until the block ends."""
    config = ground.config
    with (
        (ground.folder / "serve.log").open("wb") as log,
        subprocess.Popen(
            [RELEVO, "serve", "--config", config, *options], stdout=log, stderr=log
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


async def _check_drained(ground: Ground, process: subprocess.Popen[bytes], tell: Tell) -> None:
    with anyio.fail_after(_IN_TIME_S):
        while ground.vendor.total() < _UNDER_WAY:
            await anyio.sleep(0.02)
    process.terminate()
    assert await anyio.to_thread.run_sync(process.wait, _IN_TIME_S) == 0, ground.logs
    taken = {one.message_id for one in ground.vendor.taken()}
    store = await read_store(ground.engine)
    states = {message_id: record.status for message_id, record in store.messages.items()}
    waiting = {one for one, status in states.items() if status is DeliveryStatus.QUEUED}
    tell(f"taken {len(taken)}, accepted {len(states) - len(waiting)}, queued {len(waiting)}")
    assert {one for one, status in states.items() if status is DeliveryStatus.ACCEPTED} == taken
    assert waiting == states.keys() - taken
    assert waiting


@pytest.mark.anyio
async def test_server_on_sqlite_finishes_what_is_under_way(
    tmp_path: Path, drill_seed: int, tell: Tell
) -> None:
    engine = f"sqlite:///{tmp_path / 'relevo.db'}"
    async with made_ground(tmp_path, engine, ALONE, drill_seed) as ground:
        ground.vendor.behave(**_SLOW)
        with _serving(ground, "--port", str(urlsplit(ground.url).port)) as process:
            await ground.standing()
            async with (
                httpx.AsyncClient(base_url=ground.url, trust_env=False) as client,
                anyio.create_task_group() as tasks,
            ):
                for body in ({"to": f"+{15_550_100_000 + n}", "text": "1"} for n in range(_PEOPLE)):
                    tasks.start_soon(lambda body: client.post("/messages", json=body), body)
            await _check_drained(ground, process, tell)


@pytest.mark.anyio
async def test_worker_on_postgres_finishes_what_is_under_way(
    tmp_path: Path, postgres_dsn: str, drill_seed: int, tell: Tell
) -> None:
    async with made_ground(tmp_path, postgres_dsn, {}, drill_seed) as ground:
        ground.vendor.behave(**_SLOW)
        await fill(ground, _PEOPLE, 1)
        with _serving(ground, "--role", "worker", "--port", "0") as process:
            await _check_drained(ground, process, tell)
