"""The points at which a drill's process kills itself, and what counts how often each is passed."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing.connection import Connection
from typing import NamedTuple

CALLS = ("accept", "claim", "complete", "keep_webhook", "apply_items", "settle")
API_POINTS = (
    "accept.before",
    "accept.after",
    "keep_webhook.before",
    "keep_webhook.after",
    "apply_items.before",
    "apply_items.after",
    "commit.before",
    "commit.after",
)
WORKER_POINTS = (
    "claim.after",
    "send.before",
    "send.after",
    "complete.before",
    "complete.after",
    "settle.before",
    "settle.after",
    "commit.before",
    "commit.after",
)
POINTS = tuple(dict.fromkeys((*API_POINTS, *WORKER_POINTS)))
AROUND_DOUBTS = ("send.before", "send.after", "settle.before", "settle.after", "commit.before")
"""Where a kill opens a doubt, or meets one."""
SELDOM = frozenset({"settle.before", "settle.after"})
"""A doubt becomes due only now and then: the first pass already kills."""


class Order(NamedTuple):
    """Kill yourself when you pass this point for so-manieth time from now."""

    point: str
    passes: int


class Points:
    """Count how often the ordered point is passed, and end the process there as `kill -9` does."""

    def __init__(self, marks: str) -> None:
        self._marks = os.open(marks, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._order: Order | None = None
        self._passed = 0

    def listen(self, orders: Connection) -> None:
        """Take orders from another process, each instead of the last."""
        threading.Thread(target=self._listen, args=(orders,), daemon=True).start()

    def order(self, order: Order | None) -> None:
        """Count for this point from now on; None: for none."""
        self._passed = 0
        self._order = order

    def reach(self, point: str) -> None:
        """Pass a point. May not return."""
        order = self._order
        if order is None or order.point != point:
            return
        self._passed += 1
        if self._passed >= order.passes:
            os.write(self._marks, f"{point}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def _listen(self, orders: Connection) -> None:
        try:
            while True:
                self.order(orders.recv())
        except (EOFError, OSError):
            return
