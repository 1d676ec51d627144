"""Wake-ups inside one process: nobody misses one between looking and waiting."""

from __future__ import annotations

from datetime import datetime

import anyio


class Signal:
    """Wake everybody who waits. Take `next_wake()` first, look, and only then wait for it."""

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def next_wake(self) -> anyio.Event:
        """Give what the next `wake` sets."""
        if self._event is None:
            self._event = anyio.Event()
        return self._event

    def wake(self) -> None:
        """Wake everybody who asked since the last wake."""
        event, self._event = self._event, None
        if event is not None:
            event.set()


async def wait_for(event: anyio.Event, timeout_s: float) -> None:
    """Wait for an event, at most `timeout_s` seconds."""
    with anyio.move_on_after(max(timeout_s, 0)):
        await event.wait()


def seconds_until(due_at: datetime | None, now: datetime, timeout_s: float) -> float:
    """Tell how long to wait for a moment, or for nothing, at most `timeout_s`."""
    return timeout_s if due_at is None else min((due_at - now).total_seconds(), timeout_s)
