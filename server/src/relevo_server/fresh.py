"""Answers of the store that are good for a moment: many ask, and it is asked once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import anyio

import relevo

STANDING_S: Final = 1.0
"""How the store stands is good for so long."""
_MOST_PLACES: Final = 64

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


@dataclass(slots=True)
class _Place(Generic[ValueT]):
    answers: list[ValueT] = field(default_factory=list)
    at: float = float("-inf")
    failures: int = 0
    fault: str = ""
    lock: anyio.Lock = field(default_factory=anyio.Lock)


class Fresh(Generic[KeyT, ValueT]):
    """Keep answers for a moment, and let all who ask meanwhile share one question.

    What fails is kept for nobody who comes later; who waited for it hears of it.

    Args:
        for_s: How long an answer is good, from when it was asked for.
        elapsed: Counts seconds.
    """

    def __init__(
        self, for_s: float = STANDING_S, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._for_s = for_s
        self._elapsed = elapsed
        self._places: dict[KeyT, _Place[ValueT]] = {}

    async def get(self, key: KeyT, ask: Callable[[], Awaitable[ValueT]]) -> ValueT:
        """Give the answer of this key; ask for it where none is good.

        Raises:
            EngineError: The store cannot tell.
        """
        place = self._place(key)
        failures = place.failures
        if not self._is_good(place):
            # Whoever is cancelled here lets the next one ask.
            async with place.lock:
                if place.failures > failures:
                    raise relevo.EngineUnavailable(place.fault)
                if not self._is_good(place):
                    await self._ask(place, ask)
        return place.answers[-1]

    async def _ask(self, place: _Place[ValueT], ask: Callable[[], Awaitable[ValueT]]) -> None:
        at = self._elapsed()
        try:
            answer = await ask()
        except relevo.EngineError as error:
            place.failures, place.fault = place.failures + 1, error.message
            raise
        place.answers, place.at = [answer], at

    def _is_good(self, place: _Place[ValueT]) -> bool:
        return self._elapsed() - place.at < self._for_s

    def _place(self, key: KeyT) -> _Place[ValueT]:
        """Give what is kept of a key; the oldest are forgotten."""
        if key not in self._places:
            self._places[key] = _Place()
            while len(self._places) > _MOST_PLACES:
                del self._places[next(iter(self._places))]
        return self._places[key]
