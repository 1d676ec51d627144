"""Let an account's messages wait, and let them go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from relevo.engines.outcomes import error_json, halted_data
from relevo.engines.records import HealthRecord
from relevo.engines.records.health import write_health
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import Rows
from relevo.events import ErrorDetail, EventType
from relevo.middleware import EventDraft

CONFIGURATION_CHANGED = "configuration_changed"
BY_HAND = "paused_by_hand"
"""The code of a pause that a person asked for: no health check ends it."""


def pause(rows: Rows, account: str, error: ErrorDetail, now: datetime) -> None:
    """Stop claiming an account's messages; pausing it again changes nothing."""
    state = rows.account(account)
    if state.paused_at is not None:
        return
    rows.save_account(account, replace(state, paused_at=now, pause_error=error))
    data = halted_data(account, "paused", why=error.code, error=error_json(error))
    rows.tell(EventDraft(EventType.ACCOUNT, data), account, None, now)


def resume(rows: Rows, account: str, why: str, now: datetime) -> bool:
    """Claim its messages again; false where nothing kept them.

    What its provider said while it could not send holds no longer: it is to be asked anew.
    """
    state = rows.account(account)
    blocked = state.blocked_until is not None and state.blocked_until > now
    if state.paused_at is None and not blocked:
        return False
    state = replace(state, paused_at=None, pause_error=None, blocked_until=None)
    if state.health is not None and state.health.can_send is False:
        # Its facts stay, so that the next answer tells what changed.
        state = replace(state, health_json=write_health(HealthRecord(facts=state.health.facts)))
    rows.save_account(account, state)
    data = halted_data(account, "resumed", why=why)
    rows.tell(EventDraft(EventType.ACCOUNT, data), account, None, now)
    return True


def configured(rows: Rows, fingerprints: Mapping[str, str], now: datetime) -> None:
    """Note how accounts are configured now; one that changed while it was paused goes on."""
    for account, fingerprint in sorted(fingerprints.items()):
        state = rows.account(account)
        if state.fingerprint == fingerprint:
            continue
        rows.save_account(account, replace(state, fingerprint=fingerprint))
        if state.fingerprint is not None and state.paused_at is not None:
            resume(rows, account, CONFIGURATION_CHANGED, now)
