"""Start, kill and watch the processes of a drill.

A server process is forked from one that has imported everything, so that a drill
can afford dozens of them; each is a process of its own and dies of a real SIGKILL.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

import anyio
from tests.crash import program
from tests.crash.forking import CONTEXT
from tests.crash.points import Order

IN_TIME_S = 20.0
_LOOK_EVERY_S = 0.01


class ServerProcess:
    """One server, started again and again."""

    def __init__(self, start: program.Start) -> None:
        self._start = start
        self._process: ForkServerProcess | None = None
        self._orders: Connection | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The process that runs, or ran last."""
        return self._process.pid if self._process else None

    @property
    def role(self) -> str:
        """What it does."""
        return self._start.role.value

    def launch(self, order: Order | None = None) -> None:
        """Start a process; it need not be ready yet."""
        self.close()
        ours, theirs = CONTEXT.Pipe()
        start = replace(self._start, order=order)
        self._process = CONTEXT.Process(target=program.run, args=(start, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._orders = ours
        self.starts += 1

    async def ready(self) -> bool:
        """Wait until it serves; false where it ended before."""
        with anyio.fail_after(IN_TIME_S):
            while self.alive:
                try:
                    if self._orders is not None and self._orders.poll():
                        return bool(self._orders.recv() == program.READY)
                except (EOFError, OSError):
                    return False
                await anyio.sleep(_LOOK_EVERY_S)
        return False

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs, or before."""
        return self._process.exitcode if self._process else None

    def order(self, order: Order) -> None:
        """Tell it where to kill itself."""
        if self._orders is None:
            msg = "the server was not started"
            raise RuntimeError(msg)
        try:
            self._orders.send(order)
        except OSError:
            return  # it is dead already

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        if self._process is not None:
            self._process.kill()

    async def ended(self, within_s: float) -> int | None:
        """Wait for its end; give its exit code, negative for a signal, None while it runs."""
        with anyio.move_on_after(within_s):
            while self.alive:
                await anyio.sleep(_LOOK_EVERY_S)
        return self.exit_code

    async def stop(self) -> int | None:
        """Ask it to end, as a supervisor does, and give its exit code."""
        if self._process is not None:
            self._process.terminate()
        return await self.ended(IN_TIME_S)

    def close(self) -> None:
        """Leave nothing behind."""
        process, self._process = self._process, None
        orders, self._orders = self._orders, None
        if orders is not None:
            orders.close()
        if process is not None:
            if process.exitcode is None:
                process.kill()
            process.join()
            process.close()


def died_of_kill(code: int | None) -> bool:
    """Whether an exit code says SIGKILL."""
    return code == -signal.SIGKILL
