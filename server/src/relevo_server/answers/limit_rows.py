"""What the API answers with about limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

import relevo
from relevo_server.answers.wire import Row


class PairPaceRow(Row):
    """How often one person may be written to."""

    burst: int
    every_s: float


class LimitsRow(Row):
    """How fast its messages leave, over all machines."""

    rate: Annotated[float | None, Field(description="Messages per second.")] = None
    burst: Annotated[int | None, Field(description="At once after a pause.")] = None
    pair_pace: PairPaceRow | None = None


def limits_row(limits: relevo.Limits) -> LimitsRow:
    """Make the row of an account's limits."""
    pace = limits.pair_pace
    return LimitsRow(
        rate=limits.rate,
        burst=limits.burst,
        pair_pace=PairPaceRow(burst=pace.burst, every_s=pace.every_s) if pace else None,
    )
