"""What a drill's server process runs: Relevo as `relevo serve` composes it, watched."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import anyio
from tests.crash.points import Order, Points
from tests.crash.watching import watch_commits, watch_engine, watch_sends

import relevo
from relevo import receive
from relevo.retry import RetryPolicy
from relevo.worker import Worker, WorkerLimits
from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import serving, wait_for_stop

READY = "ready"


@dataclass(frozen=True, slots=True)
class Start:
    """How one server process is started.

    Args:
        config: Its `relevo.toml`.
        role: What it does.
        port: Where it listens; others may listen there too, the system shares callers out.
        log: The file that its output is added to.
        marks: The file in which it notes the point it died at.
        beat_s: How often its receiver shows that it is up.
        workers: Worker tasks, where it works.
        order: Where it kills itself.
    """

    config: Path
    role: relevo.Role
    port: int
    log: Path
    marks: Path
    beat_s: float
    workers: int
    order: Order | None = None


def run(start: Start, orders: Connection) -> None:
    """Serve until SIGTERM, or until a point is reached."""
    log = os.open(start.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.basicConfig(
        level=logging.WARNING, format=f"%(asctime)s {os.getpid()} %(levelname)s %(message)s"
    )
    # It warns of each piece for a reader that was cut.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    points = Points(str(start.marks))
    points.order(start.order)
    points.listen(orders)
    watch_engine(points)
    watch_commits(points)
    mock.patch.object(receive, "BEAT_S", start.beat_s).start()  # a drill has no five seconds
    anyio.run(_serve, start, watch_sends(points), orders)


async def _serve(start: Start, provider: type[relevo.AnyProvider], orders: Connection) -> None:
    settings = relevo.load_settings(start.config)
    with _listen(start.port) as listener:
        async with (
            relevo.open_runtime(settings, providers=[provider], role=start.role) as runtime,
            _more_workers(runtime, start.workers - 1),
        ):
            app = create_app(runtime=runtime, role=start.role)
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
            ):
                orders.send(READY)
                await wait_for_stop()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    listener.setblocking(False)  # noqa: FBT003 - its only parameter
    return listener


@asynccontextmanager
async def _more_workers(runtime: relevo.Runtime, count: int) -> AsyncIterator[None]:
    """Run further workers beside the runtime's own, and drain them with it."""
    chosen = runtime.settings.worker
    limits = WorkerLimits(
        slots=chosen.slots,
        attempt_s=chosen.attempt_s,
        lease_s=chosen.lease_s,
        retry=RetryPolicy(chosen.max_attempts, chosen.retry_base_s, chosen.retry_cap_s),
    )
    terms = {
        name: replace(account.terms, max_attempts=chosen.max_attempts)
        for name, account in runtime.accounts.items()
    }
    workers = [
        Worker(runtime.engine, runtime.accounts, runtime.pipeline, limits, terms=terms)
        for _ in range(count if runtime.role.works else 0)
    ]
    async with anyio.create_task_group() as tasks:
        for worker in workers:
            tasks.start_soon(worker.run)
        try:
            yield
        finally:
            for worker in workers:
                worker.drain()
