"""Say once for a whole process that its store fails, and once that it works again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from relevo.errors import EngineBusy, EngineError, EngineUnavailable

logger = logging.getLogger("relevo.store")

REMIND_EVERY_S: Final = 60.0
_MEANWHILE: Final = (
    "Until it works again, requests that it cannot serve are answered 503 and what was accepted "
    "waits; it is tried again by itself."
)


class StoreWatch:
    """Hear from every part of a process what it cannot do for the store, and tell it once.

    A part that fails tries again in a second, and there are a dozen of them: each line of
    theirs is for debugging. The first is told, with what it means; then one a minute.

    Args:
        elapsed: Counts seconds.
    """

    def __init__(self, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._since: float | None = None
        self._failures = 0
        self._told_at = float("-inf")
        self._is_told = False

    def failed(self, part: str, error: EngineError) -> None:
        """Hear that a part has to wait for the store.

        Args:
            part: Who waits, such as `the worker`.
            error: Its words name the engine, and say what to do.
        """
        if not isinstance(error, (EngineUnavailable, EngineBusy)):
            # The store is there, and refuses this: nothing to wait for.
            logger.error("The store refuses %s: %s", part, error)
            return
        now = self._elapsed()
        if self._since is None:
            self._since, self._failures, self._is_told = now, 0, False
        self._failures += 1
        # Also after it came back: one that comes and goes must not fill the log.
        if now < self._told_at + REMIND_EVERY_S:
            logger.debug("The store failed for %s: %s", part, error)
            return
        facts = {"part": part, "code": error.code, "failures": self._failures}
        if self._is_told:
            away_s = now - self._since
            logger.warning("The store has failed for %.0f s: %s", away_s, error, extra=facts)
        else:
            logger.warning(
                "The store fails, as %s noticed: %s %s", part, error, _MEANWHILE, extra=facts
            )
        self._told_at, self._is_told = now, True

    def works(self) -> None:
        """Hear that something was just written: it is back, if it was away."""
        if self._since is None:
            return
        away_s, self._since = self._elapsed() - self._since, None
        logger.log(
            # Whoever was told that it went is told that it came back, at whatever level they read.
            logging.WARNING if self._is_told else logging.DEBUG,
            "The store works again, after %.1f s; what waited goes on.",
            away_s,
            extra={"away_s": round(away_s, 3), "failures": self._failures},
        )
