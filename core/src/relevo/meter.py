"""What is counted while Relevo works, for whoever keeps the numbers.

Core counts nothing itself: it tells a `Meter` that it was given, in the process that
did the work, once it is done and kept. Numbers that must be right across machines are
sums over their processes. Nothing that names a person is ever told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import perf_counter
from typing import Protocol


class EngineCall(StrEnum):
    """Calls of an engine whose time is told."""

    ACCEPT = "accept"
    CLAIM = "claim"
    COMPLETE = "complete"
    EVENTS = "events"


class Meter(Protocol):
    """Hear what was done. Must be quick, and must not raise."""

    def accepted(self, account: str, provider: str) -> None:
        """One message of ours was kept; a repeated request tells nothing."""
        ...

    def attempted(
        self, account: str, provider: str, *, outcome: str, code: str, seconds: float
    ) -> None:
        """One attempt is over and kept.

        Args:
            account: Whose it was.
            provider: Who was asked.
            outcome: What the message became of it: `accepted`, `queued` (to be tried
                again), `unknown`, `failed`.
            code: The error's stable code; empty where it was accepted.
            seconds: From the claim to the provider's answer.
        """
        ...

    def informed(self, account: str, status: str) -> None:
        """A provider's news about one message of ours were applied."""
        ...

    def heard(self, account: str, seconds: float) -> None:
        """One webhook was applied, so many seconds after it came."""
        ...

    def set_aside(self, account: str, items: int) -> None:
        """So many items of one webhook were set aside; one that was so before is not told."""
        ...

    def settled(self, account: str, how: str) -> None:
        """One doubt was ended here: by the rule, a lookup, the provider's word, or a person.

        `how`: what the rule found, `looked_up`, `echo` or `news`, `by_hand`. Held for a
        person, it is not settled. One that ends with the answer of its own attempt, or
        at once by the policy `resend`, is told in `attempted` only.
        """
        ...

    def paused(self, account: str, code: str) -> None:
        """An account's messages wait from now on; `code` says why."""
        ...

    def took(self, call: EngineCall, seconds: float) -> None:
        """One call of the engine has ended, well or badly."""
        ...


class NoMeter:
    """Count nothing."""

    def accepted(self, account: str, provider: str) -> None:
        """Let it pass."""

    def attempted(
        self, account: str, provider: str, *, outcome: str, code: str, seconds: float
    ) -> None:
        """Let it pass."""

    def informed(self, account: str, status: str) -> None:
        """Let it pass."""

    def heard(self, account: str, seconds: float) -> None:
        """Let it pass."""

    def set_aside(self, account: str, items: int) -> None:
        """Let it pass."""

    def settled(self, account: str, how: str) -> None:
        """Let it pass."""

    def paused(self, account: str, code: str) -> None:
        """Let it pass."""

    def took(self, call: EngineCall, seconds: float) -> None:
        """Let it pass."""


@contextmanager
def timed(meter: Meter, call: EngineCall) -> Iterator[None]:
    """Tell the meter how long the block took, whether it raised or not."""
    began = perf_counter()
    try:
        yield
    finally:
        meter.took(call, perf_counter() - began)
