"""What a handler is told about where it runs."""

from __future__ import annotations

from dataclasses import dataclass

from relevo.dispatch import Dispatcher


@dataclass(frozen=True, slots=True)
class HandlerContext:
    """Where a handler runs: what it can send with, and its own name.

    An event may come again, so give what you send an idempotency key of the
    event's: `f"{context.name}:{event.id}"`.
    """

    name: str
    dispatcher: Dispatcher
