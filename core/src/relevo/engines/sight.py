"""Which accounts a question is about: those that are asked for and may be seen."""

from __future__ import annotations

from relevo.engines.records import EventQuery

Sight = frozenset[str] | None
"""These accounts, and nothing at all where there are none; None: every account."""


def sight_of(account: str | None, visible: Sight) -> Sight:
    """Narrow what may be seen to the account that is asked for."""
    if account is None:
        return visible
    return _within(frozenset({account}), visible)


def event_sight(query: EventQuery) -> Sight:
    """Narrow what may be seen to the accounts that a query of the log asks for."""
    return _within(query.accounts, query.visible) if query.accounts else query.visible


def sees(sight: Sight, account: str) -> bool:
    """Tell whether an account is among them."""
    return sight is None or account in sight


def _within(asked: frozenset[str], visible: Sight) -> Sight:
    return asked if visible is None else asked & visible
