"""Types of events as people ask for them: with or without what they all begin with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import relevo
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.reasons import FieldError

_PREFIX: Final = "messaging."
SHORT_WORDS: Final = tuple(one.value.removeprefix(_PREFIX) for one in relevo.EventType)
ALL_WORDS: Final = (*SHORT_WORDS, *(one.value for one in relevo.EventType))
_TYPES: Final = {one.value.removeprefix(_PREFIX): one for one in relevo.EventType}


def type_of(word: object) -> object:
    """Give the type that a short word means; anything else stays as it is."""
    return _TYPES.get(word, word) if isinstance(word, str) else word


def read_types(words: Iterable[str], *, field: str = "type") -> frozenset[relevo.EventType]:
    """Read event types.

    Raises:
        Problem: One is none; it lists those there are.
    """
    types = {_TYPES.get(word.removeprefix(_PREFIX)) for word in words}
    if None in types:
        reason = f"no such type; there is {', '.join(SHORT_WORDS)}"
        msg = f"The request cannot be used. {field}: {reason}."
        raise Problem(
            ProblemCode.INVALID_PARAMETER, msg, errors=[FieldError(field=field, reason=reason)]
        )
    return frozenset(one for one in types if one is not None)
