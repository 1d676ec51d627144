"""Conditions of queries: only what was asked for, with its values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

_LARGEST: Final = 2**63 - 1


def where(wanted: dict[str, Any]) -> tuple[str, list[Any]]:
    """Join the conditions that are asked for, each by its value; a list fills several places."""
    asked = {text: value for text, value in wanted.items() if value is not None}
    values: list[Any] = []
    for value in asked.values():
        values.extend(value if isinstance(value, list) else [storable(value)])
    return (f"WHERE {' AND '.join(asked)}" if asked else ""), values


def storable(value: Any) -> Any:
    """Keep a number within what SQLite can compare; nothing lies beyond."""
    return max(-_LARGEST, min(value, _LARGEST)) if isinstance(value, int) else value


def places(values: Collection[Any]) -> str:
    """Write one place for each value."""
    return ", ".join("?" * len(values))


def among(column: str, values: Iterable[Any] | None) -> dict[str, list[Any]]:
    """Write that a column has one of some values; None: it may have any."""
    if values is None:
        return {}
    listed = sorted(values)
    return {f"{column} IN ({places(listed)})": listed}
