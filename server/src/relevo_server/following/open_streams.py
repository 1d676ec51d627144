"""How many streams a key or a ticket has open, in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

_AGAIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class StreamHolder:
    """Whose a stream is.

    Args:
        name: Whose, as it is counted.
        most: How many streams they may have open at once; 0: any number.
        advice: For whoever has as many: whose limit it is, and what to do.
    """

    name: str
    most: int
    advice: str


class OpenStreams:
    """Count the streams that are open by whose they are.

    A stream counts once, when it begins, towards a key's rate; what it holds while it is open
    is memory and a connection. One ticket could otherwise take all of both.
    """

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def counted(self, holders: Sequence[StreamHolder]) -> Iterator[None]:
        """Count a stream until the block ends.

        Raises:
            Problem: One of its holders has as many as they may.
        """
        for holder in holders:
            if 0 < holder.most <= self._open[holder.name]:
                raise Problem(
                    ProblemCode.TOO_MANY_STREAMS,
                    f"{holder.most} streams are open here. {holder.advice}",
                    headers={"Retry-After": str(_AGAIN_S)},
                )
        names = [holder.name for holder in holders]
        self._open.update(names)
        try:
            yield
        finally:
            self._open.subtract(names)
            for name in names:
                if not self._open[name]:
                    del self._open[name]
