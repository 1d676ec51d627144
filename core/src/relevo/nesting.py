"""How deep JSON may nest: what nests deeper breaks some of its readers and not others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel

MOST_LEVELS: Final = 100
"""Lists and objects in one another. Far more than anybody means, and well within what every
reader takes: pydantic ends at 255, and what is kept stands in rows and events of its own."""


def is_too_deep(value: object, *, most: int = MOST_LEVELS) -> bool:
    """Tell whether a JSON value, or a model that has some, nests deeper than is kept.

    It calls nothing for a level, so no depth is too much for it.
    """
    level: list[object] = [value]
    for _ in range(most):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterator[object]:
    """Give what stands in a value that nests, and nests itself; words and numbers do not."""
    match value:
        case BaseModel():
            parts = [*vars(value).values(), *(value.model_extra or {}).values()]
        case Mapping():
            parts = [*value.values()]
        case list() | tuple():
            parts = [*value]
        case _:
            parts = []
    return (one for one in parts if isinstance(one, BaseModel | Mapping | list | tuple))
