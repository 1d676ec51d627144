"""When an account may send again: what workers who wait are woken for."""

from __future__ import annotations

from datetime import datetime

from relevo.engines.records import AccountState
from relevo.terms import AccountTerms, token_at


def ready_at(
    state: AccountState, terms: AccountTerms, due_at: datetime | None, now: datetime
) -> datetime | None:
    """Tell when a message that is due at `due_at` may be claimed; None: nobody knows."""
    if due_at is None or state.paused_at is not None:
        return None
    at = max(due_at, token_at(terms.limits, state.full_at, now))
    return max(at, state.blocked_until) if state.blocked_until else at
