"""A process is killed while it accepts: what it was told is kept, is kept."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import pytest

from relevo.engines.sqlite import SqliteEngine
from relevo.events import DeliveryStatus

_ACCEPTED_BEFORE_THE_KILL = 200
_SENDING = "sending"

_PROGRAM = """
import sys

import anyio

from relevo.engines.sqlite import SqliteEngine
from relevo.messages import Address, Message


async def main(path):
    async with SqliteEngine(path) as engine, anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(accept, engine, f"person-{number}")
        tasks.start_soon(claim, engine)


async def accept(engine, person):
    while True:
        message = Message(account="shop", to=Address("test", person), text="hello")
        record = await engine.accept(message, provider="fake", lane_key=person)
        print(record.message_id, flush=True)


async def claim(engine):
    while True:
        for claim in await engine.claim("worker", limit=1, lease_s=60):
            print("sending", claim.message.message_id, flush=True)
        await anyio.sleep(0.01)


anyio.run(main, sys.argv[1])
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _told_until_killed(path: Path) -> list[str]:
    """Run the program, kill it while it works, and give every whole line it wrote."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(path)], stdout=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    assert process.stdout is not None
    lines: list[str] = []
    try:
        while len(lines) < _ACCEPTED_BEFORE_THE_KILL:
            line = process.stdout.readline()
            assert line, "the program ended by itself"
            lines.append(line)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    finally:
        watchdog.cancel()
        process.kill()
        process.stdout.close()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    return [line.strip() for line in lines if line.endswith("\n")]


@pytest.mark.anyio
async def test_what_was_accepted_survives_a_kill(tmp_path: Path) -> None:
    """Every acknowledged message is there, and nothing that was being sent is sent again."""
    path = tmp_path / "relevo.db"
    lines = _told_until_killed(path)
    accepted = [UUID(line) for line in lines if not line.startswith(_SENDING)]
    sending = [UUID(line.split()[1]) for line in lines if line.startswith(_SENDING)]
    assert sending
    async with SqliteEngine(path) as engine:
        for message_id in accepted:
            assert (await engine.message(message_id)).message_id == message_id
        for message_id in sending:
            assert (await engine.message(message_id)).status is DeliveryStatus.UNKNOWN
        assert (await engine.pulse()).sending == 0
        events = await engine.events(0, limit=100_000)
        assert [event.position for event in events] == list(range(1, len(events) + 1))
        again = {
            claim.message.message_id
            for claim in await engine.claim("worker", limit=100, lease_s=60)
        }
        assert again
        assert again.isdisjoint(sending)
