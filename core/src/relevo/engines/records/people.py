"""What is known about people, and what is looked at before they are written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relevo.engines.records.messages import ConversationRecord
from relevo.terms import Caution


@dataclass(frozen=True, slots=True)
class PreferenceRecord:
    """What a person wants to be sent of one category, as the provider last told."""

    category: str
    allowed: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """What is known about one person on one account: their thread, and what they allow.

    `conversation` is None where no message went either way yet.
    """

    account: str
    conversation: ConversationRecord | None = None
    preferences: tuple[PreferenceRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Checks:
    """What is looked at of a person before a message to them is kept or handed over.

    Args:
        window: What follows where the window is known to be closed.
        window_s: How long the vendor's window stays open.
        opt_out: What follows where the person does not want the category.
        category: What the message falls under of what people can refuse; None: nothing.
    """

    window: Caution = Caution.OFF
    window_s: float = 0
    opt_out: Caution = Caution.OFF
    category: str | None = None
