"""How an account was when it was last asked, as all machines share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from relevo.engines.json_text import json_text, parse_json


@dataclass(frozen=True, slots=True)
class HealthRecord:
    """What a provider said of an account.

    Args:
        can_send: Whether it could send then; None: it was not asked yet, or did not answer.
        facts: What its vendor says of it, in the provider's words.
        problems: What a person should mend, a sentence each.
        asked_at: When it answered.
        begun_at: When somebody last began to ask.
    """

    can_send: bool | None = None
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    problems: Sequence[str] = ()
    asked_at: datetime | None = None
    begun_at: datetime | None = None


def write_health(health: HealthRecord) -> str:
    """Write it as engines keep it."""
    return json_text(
        {
            "can_send": health.can_send,
            "facts": dict(health.facts),
            "problems": list(health.problems),
            "asked_at": health.asked_at and health.asked_at.isoformat(),
            "begun_at": health.begun_at and health.begun_at.isoformat(),
        }
    )


def read_health(text: str) -> HealthRecord:
    """Read what `write_health` wrote."""
    told: dict[str, Any] = parse_json(text)
    asked_at, begun_at = told["asked_at"], told["begun_at"]
    return HealthRecord(
        can_send=told["can_send"],
        facts=told["facts"],
        problems=tuple(told["problems"]),
        asked_at=datetime.fromisoformat(asked_at) if asked_at else None,
        begun_at=datetime.fromisoformat(begun_at) if begun_at else None,
    )
