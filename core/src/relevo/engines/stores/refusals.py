"""Why something cannot be done with a store now, and what to do."""

from __future__ import annotations

from collections.abc import Collection

from relevo.engines import schema
from relevo.errors import EngineUnavailable

FILLED_BY_US = frozenset({"meta", "event_head", "event_cursor", "outage"})
"""Tables an engine that nobody used yet may have written."""


def check_revision(name: str, found: str | None) -> None:
    """Make sure that a store is there and needs no upgrade.

    Raises:
        EngineUnavailable: Says which it is.
    """
    if found is None:
        msg = f"There is no store yet at {name}. Check the address; the first start makes one."
        raise EngineUnavailable(msg)
    check_no_upgrade(name, found)


def check_no_upgrade(name: str, found: str | None) -> None:
    """Make sure that a store, if it is there, needs no upgrade.

    Raises:
        EngineUnavailable: It needs one.
    """
    if found not in {None, schema.REVISION}:
        msg = (
            f"The store {name} has revision {found}, this Relevo works with {schema.REVISION}. "
            "Upgrade it first: relevo db upgrade."
        )
        raise EngineUnavailable(msg)


def check_empty(name: str, tables_with_rows: Collection[str]) -> None:
    """Make sure that nothing would be mixed with what is copied.

    Raises:
        EngineUnavailable: Names the tables that have rows.
    """
    full = sorted(set(tables_with_rows) - FILLED_BY_US)
    if full:
        msg = (
            f"The store {name} is not empty (it has rows in {', '.join(full)}). "
            "Copy into a new one."
        )
        raise EngineUnavailable(msg)


def in_use(name: str) -> EngineUnavailable:
    """Refuse what needs the store for itself."""
    msg = f"The store {name} is in use by a running Relevo. Stop every one of them first."
    return EngineUnavailable(msg)
