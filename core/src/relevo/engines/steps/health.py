"""Ask in turns how accounts are, and tell what changed since the last answer."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from pydantic import JsonValue

from relevo.engines.records import HealthRecord
from relevo.engines.records.health import read_health, write_health
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import Rows
from relevo.events import EventType
from relevo.middleware import EventDraft

KIND = "health"


def begin(rows: Rows, account: str, gap_s: float, now: datetime) -> bool:
    """Take the turn to ask; false where somebody began less than `gap_s` ago."""
    state = rows.account(account)
    health = state.health or HealthRecord()
    if health.begun_at is not None and now - health.begun_at < timedelta(seconds=gap_s):
        return False
    begun = dataclasses.replace(health, begun_at=now)
    rows.save_account(account, replace(state, health_json=write_health(begun)))
    return True


def note(rows: Rows, account: str, seen: HealthRecord, now: datetime) -> bool:
    """Keep an answer; true where it differs from the last one, which is told as an event.

    The first answer is told only if there is something to mend.
    """
    state = rows.account(account)
    before = state.health or HealthRecord()
    text = write_health(dataclasses.replace(seen, asked_at=now, begun_at=before.begun_at))
    after = read_health(text)
    rows.save_account(account, replace(state, health_json=text))
    changed = sorted(
        name
        for name in before.facts.keys() | after.facts.keys()
        if before.facts.get(name) != after.facts.get(name)
    )
    same = before.can_send == after.can_send and before.problems == after.problems
    if (same and not changed) or (before.asked_at is None and not after.problems):
        return False
    data: dict[str, JsonValue] = {
        "account": account,
        "kind": KIND,
        "can_send": after.can_send,
        "before": {name: before.facts[name] for name in changed if name in before.facts},
        "after": {name: after.facts[name] for name in changed if name in after.facts},
        "problems": list(after.problems),
    }
    rows.tell(EventDraft(EventType.ACCOUNT, data), account, None, now)
    return True
