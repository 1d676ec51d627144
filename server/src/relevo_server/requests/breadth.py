"""How many values a JSON body may hold: to check one costs far more than the bytes it comes in."""

from __future__ import annotations

from typing import Final

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

MOST_VALUES: Final = 10_000
"""In one message, or whatever else a request is about. Far more than anybody means."""
OPT: Final = "most_values"
"""A handler with this `opt` takes another number of them."""


def refuse_too_many(value: object, most: int = MOST_VALUES) -> None:
    """Refuse JSON of so many values that checking them would keep everybody else waiting.

    Raises:
        Problem: It has more than these.
    """
    if _has_more(value, most):
        msg = f"The body has more than {most} values, which no request of this kind needs."
        raise Problem(ProblemCode.INVALID_BODY, msg)


def _has_more(value: object, most: int) -> bool:
    """Count no further than has to be known."""
    left, rest = most, [value]
    while rest:
        one = rest.pop()
        parts = [*one.values()] if isinstance(one, dict) else one if isinstance(one, list) else []
        left -= len(parts)
        if left < 0:
            return True
        rest.extend(part for part in parts if isinstance(part, dict | list))
    return False
